import { describe, expect, test } from 'vitest';
import { tinyData, tinyImages } from '../../test/tiny-data.ts';
import { referenceEngine } from '../engine/reference.ts';
import { EngineError, ShapeError, UsageError } from '../errors.ts';
import { conv, dense, maxPool, relu, sharedConv } from '../layers/index.ts';
import { cnn } from '../model/cnn.ts';
import { adagrad, adam, sgd } from '../optimizers/index.ts';
import { evaluate } from './evaluate.ts';
import { standardPreprocessing } from './feed.ts';
import { confusionMatrix, errorRate } from './metrics.ts';
import { type Progress, train } from './train.ts';

const data = tinyData();
const small = cnn([conv({ filters: 4 }), relu(), maxPool()]);

describe('train', () => {
  test('learns', async () => {
    const trained = await train(small, data, { epochs: 4, batchSize: 8, optimizer: adam({ learningRate: 0.01 }) });
    const [first, last] = [trained.history[0]!, trained.history.at(-1)!];
    expect(first.trainLoss).toBeGreaterThan(last.trainLoss);
    expect((await evaluate(trained, data.test)).errorRate).toBe(0);
  });

  test('gives the same bits for the same seed, and others for another', async () => {
    const hash = async (seed: number) => (await train(small, data, { seed, batchSize: 7 })).weightsSha256;
    const once = await hash(3);
    expect(await hash(3)).toBe(once);
    expect(await hash(4)).not.toBe(once);
  });

  // These hashes are the contract of `numericsVersion` 1: another one means that numbers have changed.
  test.each([
    [
      'batch 1, Adagrad',
      [sharedConv(), maxPool()],
      1,
      adagrad(),
      'ed2dfdb26723195cbf443f952e2fe6580288bbd54cfa64a1a73664d314bb4455',
    ],
    [
      'a ragged batch, Adam',
      [conv({ filters: 6 }), relu(), maxPool(), dense({ units: 20 }), relu()],
      20,
      adam(),
      'b9d09abe980456ae36b2a876dad4d66424c94c165c53ef20c49ead5fe0699777',
    ],
    [
      'momentum',
      [conv({ stride: 2, padding: 'valid' }), maxPool({ poolSize: 3, stride: 1 })],
      64,
      sgd({ momentum: 0.9 }),
      '7a91d9edeaff43fa0bdae002147c3596652c981f63eeb04343f4f83ce4357129',
    ],
  ] as const)('keeps its bits: %s', async (_, layers, batchSize, optimizer, sha256) => {
    const trained = await train({ layers: [...layers] }, data, {
      batchSize,
      optimizer,
      seed: 5,
      epochs: 2,
      validation: 11,
    });
    expect(trained.weightsSha256).toBe(sha256);
  });

  test('validates on images that it does not train on, the same for every model', async () => {
    const options = { validation: 30, epochs: 1, seed: 2 };
    const [one, other] = [await train(small, data, options), await train(cnn([]), data, options)];
    expect(one.history[0]).toMatchObject({ epoch: 1, validationErrorRate: expect.any(Number) });
    expect(other.history[0]!.validationLoss).toBeGreaterThan(0);
  });

  test('agrees with the reference engine', async () => {
    const options = { epochs: 1, batchSize: 10, optimizer: sgd() };
    const [ours, right] = [
      await train(small, data, options),
      await train(small, data, { ...options, engine: referenceEngine }),
    ];
    expect(ours.history[0]!.trainLoss).toBeCloseTo(right.history[0]!.trainLoss, 5);
  });

  test('reports every epoch', async () => {
    const seen: Progress[] = [];
    await train(small, data, { epochs: 3, onProgress: (progress) => seen.push(progress) });
    expect(seen.filter(({ kind }) => kind === 'epoch')).toHaveLength(3);
  });

  test('says at the start what computes, on how many threads, and why these are few', async () => {
    const startWith = async (options: object): Promise<Progress[]> => {
      const seen: Progress[] = [];
      await train(small, data, { ...options, onProgress: (progress) => seen.push(progress) });
      return seen.filter(({ kind }) => kind === 'start');
    };
    const start = { kind: 'start', engine: 'wasm', threads: 1 };
    expect(await startWith({ batchSize: 8 })).toEqual([start]);
    expect(await startWith({ batchSize: 8, threads: 2 })).toEqual([
      { ...start, threadsReason: 'a batch of 8 is cut into 1' },
    ]);
    expect(await startWith({ batchSize: 16, threads: 2 })).toEqual([{ ...start, threads: 2 }]);
  });

  test('stops when its signal aborts, however short an epoch is', async () => {
    const stop = new AbortController();
    const run = train(small, data, { epochs: 1e6, signal: stop.signal });
    setTimeout(() => stop.abort(new Error('enough')), 150);
    await expect(run).rejects.toThrow('enough');
  });

  test('ends when the loss is no longer finite', async () => {
    const deep = cnn([conv(), conv(), conv()]);
    const run = train(deep, data, { optimizer: sgd({ learningRate: 1000 }), epochs: 50 });
    await expect(run).rejects.toThrow(EngineError);
    await expect(run).rejects.toThrow(
      'The loss needs to be finite, but is NaN in epoch 2, step 1 (images 1 to 32): conv2.output is the first that is not. Lower the learning rate (it is 1000).',
    );
  });

  test.each([
    [{ epochs: 0 }, 'epochs needs a whole number from 1 to 1000000, but is 0.'],
    [{ batchSize: 1.5 }, 'batchSize needs a whole number from 1 to 65536, but is 1.5.'],
    [{ validation: 90 }, 'validation needs a whole number from 0 to 89, but is 90.'],
    [{ validation: 60, trainImages: 31 }, 'trainImages needs a whole number from 1 to 30, but is 31.'],
  ])('refuses %j', async (options, message) => {
    await expect(train(small, data, options)).rejects.toThrow(new UsageError(message));
  });
});

