/**
 * @file Convolution: each filter has a k × k kernel for every input channel, and a bias. As everywhere in deep
 * learning it is a cross-correlation: the kernel is not flipped. Outside the image lies 0.
 *
 * Initial kernels are normal with deviation sqrt(2 / (k k channels)); biases are 0.
 * Source: He, Zhang, Ren, Sun, "Delving Deep into Rectifiers", ICCV 2015.
 */
import { defineLayer, oneOf, wholeNumber } from './layer.ts';
import { requireImage, windowsOf } from './window.ts';

export const conv = defineLayer({
  kind: 'conv',
  takes: 'image',
  gives: 'image',
  options: {
    filters: wholeNumber(8, 1, 4096),
    kernelSize: wholeNumber(3, 1, 64),
    stride: wholeNumber(1, 1, 64),
    padding: oneOf('same', 'valid'),
  },
  rule: ({ filters, kernelSize: k, stride: s, padding }, input) => {
    requireImage(input, padding === 'valid' ? k : 1);
    const [height, width, channels] = input;
    const rows = windowsOf(height, k, s, padding);
    const columns = windowsOf(width, k, s, padding);
    // One offset where rows and columns agree, as they do for square images and for stride 1.
    const offsets: Record<string, number> =
      rows.offset === columns.offset ? { p: rows.offset } : { p: rows.offset, q: columns.offset };
    const q = rows.offset === columns.offset ? 'p' : 'q';
    const [y, x] = s === 1 ? ['y', 'x'] : ['s*y', 's*x'];
    const place = padding === 'valid' ? `${y}+i, ${x}+j` : `${y}+i-p, ${x}+j-${q}`;
    return {
      output: [rows.count, columns.count, filters],
      parameters: { kernel: [k, k, channels, filters], bias: [filters] },
      initialDeviation: { kernel: Math.sqrt(2 / (k * k * channels)) },
      constants: { ...(padding === 'same' ? offsets : {}), ...(s === 1 ? {} : { s }) },
      forward: [`output[y,x,f] = bias[f] + sum(i,j,c) input[${place}, c] * kernel[i,j,c,f]`],
    };
  },
});
