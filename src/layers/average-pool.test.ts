import { describe, expect, test } from 'vitest';
import { checkLayer, derivedFormulas, runLayer } from '../../test/check-layer.ts';
import { averagePool } from './average-pool.ts';

describe('averagePool', () => {
  test('takes the mean of each window, channel by channel', () => {
    const tensor = runLayer(averagePool(), [2, 2, 2], { input: [1, -1, 2, -2, 3, -3, 6, -6] });
    expect(tensor('output')).toEqual([3, -3]);
    expect(tensor('inputGrad')).toEqual([0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25]);
  });

  test('gives nothing to rows and columns that fill no window', () => {
    const tensor = runLayer(averagePool(), [3, 2, 1], { input: [1, 2, 3, 4, 9, 9], outputGrad: [8] });
    expect(tensor('output')).toEqual([2.5]);
    expect(tensor('inputGrad')).toEqual([2, 2, 2, 2, 0, 0]);
  });

  test('has the derived gradients of windows side by side', () => {
    expect(derivedFormulas(averagePool(), [6, 4, 3])).toEqual([
      'outputGradPart[y,x,c] = outputGrad[y,x,c] / n',
      'inputGrad[s*y+i, s*x+j, c] = outputGradPart[y,x,c]',
    ]);
  });
});

checkLayer(averagePool({ poolSize: 3, stride: 2 }), {
  input: [6, 7, 3],
  output: [2, 3, 3],
  refuses: [[[2, 7, 3], 'needs an image of at least 3 × 3, but gets 2 × 7 × 3']],
});
