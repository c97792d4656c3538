import { describe, expect, test } from 'vitest';
import { ShapeError, UsageError } from '../../errors.ts';
import { checkErrors, estimateErrorRate } from './error-rate.ts';
import { wilson } from './wilson.ts';

/** `images` errors, the first `wrong` of them 1. */
function errorsOf(wrong: number, images: number): Uint8Array {
  return Uint8Array.from({ length: images }, (_, image) => (image < wrong ? 1 : 0));
}

describe('estimateErrorRate', () => {
  test('is Wilson for one seed', () => {
    for (const design of ['nested', 'crossed'] as const) {
      expect(estimateErrorRate([errorsOf(81, 263)], design)).toEqual({
        mean: 81 / 263,
        sd: null,
        interval: wilson(81, 263),
      });
    }
  });

  // Nested, by hand: A = 0.01²·2/3, W / n = (0.1·0.9 + 0.11·0.89 + 0.09·0.91) / 3 / 100, over 3, times 3/2; t = 4.3027.
  test('is the mean over the seeds, with Student’s t of one degree less than seeds', () => {
    const estimate = estimateErrorRate([errorsOf(10, 100), errorsOf(11, 100), errorsOf(9, 100)], 'nested');
    const within = (0.1 * 0.9 + 0.11 * 0.89 + 0.09 * 0.91) / 3 / 100;
    const reach = 4.302652729749462 * Math.sqrt((0.0001 * (2 / 3) + within) / 2);
    expect(estimate.mean).toBeCloseTo(0.1, 15);
    expect(estimate.sd).toBeCloseTo(0.01, 15);
    expect(estimate.interval.low).toBeCloseTo(0.1 - reach, 12);
    expect(estimate.interval.high).toBeCloseTo(0.1 + reach, 12);
  });

  test('is wider on the same images for all seeds than on images of their own', () => {
    const errors = new Array<Uint8Array>(10).fill(errorsOf(100, 1000));
    const width = (design: 'nested' | 'crossed') => {
      const { low, high } = estimateErrorRate(errors, design).interval;
      return high - low;
    };
    expect(width('crossed')).toBeGreaterThan(2.5 * width('nested'));
    const { low, high } = wilson(100, 1000);
    expect(width('crossed')).toBeGreaterThan(high - low);
  });

  test('has a width where no image is wrong', () => {
    expect(estimateErrorRate([errorsOf(0, 50), errorsOf(0, 50), errorsOf(0, 50)], 'nested')).toEqual({
      mean: 0,
      sd: 0,
      interval: wilson(0, 50),
    });
  });

  test('stays a rate', () => {
    expect(estimateErrorRate([errorsOf(2, 20), errorsOf(10, 20)], 'nested').interval).toEqual({ low: 0, high: 1 });
  });
});

describe('checkErrors', () => {
  test('refuses nothing to count', () => {
    expect(() => checkErrors([])).toThrow(
      new UsageError('A comparison needs at least one architecture, but gets none.'),
    );
    for (const errors of [[], [new Uint8Array(0)]]) {
      expect(() => estimateErrorRate(errors, 'nested')).toThrow(
        new UsageError('An error rate needs at least one seed and one image, but gets none.'),
      );
    }
  });

  test('refuses other seeds for another architecture', () => {
    expect(() => checkErrors([[errorsOf(0, 5)], [errorsOf(0, 5), errorsOf(0, 5)]])).toThrow(
      new ShapeError(
        'Architectures are compared with the same seeds, but architecture 0 has 1 seed and architecture 1 has 2 seeds.\n' +
          'Train each with all seeds.',
      ),
    );
  });

  test('refuses another number of images', () => {
    expect(() => checkErrors([[errorsOf(0, 5), errorsOf(0, 4)]])).toThrow(
      new ShapeError(
        'Errors need as many images everywhere, but architecture 0, seed 0 has 5 images and architecture 0, seed 1 has ' +
          '4 images.\nEvaluate each on as many images.',
      ),
    );
  });

  test('refuses predictions in place of errors', () => {
    expect(() => checkErrors([[Uint8Array.of(0, 1, 7)]])).toThrow(
      new UsageError(
        'Errors need to be 1 (wrong) or 0 (right), but architecture 0, seed 0, image 2 has 7.\n' +
          'Give whether each prediction is wrong, not the prediction.',
      ),
    );
  });
});
