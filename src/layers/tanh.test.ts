import { describe, expect, test } from 'vitest';
import { checkLayer, derivedFormulas, runLayer } from '../../test/check-layer.ts';
import { tanh } from './tanh.ts';

describe('tanh', () => {
  test('is 0 at 0, where it lets the gradient through, and flat far out', () => {
    const tensor = runLayer(tanh(), [3], { input: [0, 40, -40], outputGrad: [2, 2, 2] });
    expect(tensor('output')).toEqual([0, 1, -1]);
    expect(tensor('inputGrad')).toEqual([2, 0, 0]);
  });

  test('has a derived gradient that reads its own output', () => {
    expect(derivedFormulas(tanh(), [2, 3, 4])).toEqual([
      'inputGrad[y,x,c] = outputGrad[y,x,c] * (1 - output[y,x,c] * output[y,x,c])',
    ]);
  });
});

checkLayer(tanh(), { input: [3, 2, 5], output: [3, 2, 5] });
