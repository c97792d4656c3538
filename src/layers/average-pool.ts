/**
 * @file Average-pooling: the mean of each window, channel by channel. Windows stay inside the image; rows and columns
 * that fill no window are dropped.
 */
import { defineLayer } from './layer.ts';
import { poolOptions, poolWindows } from './window.ts';

export const averagePool = defineLayer({
  kind: 'averagePool',
  takes: 'image',
  gives: 'image',
  options: poolOptions,
  rule: (options, input) => {
    const { output, axes, constants } = poolWindows(options, input);
    return {
      output,
      axes,
      constants: { ...constants, n: options.poolSize * options.poolSize },
      forward: ['output[y,x,c] = (sum(i,j) input[s*y+i, s*x+j, c]) / n'],
    };
  },
});