describe('evaluate', () => {
  test('predicts the first of equal classes, and counts a blind guess right once in three', async () => {
    const blind = await train(cnn([]), data, { optimizer: sgd({ learningRate: 0 }) });
    const zero = { ...blind, weights: blind.weights.map((one) => ({ ...one, values: one.values.map(() => 0) })) };
    const { predictions, loss, errorRate: rate } = await evaluate(zero, data.test);
    expect([...predictions]).toEqual(new Array(30).fill(0));
    expect(loss).toBeCloseTo(Math.log(3), 6);
    expect(rate).toBeCloseTo(2 / 3);
  });

  test('scores the images that are asked for, in their order', async () => {
    const trained = await train(small, data);
    const all = await evaluate(trained, data.test);
    const some = await evaluate(trained, data.test, { indices: Uint32Array.of(29, 0, 7) });
    expect([...some.predictions]).toEqual([all.predictions[29], all.predictions[0], all.predictions[7]]);
  });

  test('refuses images of another size', async () => {
    const trained = await train(small, data);
    const images = { ...tinyImages(2, 1), shape: [6, 24, 1] };
    await expect(evaluate(trained, images)).rejects.toThrow(
      new ShapeError(
        'The model takes images of 12 × 12 × 1, but the data has 6 × 24 × 1. Use the data that it was trained on, or train it anew.',
      ),
    );
  });
});

test('bytes enter as -0.5 … 0.5, floats as they are', () => {
  const bytes = tinyImages(1, 1);
  expect(standardPreprocessing(bytes)).toEqual({ scale: [1 / 255], offset: [-0.5] });
  expect(standardPreprocessing({ ...bytes, pixels: new Float32Array(144) })).toEqual({ scale: [1], offset: [0] });
});

test('a confusion matrix has the true class in rows; the error rate is what lies off its diagonal', () => {
  const matrix = confusionMatrix([0, 0, 1, 2], [0, 1, 1, 0], 3);
  expect(matrix).toEqual([
    [1, 1, 0],
    [0, 1, 0],
    [1, 0, 0],
  ]);
  expect(errorRate(matrix)).toBe(0.5);
});
