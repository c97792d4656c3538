/**
 * @file The notebook's convolution: one k × k kernel per filter, shared by all input channels, no bias. The channels
 * are summed first, so every filter sees the same plane. Outside the plane lies 0.
 *
 * Initial kernels are normal with deviation 1 / k², as in the notebook.
 */
import { defineLayer, wholeNumber } from './layer.ts';
import { requireImage, windowsOf } from './window.ts';

export const sharedConv = defineLayer({
  kind: 'sharedConv',
  takes: 'image',
  gives: 'image',
  options: {
    filters: wholeNumber(8, 1, 4096),
    kernelSize: wholeNumber(3, 1, 64),
  },
  rule: ({ filters, kernelSize: k }, input) => {
    requireImage(input, 1);
    const [height, width] = input;
    return {
      output: [height, width, filters],
      parameters: { kernel: [filters, k, k] },
      initialDeviation: { kernel: 1 / (k * k) },
      constants: { p: windowsOf(height, k, 1, 'same').offset },
      forward: ['plane[y,x] = sum(c) input[y,x,c]', 'output[y,x,f] = sum(i,j) plane[y+i-p, x+j-p] * kernel[f,i,j]'],
    };
  },
});
