/** @file `npm run test:poisoned`: the engine's tests, and those of what runs on it, with memory that starts as NaN. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: [
      'src/{compiler,engine,layers,loss,optimizers,training,comparison}/**/*.test.ts',
      'test/{compare-engines,engine-rules,golden,threads,poison}.test.ts',
    ],
    setupFiles: ['test/poisoned/setup.ts'],
    reporters: ['default', './test/summary-reporter.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
  },
});
