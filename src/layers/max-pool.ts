/**
 * @file Max-pooling: the greatest value of each window, channel by channel. Windows stay inside the image; rows and
 * columns that fill no window are dropped. Equal maxima share the gradient evenly.
 */
import { defineLayer } from './layer.ts';
import { poolOptions, poolWindows } from './window.ts';

export const maxPool = defineLayer({
  kind: 'maxPool',
  notation: 'pool',
  takes: 'image',
  gives: 'image',
  options: poolOptions,
  rule: (options, input) => ({
    ...poolWindows(options, input),
    forward: ['output[y,x,c] = max(i,j) input[s*y+i, s*x+j, c]'],
  }),
});
