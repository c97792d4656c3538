import { describe, expect, test } from 'vitest';
import { UsageError } from '../errors.ts';
import { adagrad, adam, sgd } from './index.ts';
import { parseOptimizer, printOptimizer } from './notation.ts';
import { learningRates } from './schedule.ts';

const ratesOf = (options: object, steps: number): number[] => {
  const rateAt = learningRates(sgd({ learningRate: 8, ...options }), steps)!;
  return Array.from({ length: steps }, (_, step) => rateAt(step));
};

describe('the learning rate over a training', () => {
  test('rises in even steps, and reaches its value in the last of them', () => {
    expect(ratesOf({ warmup: 0.5 }, 8)).toEqual([2, 4, 6, 8, 8, 8, 8, 8]);
  });

  test('falls along half a cosine, which the step after the last would bring to 0', () => {
    const [first, second, third, fourth] = ratesOf({ cooldown: 1 }, 4);
    expect(first).toBe(8);
    expect(second).toBeCloseTo(4 + 4 * Math.SQRT1_2, 14);
    expect(third).toBeCloseTo(4, 14);
    expect(fourth).toBeCloseTo(4 - 4 * Math.SQRT1_2, 14);
  });

  test('stays in between', () => {
    const rates = ratesOf({ warmup: 0.25, cooldown: 0.25 }, 8);
    expect(rates.slice(0, 7)).toEqual([4, 8, 8, 8, 8, 8, 8]);
    expect(rates[7]).toBeCloseTo(4, 14);
  });

  test('is the lower of the two where both move', () => {
    const [first, second, third, fourth] = ratesOf({ warmup: 1, cooldown: 1 }, 4);
    expect([first, second]).toEqual([2, 4]);
    expect(third).toBeCloseTo(4, 14);
    expect(fourth).toBeCloseTo(4 - 4 * Math.SQRT1_2, 14);
  });

  test('is the same in all steps unless something else is said', () => {
    for (const optimizer of [sgd(), adagrad(), adam()]) expect(learningRates(optimizer, 10)).toBeUndefined();
  });

  test('never has a rate that is 0 or not finite, however few steps there are', () => {
    for (const options of [{ warmup: 0.5, cooldown: 0.5 }, { warmup: 1 }, { cooldown: 1 }, { warmup: 0.01 }]) {
      for (let steps = 1; steps < 12; steps++) {
        for (const rate of ratesOf(options, steps)) expect(rate > 0 && rate <= 8).toBe(true);
      }
    }
  });
});

test('belongs to the record of an optimiser only where it does something', () => {
  expect(adagrad({ epsilon: 1, warmup: 0 })).toEqual({ kind: 'adagrad', learningRate: 0.005, epsilon: 1 });
  expect(adagrad({ epsilon: 1, warmup: 0.1, cooldown: 0.9 })).toEqual({
    ...{ kind: 'adagrad', learningRate: 0.005, epsilon: 1, warmup: 0.1, cooldown: 0.9 },
  });
});

test('is written in the notation', () => {
  const text = 'adam(learningRate=0.002, warmup=0.1, cooldown=0.9)';
  expect(parseOptimizer(text)).toEqual(adam({ learningRate: 0.002, warmup: 0.1, cooldown: 0.9 }));
  expect(printOptimizer(parseOptimizer(text))).toBe(text);
});

test('a share that is none is refused', () => {
  expect(() => sgd({ cooldown: 2 })).toThrow(new UsageError('sgd: cooldown needs a number from 0 to 1, but is 2.'));
});
