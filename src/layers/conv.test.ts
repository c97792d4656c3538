import { describe, expect, test } from 'vitest';
import { checkLayer, derivedFormulas, runLayer } from '../../test/check-layer.ts';
import { UsageError } from '../errors.ts';
import { conv } from './conv.ts';

describe('conv', () => {
  test('does not flip its kernel, adds the bias, and finds 0 outside the image', () => {
    const kernel = [0, 0, 0, 1, 10, 100, 0, 0, 0];
    const tensor = runLayer(conv({ filters: 1 }), [1, 3, 1], { input: [1, 2, 3], kernel, bias: [0.5] });
    expect(tensor('output')).toEqual([210.5, 321.5, 32.5]);
    expect(tensor('inputGrad')).toEqual([11, 111, 110]);
    expect(tensor('kernelGrad')).toEqual([0, 0, 0, 3, 6, 5, 0, 0, 0]);
    expect(tensor('biasGrad')).toEqual([3]);
  });

  test('has a kernel of its own for every input channel', () => {
    const layer = conv({ filters: 2, kernelSize: 1 });
    const tensor = runLayer(layer, [1, 2, 2], { input: [1, 2, 3, 4], kernel: [1, 10, 100, 1000] });
    expect(tensor('output')).toEqual([201, 2010, 403, 4030]);
  });

  test('drops rows and columns that fill no window, if it is valid', () => {
    const layer = conv({ filters: 1, kernelSize: 2, stride: 2, padding: 'valid' });
    const tensor = runLayer(layer, [2, 5, 1], { input: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], kernel: [1, 1, 1, 1] });
    expect(tensor('output')).toEqual([16, 24]);
    expect(tensor('inputGrad')).toEqual([1, 1, 1, 1, 0, 1, 1, 1, 1, 0]);
  });

  test('puts the odd zero after the image, as TensorFlow and Keras do', () => {
    const tap = (at: number) => ({ kernel: Array.from({ length: 9 }, (_, place) => (place === at ? 1 : 0)) });
    const layer = conv({ filters: 1, stride: 2 });
    const input = [1, 2, 3, 4];
    expect(runLayer(layer, [1, 4, 1], { input, ...tap(3) })('output')).toEqual([1, 3]);
    expect(runLayer(layer, [1, 4, 1], { input, ...tap(5) })('output')).toEqual([3, 0]);
  });

  test('has the derived gradients that an author would write', () => {
    expect(derivedFormulas(conv(), [6, 5, 3])).toEqual([
      'inputGrad[y,x,c] = sum(i,j,f) outputGrad[y-i+p, x-j+p, f] * kernel[i,j,c,f]',
      'kernelGrad[i,j,c,f] = sum(y,x) input[y+i-p, x+j-p, c] * outputGrad[y,x,f]',
      'biasGrad[f] = sum(y,x) outputGrad[y,x,f]',
    ]);
  });

  test('has one input gradient for each residue of its stride', () => {
    expect(derivedFormulas(conv({ stride: 2 }), [7, 6, 3])).toEqual([
      'inputGrad[s*y,s*x,c] = sum(j,f) outputGrad[y, x-j, f] * kernel[1,2*j,c,f]',
      'inputGrad[s*y, s*x+1, c] = sum(f) outputGrad[y,x,f] * kernel[1,1,c,f]',
      'inputGrad[s*y+1, s*x, c] = sum(i,j,f) outputGrad[y-i+1, x-j, f] * kernel[2*i,2*j,c,f]',
      'inputGrad[s*y+1, s*x+1, c] = sum(i,f) outputGrad[y-i+1, x, f] * kernel[2*i,1,c,f]',
      'kernelGrad[i,j,c,f] = sum(y,x) input[s*y+i-p, s*x+j-q, c] * outputGrad[y,x,f]',
      'biasGrad[f] = sum(y,x) outputGrad[y,x,f]',
    ]);
  });

  test('starts with normal kernels of deviation sqrt(2 / (k k channels)), and no bias', () => {
    const { initialDeviation } = conv.definition.rule(conv({ kernelSize: 5 }), [9, 9, 3]);
    expect(initialDeviation).toEqual({ kernel: Math.sqrt(2 / 75) });
  });

  test('refuses options that it does not have', () => {
    expect(() => conv({ padding: 'full' as 'same' })).toThrow(
      new UsageError('conv: padding needs same or valid, but is "full".'),
    );
    expect(() => conv({ filters: 0 })).toThrow(
      new UsageError('conv: filters needs a whole number from 1 to 4096, but is 0.'),
    );
  });
});

checkLayer(conv({ filters: 4, kernelSize: 4, stride: 3, padding: 'valid' }), {
  input: [7, 5, 3],
  output: [2, 1, 4],
  refuses: [
    [[3, 5, 3], 'needs an image of at least 4 × 4, but gets 3 × 5 × 3'],
    [[10], 'needs an image of at least 4 × 4, but gets 10'],
  ],
});
