import { expect, test } from 'vitest';
import { UsageError } from '../../errors.ts';
import { jobPool } from './job-pool.ts';

test.each([0, -1, 1.5, Number.NaN])('a pool of %s threads is refused', (threads) => {
  const message = `threads needs a whole number from 1 to 1024, but is ${threads}.`;
  expect(() => jobPool({}, { threads })).toThrow(new UsageError(message));
});
