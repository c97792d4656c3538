import { describe, expect, test } from 'vitest';
import { tinyData } from '../../test/tiny-data.ts';
import { referenceEngine } from '../engine/reference.ts';
import { UsageError } from '../errors.ts';
import { averagePool, conv, maxPool, relu, sharedConv } from '../layers/index.ts';
import { asWritten } from '../layers/notebook-parity.ts';
import { cnn } from '../model/cnn.ts';
import { adagrad, adam, sgd } from '../optimizers/index.ts';
import { learningRates } from '../optimizers/schedule.ts';
import { readCheckpoint } from './checkpoint.ts';
import { memoryStore } from './checkpoint-store.ts';
import { type Progress, type TrainOptions, train } from './train.ts';
import type { Trained } from './trained.ts';

const data = tinyData(45, 6);
const model = cnn([conv({ filters: 3 }), relu(), maxPool()]);

/** All that must be the same, whenever and however often a training was stopped. */
const resultOf = ({ weightsSha256, history }: Trained) => ({
  weightsSha256,
  history: history.map(({ seconds: _, ...record }) => record),
});

/** A training undisturbed, and its checkpoint after each step and each epoch. */
async function checkpointsOf(options: TrainOptions) {
  const store = memoryStore();
  const undisturbed = resultOf(await train(model, data, options));
  const watched = resultOf(await train(model, data, { ...options, checkpoint: { store, everySteps: 1 } }));
  expect(watched).toEqual(undisturbed);
  return { undisturbed, saved: store.saved };
}

describe('a training goes on from each of its steps to the same bits', () => {
  test.each<[string, TrainOptions, number]>([
    ['sgd, batches of 8, the last of 3', { optimizer: sgd({ momentum: 0.9 }), batchSize: 8, validation: 10 }, 5],
    ['sgd without momentum', { optimizer: sgd(), batchSize: 8 }, 6],
    ['adagrad, one by one', { optimizer: adagrad(), batchSize: 1, validation: 20 }, 25],
    ['adam, batches of 8', { optimizer: adam(), batchSize: 8, validation: 10, trainImages: 30 }, 4],
    ['adam, one by one', { optimizer: adam(), batchSize: 1, validation: 25 }, 20],
    ['sgd with a schedule', { optimizer: sgd({ warmup: 0.2, cooldown: 0.7 }), batchSize: 8, validation: 10 }, 5],
    ['one whole batch', { optimizer: adam(), batchSize: 64 }, 1],
  ])('%s', async (_, options, steps) => {
    const asked = { ...options, epochs: 2, seed: 3 };
    const { undisturbed, saved } = await checkpointsOf(asked);
    const standings = await Promise.all(saved.map(async (bytes) => (await readCheckpoint(bytes)).standing));
    expect(standings.filter(({ position }) => position > 0)).toHaveLength(2 * steps);
    for (const bytes of saved) {
      const resumed = await train(model, data, { ...asked, checkpoint: { store: memoryStore(bytes) } });
      expect(resultOf(resumed)).toEqual(undisturbed);
    }
  });

  test('with 2 threads after 1, and 1 after 2', async () => {
    const options = { optimizer: adam(), batchSize: 24, epochs: 2, seed: 1, validation: 5 };
    const { undisturbed, saved } = await checkpointsOf(options);
    for (const bytes of saved) {
      const store = memoryStore(bytes);
      const resumed = await train(model, data, { ...options, threads: 2, checkpoint: { store, everySteps: 1 } });
      expect(resultOf(resumed)).toEqual(undisturbed);
      const back = await train(model, data, { ...options, checkpoint: { store: memoryStore(store.saved[1]!) } });
      expect(resultOf(back)).toEqual(undisturbed);
    }
  });

  test('in float64', async () => {
    const options = { optimizer: adam(), batchSize: 8, epochs: 2, validation: 29, engine: referenceEngine };
    const { undisturbed, saved } = await checkpointsOf(options);
    for (const bytes of saved) {
      const resumed = await train(model, data, { ...options, checkpoint: { store: memoryStore(bytes) } });
      expect(resultOf(resumed)).toEqual(undisturbed);
    }
  });

  test("with the notebook's gradients", async () => {
    const notebook = cnn([sharedConv(), averagePool()]);
    const options = { optimizer: adagrad(), batchSize: 1, trainImages: 10, adapt: asWritten };
    const store = memoryStore();
    const undisturbed = await train(notebook, data, { ...options, checkpoint: { store, everySteps: 4 } });
    const resumed = await train(notebook, data, { ...options, checkpoint: { store: memoryStore(store.saved[1]!) } });
    expect(resultOf(resumed)).toEqual(resultOf(undisturbed));
    const { adapt: _, ...derived } = options;
    const exact = train(notebook, data, { ...derived, checkpoint: { store } });
    await expect(exact).rejects.toThrow('The checkpoint is of another training: the two differ in their formulas.');
  });
});

test('is saved when its signal aborts, and goes on from there; seconds add up', async () => {
  const options = { epochs: 40, batchSize: 1, optimizer: adagrad(), validation: 10 };
  const undisturbed = await train(model, data, options);
  const store = memoryStore();
  for (let sitting = 0; sitting < 3; sitting++) {
    const stop = new AbortController();
    const onProgress = ({ kind }: Progress) => kind !== 'start' && stop.abort(new Error('enough'));
    const run = train(model, data, { ...options, checkpoint: { store }, onProgress, signal: stop.signal });
    await expect(run).rejects.toThrow('enough');
  }
  const standings = await Promise.all(store.saved.map(async (bytes) => (await readCheckpoint(bytes)).standing));
  const seconds = standings.map((standing) => standing.seconds);
  expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
  const resumed = await train(model, data, { ...options, checkpoint: { store } });
  expect(resultOf(resumed)).toEqual(resultOf(undisturbed));
  expect(resumed.seconds).toBeGreaterThan(seconds.at(-1)!);
});

