import { describe, expect, test } from 'vitest';
import { runOptimizer } from '../../test/run-optimizer.ts';
import { adam } from './adam.ts';

describe('adam', () => {
  test('takes a first step of the learning rate, whatever the size of the gradient', () => {
    const { weights } = runOptimizer(adam({ learningRate: 0.1 }), [1, 2], [[1e-3, -1e3]]);
    expect(weights[0]![0]).toBeCloseTo(0.9, 5);
    expect(weights[0]![1]).toBeCloseTo(2.1, 5);
  });

  test('corrects both means for having started at 0', () => {
    const options = { learningRate: 0.5, beta1: 0.5, beta2: 0.75, epsilon: 1e-12 };
    const { weights, state } = runOptimizer(
      adam(options),
      [0, 0],
      [
        [2, 0],
        [4, 0],
      ],
    );
    // Means: 1, then 2.5; squares: 1, then 4.75; their weights: 0.5 and 0.25, then 0.75 and 0.4375.
    const second = (0.5 * (2.5 / 0.75)) / Math.sqrt(4.75 / 0.4375);
    expect(weights[0]![0]).toBeCloseTo(-0.5, 10);
    expect(weights[1]![0]).toBeCloseTo(-0.5 - second, 10);
    expect(weights.map(([, still]) => still)).toEqual([0, 0]);
    expect(state('layer.w.mean')[0]).toBeCloseTo(2.5, 14);
    expect(state('layer.w.mean')[1]).toBe(0);
    expect(state('layer.w.square')[0]).toBeCloseTo(4.75, 14);
    expect(state('layer.w.square')[1]).toBe(0);
    expect(state('optimizer.meanWeight')).toEqual([0.75]);
    expect(state('optimizer.squareWeight')).toEqual([0.4375]);
  });
});
