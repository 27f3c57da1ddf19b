import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The workspace runs on its TypeScript sources. `resolve.conditions` alone would test a stale dist in silence.
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 180_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
