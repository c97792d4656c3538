/** @file Rectified linear unit, element by element; its gradient at 0 is 0. */
import { defineLayer } from './layer.ts';

export const relu = defineLayer({
  kind: 'relu',
  takes: 'any',
  gives: 'same',
  options: {},
  rule: (_, input) => {
    const axes = input.length === 3 ? 'y,x,c' : input.map((_, axis) => `i${axis}`).join(',');
    return { output: input, forward: [`output[${axes}] = max(input[${axes}], 0)`] };
  },
});
