/**
 * @file Adagrad, with epsilon inside the root as in the notebook. Gradients below a grain count as 0 (`optimizer.ts`).
 * Source: Duchi, Hazan, Singer, "Adaptive Subgradient Methods", JMLR 12 (2011).
 */
import { realNumber } from '../layers/layer.ts';
import { defineOptimizer, grain } from './optimizer.ts';

export const adagrad = defineOptimizer({
  kind: 'adagrad',
  options: { learningRate: realNumber(0.005, 0, 1e3), epsilon: realNumber(0.001, 1e-12, 1) },
  rule: ({ learningRate, epsilon }) => ({
    state: { squaredGradSum: 0 },
    scalars: { learningRate },
    constants: { epsilon, grain },
    tick: [],
    update: [
      'g[n] = grad[n] + grain - grain',
      's1[n] = squaredGradSum[n] + g[n] * g[n]',
      'w1[n] = weight[n] - learningRate * g[n] / sqrt(s1[n] + epsilon)',
    ],
    assign: { squaredGradSum: 's1', weight: 'w1' },
  }),
});