test('what has ended is not trained again, and more epochs go on from its end', async () => {
  const store = memoryStore();
  const two = await train(model, data, { epochs: 2, checkpoint: { store } });
  const count = store.saved.length;
  expect(resultOf(await train(model, data, { epochs: 2, checkpoint: { store } }))).toEqual(resultOf(two));
  expect(store.saved).toHaveLength(count);
  const four = await train(model, data, { epochs: 4, checkpoint: { store } });
  expect(resultOf(four)).toEqual(resultOf(await train(model, data, { epochs: 4 })));
  await expect(train(model, data, { epochs: 3, checkpoint: { store } })).rejects.toThrow(
    new UsageError(
      'The checkpoint has 4 epochs behind it, but 3 are asked for. Ask for as many or more, or start anew.',
    ),
  );
});

test("a schedule sets each step's learning rate, and stretches over all epochs that were asked for", async () => {
  const optimizer = sgd({ warmup: 0.2, cooldown: 0.7 });
  const options = { optimizer, batchSize: 8, validation: 10, epochs: 2 };
  const { saved } = await checkpointsOf(options);
  const checkpoints = await Promise.all(saved.map((bytes) => readCheckpoint(bytes)));
  const inEpoch = checkpoints.filter(({ standing }) => standing.position > 0);
  const used = inEpoch.map(({ tensors }) => tensors.find(({ name }) => name === 'optimizer.learningRate')!.values[0]);
  const rateAt = learningRates(optimizer, 10)!;
  expect(used).toEqual(Array.from({ length: 10 }, (_, step) => Math.fround(rateAt(step))));
  const longer = train(model, data, { ...options, epochs: 3, checkpoint: { store: memoryStore(saved[0]!) } });
  await expect(longer).rejects.toThrow("The checkpoint is of another training: its epochs is 2, but this one's is 3.");
});

describe('a checkpoint of another training is refused', () => {
  const options: TrainOptions = { optimizer: adam(), batchSize: 8, validation: 10 };
  test.each<[string, TrainOptions]>([
    ["its seed is 0, but this one's is 1", { seed: 1 }],
    ["its batchSize is 8, but this one's is 9", { batchSize: 9 }],
    ["its validation is 10, but this one's is 11", { validation: 11 }],
    ["its trainImages is null, but this one's is 20", { trainImages: 20 }],
    ['its precision is "float32", but this one\'s is "float64"', { engine: referenceEngine }],
    ['the two differ in their optimizer', { optimizer: adam({ learningRate: 0.002 }) }],
  ])('%s', async (difference, others) => {
    const store = memoryStore();
    await train(model, data, { ...options, checkpoint: { store } });
    await expect(train(model, data, { ...options, ...others, checkpoint: { store } })).rejects.toThrow(
      new UsageError(
        `The checkpoint is of another training: ${difference}. Ask for the same, or give this training a store of its own.`,
      ),
    );
  });

  test('of another model, or other images', async () => {
    const store = memoryStore();
    await train(model, data, { checkpoint: { store } });
    const other = cnn([conv({ filters: 4 }), relu(), maxPool()]);
    await expect(train(other, data, { checkpoint: { store } })).rejects.toThrow('the two differ in their model');
    await expect(train(model, tinyData(44, 6), { checkpoint: { store } })).rejects.toThrow(
      'the two differ in their data',
    );
  });
});

test.each([
  [{ everySteps: 0 }, 'everySteps needs a whole number from 1, but is 0.'],
  [{ everySeconds: 0 }, 'everySeconds needs a number over 0, but is 0.'],
])('refuses %j', async (interval, message) => {
  const checkpoint = { store: memoryStore(), ...interval };
  await expect(train(model, data, { checkpoint })).rejects.toThrow(new UsageError(message));
});

describe('a save that fails', () => {
  const full = { load: async () => null, save: () => Promise.reject(new Error('the disk is full')) };

  test('ends the training', async () => {
    await expect(train(model, data, { checkpoint: { store: full } })).rejects.toThrow('the disk is full');
  });

  test('is told, and the training goes on, where that is wished; nothing is called saved', async () => {
    const told: unknown[] = [];
    const checkpoint = {
      store: full,
      onSaveError: (error: unknown) => told.push(error),
      onSave: () => told.push('saved'),
    };
    const trained = await train(model, data, { checkpoint });
    expect(resultOf(trained)).toEqual(resultOf(await train(model, data)));
    expect(told).toEqual([new Error('the disk is full')]);
  });
});

describe('a store that has one user at a time', () => {
  const storeThatTells = () => {
    const told: string[] = [];
    const store = {
      load: async () => {
        told.push('load');
        return null;
      },
      save: async () => void told.push('save'),
      hold: async () => {
        told.push('hold');
        return () => void told.push('release');
      },
    };
    return { told, store };
  };

  test('is held from before the training looks until after it has saved', async () => {
    const { told, store } = storeThatTells();
    await train(model, data, { checkpoint: { store } });
    expect(told).toEqual(['hold', 'load', 'save', 'release']);
  });

  test('is let go when the training fails', async () => {
    const { told, store } = storeThatTells();
    await expect(train(model, data, { batchSize: 0, checkpoint: { store } })).rejects.toThrow(UsageError);
    expect(told).toEqual(['hold', 'release']);
  });

  test('refuses a training before anything is read', async () => {
    const { told, store } = storeThatTells();
    const hold = () => Promise.reject(new UsageError('It is in use.'));
    await expect(train(model, data, { checkpoint: { store: { ...store, hold } } })).rejects.toThrow('It is in use.');
    expect(told).toEqual([]);
  });
});
