import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Nothing of the product may make code from a string, or reach a prototype by `__proto__`. */
const strict = ['--disallow-code-generation-from-strings', '--disable-proto=delete'];

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts', 'scripts/**/*.test.ts'],
    reporters: ['default', './test/summary-reporter.ts'],
    // A process for each file: tests start worker threads and make WebAssembly memories of their own.
    pool: 'forks',
    maxWorkers: Math.min(availableParallelism(), 4),
    execArgv: strict,
    env: {
      // No test reaches for the network, or for what this machine has kept, unless it says so.
      OCELLUS_OFFLINE: '1',
      OCELLUS_CACHE: fileURLToPath(new URL('node_modules/.cache/ocellus-tests', import.meta.url)),
      // For the command line and all else that tests start.
      NODE_OPTIONS: strict.join(' '),
    },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
