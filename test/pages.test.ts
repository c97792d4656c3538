/** @file Pages keep the contract of threads and memory, in short; `npm run test:contract` has the long form. */
import { afterEach, describe, expect, test } from 'vitest';
import { lacks } from './browser/browsers.ts';
import { contractPage, oneThreadWhereNotIsolated } from './contract/contract-page.ts';
import { sameBitsInShort } from './contract/same-bits.ts';

describe.skipIf(lacks('chromium'))('a page in Chromium', () => {
  describe('has the same bits', () => {
    const { outcome, expectNoWorkers } = contractPage('chromium');
    afterEach(expectNoWorkers);
    sameBitsInShort(outcome);
  });

  describe('has one thread where it is not isolated', () => oneThreadWhereNotIsolated('chromium'));

  describe('with fast math', () => {
    const { ask } = contractPage('chromium');

    test('has bits of its own, near the others, by relaxed SIMD', async () => {
      const { engine, differences, isOther } = await ask('fastMath', 'W2, batch 32');
      expect({ engine, differences, isOther }).toEqual({ engine: 'wasm+fast-math', differences: [], isOther: true });
    });
  });

  describe('leaves nothing behind', () => {
    const { ask, growthOf, expectNoWorkers } = contractPage('chromium');
    // As in a process of Node.
    const limit = 8;

    test('in 20,000 steps, and a leak of 1 KB a step would be seen', async () => {
      expect(await growthOf(() => ask('steps', 'W1', 500), 40)).toBeLessThan(limit);
      expect(await growthOf(() => ask('leak', 500_000), 40)).toBeGreaterThan(limit);
    });

    test('in runs that are stopped', async () => {
      for (let cycle = 0; cycle < 20; cycle++) await ask('trainAndStop', cycle);
      await expectNoWorkers();
    });
  });
});
