/** @file Flat memory, in full: 100,000 steps of W1, 5,000 of W3, and 200 runs that are stopped. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { stopAgainAndAgain } from './stopped-runs.ts';

const program = fileURLToPath(new URL('steps-process.ts', import.meta.url));

test.each([
  ['W1', 100_000],
  ['W3', 5000],
])(
  '%s takes no memory in %i steps',
  async (name, steps) => {
    const words = ['--import', 'tsx', program, name, String(steps)];
    const { stdout } = await promisify(execFile)(process.execPath, words);
    const growth = Number.parseFloat(stdout);
    process.stderr.write(`${name}: ${growth.toFixed(3)} MB in ${steps} steps\n`);
    expect(growth).toBeLessThan(1);
  },
  3_600_000,
);

test('200 runs that are stopped leave no worker, no listener and no memory behind', async () => {
  const growth = await stopAgainAndAgain(200);
  process.stderr.write(`${growth.toFixed(3)} MB in 200 runs\n`);
  // Each has threads of its own, of some megabytes.
  expect(growth).toBeLessThan(20);
});
