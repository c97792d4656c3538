import { describe, expect, test } from 'vitest';
import { runOptimizer } from '../../test/run-optimizer.ts';
import { ruleOf } from './index.ts';
import { sgd } from './sgd.ts';

describe('sgd', () => {
  test('goes against the gradient', () => {
    const { weights } = runOptimizer(
      sgd({ learningRate: 0.5 }),
      [1, 2],
      [
        [2, -4],
        [1, 0],
      ],
    );
    expect(weights).toEqual([
      [0, 4],
      [-0.5, 4],
    ]);
  });

  test('goes on in the direction of its momentum', () => {
    const { weights, state } = runOptimizer(
      sgd({ learningRate: 0.5, momentum: 0.5 }),
      [1, 2],
      [
        [2, -4],
        [1, 0],
      ],
    );
    // v = [2, -4], then [2, -2].
    expect(weights).toEqual([
      [0, 4],
      [-1, 5],
    ]);
    expect(state('layer.w.velocity')).toEqual([2, -2]);
  });

  test('keeps no state without momentum', () => {
    expect(ruleOf(sgd()).state).toEqual({});
  });
});
