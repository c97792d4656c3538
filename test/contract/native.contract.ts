/** @file The golden hashes on the native engine, at every width of vectors, with threads that are late and ones that fail. */
import { afterEach, describe, expect, test } from 'vitest';
import { nativeEngineWith } from '../../src/engine/native/node/index.ts';
import { lacksCompiler, widths } from '../native-machine.ts';
import { cases, hashOf } from './cases.ts';
import { expectNoWorkers } from './disturbance.ts';
import { growthOf } from './memory-growth.ts';

afterEach(expectNoWorkers);

describe.each(widths)('with $lanes lanes ($needs)', ({ lanes, lacking }) => {
  test.skipIf(lacking).each(cases)('$name keeps its bits', async (of) => {
    for (const threads of [1, 2, 3, 8]) {
      expect(await hashOf(of, nativeEngineWith(lanes), threads), `${threads} threads`).toBe(of.sha256);
    }
  });
});

test.skipIf(lacksCompiler)('200 programs leave nothing behind (needs a C compiler)', async () => {
  const of = cases.find(({ name }) => name === 'W2, batch 32')!;
  const growth = await growthOf(() => hashOf(of, nativeEngineWith(undefined), 3), 200);
  process.stderr.write(`${growth.toFixed(3)} MB in 200 programs\n`);
  // Each has 10 MB and more.
  expect(growth).toBeLessThan(50);
});
