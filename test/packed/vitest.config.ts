import { defineConfig } from 'vitest/config';

const report = process.env['TEST_REPORT'];

// Apart from the other tests because it needs built packages, which `pnpm packed` makes first.
export default defineConfig({
  test: {
    include: ['test/packed/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 300_000,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
});
