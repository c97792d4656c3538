/**
 * @file Adam: running means of the gradient and of its square, each corrected for having started at 0.
 * The corrections' weights, 1 - beta^t, are kept as c' = beta c + (1 - beta): in float32, 1 - beta^t itself would lose the
 * digits that beta = 0.999 leaves. What is below its grain counts as 0 (`optimizer.ts`); a square's is finer.
 *
 * Source: Kingma, Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1.
 */
import { realNumber } from '../layers/layer.ts';
import { defineOptimizer, grain } from './optimizer.ts';

export const adam = defineOptimizer({
  kind: 'adam',
  options: {
    learningRate: realNumber(0.001, 0, 1e3),
    beta1: realNumber(0.9, 0, 0.999999),
    beta2: realNumber(0.999, 0, 0.999999),
    epsilon: realNumber(1e-8, 1e-12, 1),
  },
  rule: ({ learningRate, beta1, beta2, epsilon }) => ({
    state: { mean: 0, square: 0 },
    scalars: { learningRate, meanWeight: 0, squareWeight: 0 },
    constants: { beta1, beta2, epsilon, grain, squareGrain: grain / 2 ** 48 },
    tick: ['c1 = beta1 * meanWeight + (1 - beta1)', 'c2 = beta2 * squareWeight + (1 - beta2)'],
    update: [
      'g[n] = grad[n] + grain - grain',
      'm1[n] = beta1 * mean[n] + (1 - beta1) * g[n] + grain - grain',
      'v1[n] = beta2 * square[n] + (1 - beta2) * g[n] * g[n] + squareGrain - squareGrain',
      'w1[n] = weight[n] - learningRate * (m1[n] / c1) / (sqrt(v1[n] / c2) + epsilon)',
    ],
    assign: { meanWeight: 'c1', squareWeight: 'c2', mean: 'm1', square: 'v1', weight: 'w1' },
  }),
});
