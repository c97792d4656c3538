/** @file Hyperbolic tangent, element by element: values from -1 to 1. */
import { defineLayer } from './layer.ts';

export const tanh = defineLayer({
  kind: 'tanh',
  takes: 'any',
  gives: 'same',
  options: {},
  rule: (_, input) => {
    const axes = input.length === 3 ? 'y,x,c' : input.map((_, axis) => `i${axis}`).join(',');
    return { output: input, forward: [`output[${axes}] = tanh(input[${axes}])`] };
  },
});
