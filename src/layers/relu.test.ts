import { describe, expect, test } from 'vitest';
import { checkLayer, derivedFormulas, runLayer } from '../../test/check-layer.ts';
import { relu } from './relu.ts';

describe('relu', () => {
  test('passes what is positive, and has gradient 0 at 0', () => {
    const tensor = runLayer(relu(), [4], { input: [-2, 0, 1e-300, 3] });
    expect(tensor('output')).toEqual([0, 0, 1e-300, 3]);
    expect(tensor('inputGrad')).toEqual([0, 0, 1, 1]);
  });

  test('has a gradient that reads the output, so that the input need not be kept', () => {
    expect(derivedFormulas(relu(), [6, 4, 3])).toEqual(['inputGrad[y,x,c] = outputGrad[y,x,c] * (output[y,x,c] > 0)']);
    expect(derivedFormulas(relu(), [5])).toEqual(['inputGrad[i0] = outputGrad[i0] * (output[i0] > 0)']);
  });
});

checkLayer(relu(), { input: [6, 4, 3], output: [6, 4, 3] });
