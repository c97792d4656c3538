import { describe, expect, test } from 'vitest';
import { checkLayer, derivedFormulas, runLayer } from '../../test/check-layer.ts';
import { maxPool } from './max-pool.ts';

describe('maxPool', () => {
  test('takes the greatest value of each window, channel by channel', () => {
    const tensor = runLayer(maxPool(), [2, 2, 2], { input: [1, -1, 2, -2, 3, -3, 4, -4] });
    expect(tensor('output')).toEqual([4, -1]);
    expect(tensor('inputGrad')).toEqual([0, 1, 0, 0, 0, 0, 1, 0]);
  });

  test('drops rows and columns that do not fill a window', () => {
    const tensor = runLayer(maxPool(), [3, 3, 1], { input: [1, 2, 9, 3, 4, 9, 9, 9, 9] });
    expect(tensor('output')).toEqual([4]);
    expect(tensor('inputGrad')).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0]);
  });

  test('shares the gradient evenly among equal maxima', () => {
    const tensor = runLayer(maxPool(), [2, 2, 1], { input: [5, 5, 1, 5], outputGrad: [6] });
    expect(tensor('inputGrad')).toEqual([2, 2, 0, 2]);
  });

  test('adds up what an element is owed by windows that overlap', () => {
    const tensor = runLayer(maxPool({ poolSize: 2, stride: 1 }), [2, 3, 1], { input: [1, 7, 2, 1, 1, 1] });
    expect(tensor('output')).toEqual([7, 7]);
    expect(tensor('inputGrad')).toEqual([0, 2, 0, 0, 0, 0]);
  });

  test('has the derived gradients of windows side by side', () => {
    expect(derivedFormulas(maxPool(), [6, 4, 3])).toEqual([
      'ties[y,x,c] = sum(i,j) (input[s*y+i, s*x+j, c] == output[y,x,c])',
      'outputGradPart[y,x,c] = outputGrad[y,x,c] / ties[y,x,c]',
      'inputGrad[s*y+i, s*x+j, c] = outputGradPart[y,x,c] * (input[s*y+i, s*x+j, c] == output[y,x,c])',
    ]);
  });

  test('has the derived gradients of windows that overlap', () => {
    expect(derivedFormulas(maxPool({ poolSize: 3, stride: 2 }), [7, 7, 3]).slice(2)).toEqual([
      'inputGrad[s*y,s*x,c] = sum(i,j) outputGradPart[y-i, x-j, c] * (input[s*y,s*x,c] == output[y-i, x-j, c])',
      'inputGrad[s*y, s*x+1, c] = sum(i) outputGradPart[y-i, x, c] * (input[s*y, s*x+1, c] == output[y-i, x, c])',
      'inputGrad[s*y+1, s*x, c] = sum(j) outputGradPart[y, x-j, c] * (input[s*y+1, s*x, c] == output[y, x-j, c])',
      'inputGrad[s*y+1, s*x+1, c] = outputGradPart[y,x,c] * (input[s*y+1, s*x+1, c] == output[y,x,c])',
    ]);
    expect(derivedFormulas(maxPool({ stride: 1 }), [7, 7, 3]).slice(2)).toEqual([
      'inputGrad[y,x,c] = sum(i,j) outputGradPart[y-i, x-j, c] * (input[s*y,s*x,c] == output[y-i, x-j, c])',
    ]);
  });
});

checkLayer(maxPool({ poolSize: 3, stride: 2 }), {
  input: [6, 7, 3],
  output: [2, 3, 3],
  refuses: [
    [[2, 7, 3], 'needs an image of at least 3 × 3, but gets 2 × 7 × 3'],
    [[7, 3], 'needs an image of at least 3 × 3, but gets 7 × 3'],
  ],
});
