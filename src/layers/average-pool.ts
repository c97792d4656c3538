/**
 * @file Average-pooling: the mean of each window, channel by channel. Windows stay inside the image; rows and columns
 * that fill no window are dropped.
 */
import { defineLayer, wholeNumber } from './layer.ts';
import { requireImage, windowsOf } from './window.ts';

export const averagePool = defineLayer({
  kind: 'averagePool',
  takes: 'image',
  gives: 'image',
  options: {
    poolSize: wholeNumber(2, 1, 64),
    /** 0 stands for the pool's own size: windows side by side. */
    stride: wholeNumber(0, 0, 64),
  },
  rule: ({ poolSize, stride }, input) => {
    requireImage(input, poolSize);
    const [height, width, channels] = input;
    const s = stride === 0 ? poolSize : stride;
    const rows = windowsOf(height, poolSize, s, 'valid');
    const columns = windowsOf(width, poolSize, s, 'valid');
    return {
      output: [rows.count, columns.count, channels],
      constants: { s, n: poolSize * poolSize },
      axes: { i: poolSize, j: poolSize },
      forward: ['output[y,x,c] = (sum(i,j) input[s*y+i, s*x+j, c]) / n'],
    };
  },
});
