import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

/** Nothing of the product may make code from a string, or reach a prototype by `__proto__`. */
const strict = ['--disallow-code-generation-from-strings', '--disable-proto=delete'];
/** What drives Chromium makes code from strings, and so does the server of its pages. */
const driven = ['test/package.test.ts', 'test/report-page.test.ts', 'test/reload/*.test.ts'];

export default defineConfig({
  test: {
    reporters: ['default', './test/summary-reporter.ts'],
    // A process for each file: tests start worker threads and make WebAssembly memories of their own.
    pool: 'forks',
    maxWorkers: Math.min(availableParallelism(), 4),
    env: {
      // No test reaches for the network, or for what this machine has kept, unless it says so.
      OCELLUS_OFFLINE: '1',
      OCELLUS_CACHE: fileURLToPath(new URL('node_modules/.cache/ocellus-tests', import.meta.url)),
    },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'strict',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...driven],
          execArgv: strict,
          // For the command line and all else that tests start.
          env: { NODE_OPTIONS: strict.join(' ') },
        },
      },
      { extends: true, test: { name: 'driven', include: driven } },
    ],
  },
});
