import { describe, expect, test } from 'vitest';
import { checkLayer, derivedFormulas, runLayer } from '../../test/check-layer.ts';
import { gelu } from './gelu.ts';

describe('gelu', () => {
  test('is 0 at 0 with gradient 1/2, the identity far above, and 0 far below', () => {
    const tensor = runLayer(gelu(), [3], { input: [0, 40, -40] });
    expect(tensor('output')).toEqual([0, 40, -0]);
    expect(tensor('inputGrad')).toEqual([0.5, 1, 0]);
  });

  test('is x times the normal distribution’s share below x: 0.8413 at 1, 0.1587 at -1', () => {
    const tensor = runLayer(gelu(), [2], { input: [1, -1] });
    const [above, below] = tensor('output');
    expect(above).toBeCloseTo(0.8413447460685429, 15);
    expect(below).toBeCloseTo(-0.15865525393145705, 15);
    // The density at 1 is 0.24197: the gradients are 0.8413 + 0.2420 and 0.1587 - 0.2420.
    expect(tensor('inputGrad')[0]).toBeCloseTo(1.0833154705876864, 15);
    expect(tensor('inputGrad')[1]).toBeCloseTo(-0.08331547058768632, 15);
  });

  test('has a derived gradient of the cdf and the density', () => {
    expect(derivedFormulas(gelu(), [2, 3, 4])).toEqual([
      'inputGrad[y,x,c] = outputGrad[y,x,c] * (cdf[y,x,c] + rootHalf * 0.5 * input[y,x,c] * 1.1283791670955126' +
        ' * exp(-(rootHalf * input[y,x,c] * (rootHalf * input[y,x,c]))))',
    ]);
  });
});

checkLayer(gelu(), { input: [3, 2, 5], output: [3, 2, 5] });
