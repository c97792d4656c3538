import { describe, expect, test } from 'vitest';
import { runOptimizer } from '../../test/run-optimizer.ts';
import { adagrad } from './adagrad.ts';

describe('adagrad', () => {
  test('divides by the root of all squares so far', () => {
    // Epsilon makes the first sums 9 and 16, and the second ones 9 + 27 and 16 + 0.
    const { weights, state } = runOptimizer(
      adagrad({ learningRate: 0.5, epsilon: 1 }),
      [1, 2],
      [
        [Math.sqrt(8), Math.sqrt(15)],
        [Math.sqrt(27), 0],
      ],
    );
    expect(weights[0]![0]).toBeCloseTo(1 - (0.5 * Math.sqrt(8)) / 3, 14);
    expect(weights[0]![1]).toBeCloseTo(2 - (0.5 * Math.sqrt(15)) / 4, 14);
    expect(weights[1]![0]).toBeCloseTo(1 - (0.5 * Math.sqrt(8)) / 3 - (0.5 * Math.sqrt(27)) / 6, 14);
    expect(weights[1]![1]).toBe(weights[0]![1]);
    expect(state('layer.w.squaredGradSum')[0]).toBeCloseTo(35, 12);
  });

  test('has epsilon inside the root, as in the notebook', () => {
    // Outside the root it would be 1 / (0 + 0.25) = 4, here it is 1 / sqrt(0.25) = 2 times a tiny gradient.
    const { weights } = runOptimizer(adagrad({ learningRate: 1, epsilon: 0.25 }), [0, 0], [[1e-9, 0]]);
    expect(weights[0]![0]).toBeCloseTo(-2e-9, 20);
  });

  test("has the notebook's rates as its defaults", () => {
    expect(adagrad()).toEqual({ kind: 'adagrad', learningRate: 0.005, epsilon: 0.001 });
  });
});
