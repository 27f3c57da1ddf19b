import { defineConfig } from 'vitest/config';

const report = process.env['TEST_REPORT'];

export default defineConfig({
  // The workspace runs on its TypeScript sources, tests (ssr) and global setup (__vitest__) alike. `resolve.conditions` reaches
  // neither of them: without these two lines a stale dist is tested in silence, or a missing one fails.
  ssr: { resolve: { conditions: ['source'] } },
  environments: { __vitest__: { resolve: { conditions: ['source'] } } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'pipelines/**/*.test.ts', 'scripts/**/*.test.ts', 'test/**/*.test.ts'],
    // Needs built packages: `pnpm packed`.
    exclude: ['**/node_modules/**', '**/dist/**', 'test/packed/**'],
    globalSetup: ['test/temporary-folder.setup.ts', 'test/servers/elasticsearch.setup.ts'],
    setupFiles: ['test/property-seed.setup.ts'],
    testTimeout: 30_000,
    // A machine that is busy with other things answers late; only the tests' own timeouts decide.
    expect: { poll: { timeout: 20_000 } },
    hookTimeout: 180_000,
    // docs/decisions/flaky-tests.md
    retry: process.env['CI'] ? 1 : 0,
    pool: 'forks',
    // What a test loads as Node does, without the runner, is the source too.
    execArgv: ['--conditions=source'],
    maxWorkers: 2,
    // TEST_REPORT names a file that takes the results as JSON beside what is printed.
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
});
