/** @file The same bits with any number of threads, however late they are: what is asked of Node and of pages alike. */
import { describe, expect, test } from 'vitest';
import { chunkCount } from '../../src/compiler/kernel.ts';
import { type Case, caseNamed, cases, type Outcome, someCases } from './cases.ts';
import type { Disturbance } from './disturbance.ts';

type Run = (of: Case, threads: number, disturbance?: Disturbance) => Promise<Outcome>;

const threadCounts = [1, 2, 3, 8];

async function expectSameBits(run: Run, of: Case, threads: number, disturbance?: Disturbance): Promise<void> {
  const { sha256, threads: ran } = await run(of, threads, disturbance);
  const expected = { sha256: of.sha256, ran: Math.min(threads, chunkCount(of.batchSize)) };
  expect({ sha256, ran }, `${threads} threads`).toEqual(expected);
}

function otherBitsWhereWorkIsLeftOut(run: Run): void {
  test('are others where a worker leaves out its part', async () => {
    const of = caseNamed('W2, batch 32');
    expect((await run(of, 2, { leavesOutChunks: true })).sha256).not.toBe(of.sha256);
  });
}

/** In seconds. */
export function sameBitsInShort(run: Run): void {
  otherBitsWhereWorkIsLeftOut(run);
  test.each(someCases)('$name', async (of) => {
    for (const threads of threadCounts) {
      const isLate = threads % 2 === 1;
      await expectSameBits(run, of, threads, isLate ? { seed: threads, longestDelay: 1 } : undefined);
    }
  });
}

export function sameBitsInFull(run: Run): void {
  otherBitsWhereWorkIsLeftOut(run);
  describe.each(cases)('$name', (of) => {
    test.each(threadCounts)('keeps its bits with %i threads', (threads) => expectSameBits(run, of, threads));

    test.each(threadCounts)('keeps its bits with %i threads that are late', async (threads) => {
      for (const seed of [1, 2, 3]) await expectSameBits(run, of, threads, { seed, longestDelay: 3 });
    });
  });
}
