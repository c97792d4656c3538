/** @file `npm run test:contract`: the long form of what `npm test` asks of threads in seconds. Takes some minutes. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/contract/**/*.contract.ts'],
    reporters: ['default', './test/summary-reporter.ts'],
    pool: 'forks',
    execArgv: ['--expose-gc'],
    // Each test has threads of its own.
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 60_000,
  },
});
