/**
 * @file Stochastic gradient descent with momentum: v' = momentum v + g, w' = w - learningRate v'.
 * A velocity below its grain counts as 0 (`optimizer.ts`).
 * Source: Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum", ICML 2013 (classical).
 */
import { realNumber } from '../layers/layer.ts';
import { defineOptimizer, grain } from './optimizer.ts';

export const sgd = defineOptimizer({
  kind: 'sgd',
  options: { learningRate: realNumber(0.01, 0, 1e3), momentum: realNumber(0, 0, 1) },
  rule: ({ learningRate, momentum }) => {
    const base = { scalars: { learningRate }, tick: [] };
    return momentum === 0
      ? {
          ...base,
          state: {},
          constants: {},
          update: ['w1[n] = weight[n] - learningRate * grad[n]'],
          assign: { weight: 'w1' },
        }
      : {
          ...base,
          state: { velocity: 0 },
          constants: { momentum, grain },
          update: [
            'v1[n] = momentum * velocity[n] + grad[n] + grain - grain',
            'w1[n] = weight[n] - learningRate * v1[n]',
          ],
          assign: { velocity: 'v1', weight: 'w1' },
        };
  },
});
