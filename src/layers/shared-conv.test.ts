import { describe, expect, test } from 'vitest';
import { checkLayer, derivedFormulas, runLayer } from '../../test/check-layer.ts';
import { sharedConv } from './shared-conv.ts';

describe('sharedConv', () => {
  test('sums the channels first, so that each filter sees one plane', () => {
    const layer = sharedConv({ filters: 2, kernelSize: 1 });
    const tensor = runLayer(layer, [1, 2, 2], { input: [1, 2, 3, 4], kernel: [2, -1] });
    expect(tensor('plane')).toEqual([3, 7]);
    expect(tensor('output')).toEqual([6, -3, 14, -7]);
    expect(tensor('inputGrad')).toEqual([1, 1, 1, 1]);
    expect(tensor('kernelGrad')).toEqual([10, 10]);
  });

  test('does not flip its kernel, and finds 0 outside the plane', () => {
    const kernel = [0, 0, 0, 1, 10, 100, 0, 0, 0];
    const tensor = runLayer(sharedConv({ filters: 1 }), [1, 3, 1], { input: [1, 2, 3], kernel });
    expect(tensor('output')).toEqual([210, 321, 32]);
    expect(tensor('inputGrad')).toEqual([11, 111, 110]);
  });

  test('has one gradient for all input channels', () => {
    expect(derivedFormulas(sharedConv(), [6, 4, 3])).toEqual([
      'planeGrad[y,x] = sum(i,j,f) outputGrad[y-i+p, x-j+p, f] * kernel[f,i,j]',
      'inputGrad[y,x,c] = planeGrad[y,x]',
      'kernelGrad[f,i,j] = sum(y,x) plane[y+i-p, x+j-p] * outputGrad[y,x,f]',
    ]);
  });

  test("starts with the notebook's kernels of deviation 1 / k²", () => {
    expect(sharedConv.definition.rule(sharedConv(), [9, 9, 3]).initialDeviation).toEqual({ kernel: 1 / 9 });
  });
});

checkLayer(sharedConv({ filters: 4, kernelSize: 2 }), {
  input: [6, 4, 3],
  output: [6, 4, 4],
  refuses: [[[24], 'needs an image, but gets 24']],
});
