/** @file `npm run test:faults`: the tests of kills, failing disks and power cuts in full. Takes some minutes. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/faults/**/*.test.ts'],
    reporters: ['default', './test/summary-reporter.ts'],
    pool: 'forks',
    env: { OCELLUS_FAULTS: 'full', OCELLUS_OFFLINE: '1', OCELLUS_CACHE: '/nonexistent' },
    // Each test has processes of its own.
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 60_000,
  },
});
