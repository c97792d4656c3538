/**
 * @file Fully connected layer: every unit weighs every element of its input, whatever the input's rank.
 *
 * Initial weights are normal: `he` has deviation sqrt(2 / n) for n inputs (He et al., ICCV 2015, for layers under a
 * ReLU), `small` has 1 / n, the notebook's choice for the classifier's head, so that training starts at the loss of a
 * blind guess. Biases are 0.
 */
import { sizeOf } from '../shape.ts';
import { defineLayer, oneOf, wholeNumber } from './layer.ts';

export const dense = defineLayer({
  kind: 'dense',
  takes: 'any',
  gives: 'vector',
  options: {
    units: wholeNumber(64, 1, 65536),
    initialization: oneOf('he', 'small'),
  },
  rule: ({ units, initialization }, input) => {
    const size = sizeOf(input);
    const axes = input.length === 3 ? 'y,x,c' : input.map((_, axis) => `i${axis}`).join(',');
    return {
      output: [units],
      parameters: { weights: [...input, units], bias: [units] },
      initialDeviation: { weights: initialization === 'he' ? Math.sqrt(2 / size) : 1 / size },
      forward: [`output[o] = bias[o] + sum(${axes}) input[${axes}] * weights[${axes},o]`],
    };
  },
});
