/** @file The least damage to a checkpoint of 64 KB and to a model is found, all of it. */
import { expect, test } from 'vitest';
import { changedBytes } from './formats/damage.ts';
import { fuzz } from './fuzz.ts';

const files = changedBytes.map((format) => [format.name, format] as const);

test.each(files)('a bit in any of the %s, and every cut', { timeout: 300_000 }, async (name, format) => {
  const { runs, read, refused } = await fuzz(format, { runs: Number.POSITIVE_INFINITY });
  expect(runs).toBeGreaterThan(name.startsWith('checkpoint') ? 2 * 65_536 : 2 * 16_384);
  expect({ read, refused }).toEqual({ read: 0, refused: new Map([['DataError', runs]]) });
});
