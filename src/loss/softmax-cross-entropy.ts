/**
 * @file Softmax cross-entropy of one example: -sum(k) target[k] * log(softmax(input)[k]), with the targets summing to 1.
 *
 * Shifting by the greatest input keeps every exponential at most 1, so the loss is finite for any finite inputs. The
 * shift cancels out of the value, so no gradient flows through `top`. An exponential below 2^-60, which not even float64
 * sees beside the greatest, is not counted: its gradient is 0, and not a denormal number of float32.
 */
import type { LayerRule } from '../layers/layer.ts';

/** A rule with a second input, `target`, of the shape of `input`; its output is one number. */
export const softmaxCrossEntropy: LayerRule = {
  output: [],
  stopGradient: ['top'],
  constants: { tiny: 1 / 2 ** 60 },
  forward: [
    'top[] = max(k) input[k]',
    'e[k] = exp(input[k] - top)',
    'counted[k] = e[k] * (e[k] > tiny)',
    'total[] = sum(k) counted[k]',
    'probabilities[k] = e[k] / total',
    'output[] = log(total) + top - sum(k) target[k] * input[k]',
  ],
};
