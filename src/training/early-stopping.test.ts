import { describe, expect, test } from 'vitest';
import { tinyData } from '../../test/tiny-data.ts';
import { UsageError } from '../errors.ts';
import { conv, relu } from '../layers/index.ts';
import { cnn } from '../model/cnn.ts';
import { sgd } from '../optimizers/index.ts';
import { memoryStore } from './checkpoint-store.ts';
import { isBest, isOver } from './early-stopping.ts';
import { train } from './train.ts';
import type { EpochRecord } from './trained.ts';

const epochs = (...scores: readonly [number, number][]): EpochRecord[] =>
  scores.map(([validationErrorRate, validationLoss], place) => ({
    ...{ epoch: place + 1, trainLoss: 0, validationErrorRate, validationLoss, seconds: 0 },
  }));

test('better is a lower error, then a lower loss, then an earlier epoch', () => {
  expect(isBest(epochs([0.5, 1]), null)).toBe(true);
  expect(isBest(epochs([0.5, 1], [0.4, 2]), { epoch: 1 })).toBe(true);
  expect(isBest(epochs([0.5, 1], [0.5, 0.9]), { epoch: 1 })).toBe(true);
  expect(isBest(epochs([0.5, 1], [0.5, 1]), { epoch: 1 })).toBe(false);
  expect(isBest(epochs([0.4, 1], [0.5, 0.1]), { epoch: 1 })).toBe(false);
});

test('it is over when the best is as far behind as one has patience for', () => {
  const history = epochs([0.4, 1], [0.5, 1], [0.5, 1]);
  expect([1, 2, 3].map((patience) => isOver(history, { epoch: 1 }, patience))).toEqual([true, true, false]);
  expect(isOver(history, { epoch: 1 })).toBe(false);
  expect(isOver([], null, 1)).toBe(false);
});

/** Steps far too long: the error goes up and down. */
const options = { optimizer: sgd({ learningRate: 0.9 }), batchSize: 8, validation: 30, seed: 2, epochs: 5 };
const model = cnn([conv({ filters: 3 }), relu()]);
const data = tinyData(60, 6);

describe('a training', () => {
  test('ends with the weights that it had after its best epoch, and resumes to the same', async () => {
    const whole = await train(model, data, options);
    const store = memoryStore();
    const kept = await train(model, data, { ...options, keepBest: true, checkpoint: { store, everySteps: 2 } });
    const { bestEpoch } = kept;
    expect(kept.history.map(({ trainLoss }) => trainLoss)).toEqual(whole.history.map(({ trainLoss }) => trainLoss));
    expect(bestEpoch).toBe(3);
    const best = await train(model, data, { ...options, epochs: bestEpoch! });
    expect(kept.weightsSha256).toBe(best.weightsSha256);
    for (const bytes of store.saved) {
      const resumed = await train(model, data, {
        ...options,
        keepBest: true,
        checkpoint: { store: memoryStore(bytes) },
      });
      expect([resumed.weightsSha256, resumed.bestEpoch]).toEqual([kept.weightsSha256, bestEpoch]);
    }
  });

  test('stops when its patience is over, resumed or not', async () => {
    const store = memoryStore();
    const stopped = await train(model, data, {
      ...options,
      epochs: 12,
      patience: 2,
      checkpoint: { store, everySteps: 3 },
    });
    expect(stopped.history).toHaveLength(stopped.bestEpoch! + 2);
    expect(stopped.bestEpoch).toBe(3);
    for (const bytes of store.saved) {
      const resumed = await train(model, data, {
        ...options,
        epochs: 12,
        patience: 2,
        checkpoint: { store: memoryStore(bytes) },
      });
      expect([resumed.weightsSha256, resumed.history.length]).toEqual([stopped.weightsSha256, stopped.history.length]);
    }
  });

  test.each([
    [{ patience: 0 }, 'patience needs a whole number from 1, but is 0.'],
    [{ patience: 1, validation: 0 }, 'patience needs images to validate on, but validation is 0. Set some aside.'],
    [{ keepBest: true, validation: 0 }, 'keepBest needs images to validate on, but validation is 0. Set some aside.'],
  ])('refuses %j', async (others, message) => {
    await expect(train(model, data, { ...options, ...others })).rejects.toThrow(new UsageError(message));
  });
});
