import { describe, expect, test } from 'vitest';
import { drawBreak, runBreak } from '../../test/break-run.ts';
import { runOptimizer } from '../../test/run-optimizer.ts';
import { tinyImages } from '../../test/tiny-data.ts';
import type { DataSet } from '../data/data-set.ts';
import { wasmEngine } from '../engine/wasm/index.ts';
import { EngineError } from '../errors.ts';
import { conv, maxPool, relu } from '../layers/index.ts';
import { cnn } from '../model/cnn.ts';
import { adagrad, adam, optimizers, sgd } from '../optimizers/index.ts';
import { train } from './train.ts';

const seeds = Array.from({ length: 100 }, (_, place) => place + 1);

describe('a number that is NaN or infinite ends the run at its step, and its layer is named', () => {
  test.each(seeds)('break %i', async (seed) => {
    const one = drawBreak(seed);
    const { error, image } = await runBreak(one, seed);
    const { batchSize, step, parameter } = one;
    expect(error, JSON.stringify(one)).toBeInstanceOf(EngineError);
    const { message } = error as EngineError;
    const subject =
      parameter === undefined ? `Training image ${image} needs finite pixels,` : `${parameter} needs finite `;
    expect(message.slice(0, subject.length), JSON.stringify({ ...one, message })).toBe(subject);
    const last = Math.min(45, (step + 1) * batchSize);
    expect(message).toContain(` in epoch 1, step ${step + 1} (images ${step * batchSize + 1} to ${last}). `);
  });
});

test('broken numbers would be missed by who looks at the loss alone', async () => {
  const blind = {
    ...wasmEngine,
    create: async (...given: Parameters<typeof wasmEngine.create>) =>
      Object.assign(await wasmEngine.create(...given), { broken: () => [] }),
  };
  const missed = await Promise.all(
    seeds.slice(0, 40).map(async (seed) => (await runBreak(drawBreak(seed), seed, blind)).error === undefined),
  );
  expect(missed.filter(Boolean).length).toBeGreaterThan(2);
});

describe('says what is wrong', () => {
  /** Images of floats, one of which has one pixel of its own. */
  function dataWith(image: number, pixel: number): DataSet {
    const { pixels, ...rest } = tinyImages(90, 1);
    const images = { ...rest, pixels: Float32Array.from(pixels, (byte) => byte / 255 - 0.5) };
    images.pixels[image * 144 + 5] = pixel;
    return { name: 'floats', classes: ['top', 'middle', 'bottom'], train: images, test: images };
  }

  test('with an image, though a pool hides it', async () => {
    await expect(train(cnn([conv(), maxPool()]), dataWith(17, Number.NaN), { batchSize: 90 })).rejects.toThrow(
      new EngineError(
        'Training image 17 needs finite pixels, but has 1 of 144 that is NaN or infinite in epoch 1, step 1 (images 1 to 90). Mend it, or leave it out.',
      ),
    );
  });

  test('with a gradient that Adagrad makes a step of 0', async () => {
    const run = train(cnn([]), dataWith(17, -3e38), { batchSize: 90, optimizer: adagrad() });
    await expect(run).rejects.toThrow(
      new EngineError(
        'dense1.weights needs finite gradients, but dense1.weights.squaredGradSum has 2 of 432 that are NaN or infinite in epoch 1, step 1 (images 1 to 90). Lower the learning rate (it is 0.005).',
      ),
    );
  });

  test('with weights', async () => {
    const run = train(cnn([]), dataWith(17, -3e38), { batchSize: 90, optimizer: sgd({ learningRate: 1000 }) });
    await expect(run).rejects.toThrow(
      new EngineError(
        'dense1.weights needs finite weights, but has 2 of 432 that are NaN or infinite in epoch 1, step 1 (images 1 to 90). Lower the learning rate (it is 1000).',
      ),
    );
  });
});

test.each([sgd(), sgd({ momentum: 0.9 }), adagrad(), adam()])(
  'a healthy run does not end early: %j',
  async (optimizer) => {
    for (const threads of [1, 2]) {
      const model = cnn([conv({ filters: 5 }), relu(), maxPool()]);
      const images = tinyImages(90, 1);
      const data = { name: 'tiny', classes: ['top', 'middle', 'bottom'], train: images, test: images };
      const { history } = await train(model, data, { optimizer, threads, batchSize: 20, epochs: 5 });
      expect(history).toHaveLength(5);
    }
  },
);

test.each(Object.values(optimizers))(
  'no optimiser hides a gradient that is not finite: $definition.kind',
  (factory) => {
    const options = 'momentum' in factory.definition.options ? [{}, { momentum: 0.9 }] : [{}];
    for (const optimizer of options.map((given) => factory(given))) {
      for (const gradient of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        expect(runOptimizer(optimizer, [1, 1], [[gradient, 0]]).broken, JSON.stringify(optimizer)).toEqual(['layer.w']);
      }
      expect(runOptimizer(optimizer, [1, 1], [[1e18, 0]]).broken).toEqual([]);
    }
  },
);
