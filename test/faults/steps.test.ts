/** @file A training goes on from each of its first 200 steps to the same bits, with another number of threads. */
import { describe, expect, test } from 'vitest';
import { averagePool, conv, maxPool, relu } from '../../src/layers/index.ts';
import { cnn } from '../../src/model/cnn.ts';
import { adam } from '../../src/optimizers/index.ts';
import { readCheckpoint } from '../../src/training/checkpoint.ts';
import { memoryStore } from '../../src/training/checkpoint-store.ts';
import { type TrainOptions, train } from '../../src/training/train.ts';
import type { Trained } from '../../src/training/trained.ts';
import { tinyData } from '../tiny-data.ts';
import { isFull, timeout } from './size.ts';

const data = tinyData(400, 3);
const model = cnn([conv({ filters: 5 }), relu(), maxPool(), averagePool()]);
/** 23 steps an epoch: the last batch is a small one, and step 200 is in the midst of the ninth epoch. */
const options: TrainOptions = { optimizer: adam(), batchSize: 17, epochs: 9, seed: 5, validation: 10 };

const resultOf = ({ weightsSha256, history }: Trained) => ({
  weightsSha256,
  history: history.map(({ seconds: _, ...record }) => record),
});

/** Threads wait for each other longer than they compute, the more so where others have the machine. */
describe.each([
  { before: 2, after: 1, every: 1 },
  { before: 1, after: 2, every: isFull ? 1 : 25 },
])('with $before threads, then $after', ({ before, after, every }) => {
  test('from each of 200 steps', { timeout }, async () => {
    const undisturbed = resultOf(await train(model, data, options));
    const store = memoryStore();
    const watched = { ...options, threads: before, checkpoint: { store, everySteps: 1 } };
    expect(resultOf(await train(model, data, watched))).toEqual(undisturbed);
    let steps = 0;
    for (const bytes of store.saved) {
      const { position } = (await readCheckpoint(bytes)).standing;
      // What is saved at an epoch's end is no other state than what its last step saved.
      if (position === 0) continue;
      if (++steps > 200) break;
      if (steps % every !== 0) continue;
      const checkpoint = { store: memoryStore(bytes) };
      expect(resultOf(await train(model, data, { ...options, threads: after, checkpoint }))).toEqual(undisturbed);
    }
    expect(steps).toBeGreaterThan(200);
  });
});
