import { describe, expect, test } from 'vitest';
import { checkLayer, derivedFormulas, runLayer } from '../../test/check-layer.ts';
import { dense } from './dense.ts';

describe('dense', () => {
  test('weighs every element for every unit', () => {
    const tensor = runLayer(dense({ units: 2 }), [2], { input: [3, 4], weights: [1, 10, 100, 1000], bias: [0.5, 0] });
    expect(tensor('output')).toEqual([403.5, 4030]);
    expect(tensor('inputGrad')).toEqual([11, 1100]);
    expect(tensor('weightsGrad')).toEqual([3, 3, 4, 4]);
    expect(tensor('biasGrad')).toEqual([1, 1]);
  });

  test('takes an image as it lies in memory: rows, columns, channels', () => {
    const image = runLayer(dense({ units: 1 }), [2, 1, 2], { input: [1, 2, 3, 4], weights: [1, 10, 100, 1000] });
    expect(image('output')).toEqual([4321]);
  });

  test('has the derived gradients that an author would write', () => {
    expect(derivedFormulas(dense(), [6, 4, 3])).toEqual([
      'inputGrad[y,x,c] = sum(o) outputGrad[o] * weights[y,x,c,o]',
      'weightsGrad[y,x,c,o] = input[y,x,c] * outputGrad[o]',
      'biasGrad[o] = outputGrad[o]',
    ]);
  });

  test('starts with weights of deviation sqrt(2 / n), or 1 / n for the head', () => {
    const deviation = (initialization: 'he' | 'small') =>
      dense.definition.rule(dense({ initialization }), [2, 5, 5]).initialDeviation;
    expect(deviation('he')).toEqual({ weights: 0.2 });
    expect(deviation('small')).toEqual({ weights: 0.02 });
  });
});

checkLayer(dense({ units: 5 }), { input: [3, 4, 2], output: [5] });
