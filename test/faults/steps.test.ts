/** @file A training goes on from each of its first 200 steps to the same bits, with other threads or another engine. */
import { describe, expect, test } from 'vitest';
import { nativeEngine } from '../../src/engine/native/node/index.ts';
import { averagePool, conv, maxPool, relu } from '../../src/layers/index.ts';
import { cnn } from '../../src/model/cnn.ts';
import { adam } from '../../src/optimizers/index.ts';
import { readCheckpoint } from '../../src/training/checkpoint.ts';
import { memoryStore } from '../../src/training/checkpoint-store.ts';
import { type TrainOptions, train } from '../../src/training/train.ts';
import type { Trained } from '../../src/training/trained.ts';
import { lacksCompiler } from '../native-machine.ts';
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

type How = Pick<TrainOptions, 'threads' | 'engine'>;

/** Threads wait for each other longer than they compute, the more so where others have the machine. */
const rarely = isFull ? 1 : 25;

describe.each<{ name: string; before: How; after: How; every: number; isLeftOut?: boolean }>([
  { name: '2 threads, then 1', before: { threads: 2 }, after: { threads: 1 }, every: 1 },
  { name: '1 thread, then 2', before: { threads: 1 }, after: { threads: 2 }, every: rarely },
  {
    name: 'WebAssembly, then C (needs a C compiler)',
    before: {},
    after: { engine: nativeEngine },
    every: rarely,
    isLeftOut: lacksCompiler,
  },
  {
    name: 'C, then WebAssembly (needs a C compiler)',
    before: { engine: nativeEngine },
    after: {},
    every: rarely,
    isLeftOut: lacksCompiler,
  },
])('$name', ({ before, after, every, isLeftOut = false }) => {
  test.skipIf(isLeftOut)('from each of 200 steps', { timeout }, async () => {
    const undisturbed = resultOf(await train(model, data, options));
    const store = memoryStore();
    const watched = { ...options, ...before, checkpoint: { store, everySteps: 1 } };
    expect(resultOf(await train(model, data, watched))).toEqual(undisturbed);
    let steps = 0;
    for (const bytes of store.saved) {
      const { position } = (await readCheckpoint(bytes)).standing;
      // What is saved at an epoch's end is no other state than what its last step saved.
      if (position === 0) continue;
      if (++steps > 200) break;
      if (steps % every !== 0) continue;
      const checkpoint = { store: memoryStore(bytes) };
      expect(resultOf(await train(model, data, { ...options, ...after, checkpoint }))).toEqual(undisturbed);
    }
    expect(steps).toBeGreaterThan(200);
  });
});
