import { describe, expect, test } from 'vitest';
import { runRule } from '../../test/check-layer.ts';
import { UsageError } from '../errors.ts';
import { printFormula } from '../formula/print.ts';
import { cnn } from '../model/cnn.ts';
import { lowerRule } from '../model/graph.ts';
import { checkModelGradients, checkRuleGradients } from '../training/gradient-check.ts';
import * as layers from './index.ts';
import { conv, dense, maxPool, relu, sharedConv } from './index.ts';
import { asWritten } from './notebook-parity.ts';

const convRule = sharedConv.definition.rule(sharedConv(), [6, 4, 2]);
const poolRule = maxPool.definition.rule(maxPool(), [3, 4, 1]);

describe("the notebook's sharedConv", () => {
  test('does not flip its kernels in the input gradient, and sums over the filters too early', () => {
    const rule = sharedConv.definition.rule(sharedConv({ filters: 2 }), [1, 3, 1]);
    const tensor = runRule(
      asWritten('sharedConv', rule),
      { kernel: [0, 0, 0, 1, 10, 100, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0], outputGrad: [1, 0, 0, 0, 0, 1] },
      [1, 3, 1],
    );
    // The sums are [1, 0, 1] and [3, 10, 100]; the true gradient is [10, 102, 0].
    expect(tensor('outputGradSum')).toEqual([1, 0, 1]);
    expect(tensor('inputGrad')).toEqual([10, 103, 10]);
  });

  test('fails the gradient check with its input alone', () => {
    const [input, kernel] = checkRuleGradients(asWritten('sharedConv', convRule), [[6, 4, 2]]);
    expect(input).toMatchObject({ tensor: 'input' });
    expect(input!.error).toBeGreaterThan(1e-3);
    expect(kernel).toMatchObject({ tensor: 'kernel' });
    expect(kernel!.error).toBeLessThan(1e-6);
  });

  test('makes a network fail from the second conv on down, and nowhere else', () => {
    const errors = checkModelGradients(cnn([sharedConv({ filters: 3 }), sharedConv({ filters: 2 }), maxPool()]), {
      input: [6, 6, 1],
      classes: 3,
      adapt: asWritten,
    });
    const failed = errors.filter(({ passed }) => !passed);
    expect(failed.map(({ layer, tensor }) => `${layer} ${tensor}`)).toEqual([
      'sharedConv1 input',
      'sharedConv1 kernel',
      'sharedConv2 input',
    ]);
    for (const { error } of failed) expect(error).toBeGreaterThan(1e-3);
  });

  test('prints as it is written', () => {
    expect(lowerRule(asWritten('sharedConv', convRule), [[6, 4, 2]]).backward.map(printFormula)).toEqual([
      'kernelGrad[f,i,j] = sum(y,x) plane[y+i-p, x+j-p] * outputGrad[y,x,f]',
      'outputGradSum[y,x] = sum(f) outputGrad[y,x,f]',
      'kernelSum[i,j] = sum(f) kernel[f,i,j]',
      'inputGrad[y,x,c] = sum(i,j) outputGradSum[y+i-p, x+j-p] * kernelSum[i,j]',
    ]);
  });
});

describe("the notebook's maxPool", () => {
  const input = [5, 5, 1, 2, 1, 5, 2, 2, 9, 9, 9, 9];
  const given = { input, outputGrad: [6, 8] };

  test('gives the whole gradient to every equal maximum', () => {
    const tensor = runRule(asWritten('maxPool', poolRule), given, [3, 4, 1]);
    expect(tensor('inputGrad')).toEqual([6, 6, 0, 8, 0, 6, 8, 8, 0, 0, 0, 0]);
    const truth = runRule(poolRule, given, [3, 4, 1])('inputGrad');
    expect(truth).toEqual([2, 2, 0, 8 / 3, 0, 2, 8 / 3, 8 / 3, 0, 0, 0, 0]);
  });

  test('compares in float64, what it compares comes from sums in float64', () => {
    expect(asWritten('maxPool', poolRule).double).toEqual(['output']);
    expect(asWritten('sharedConv', convRule).double).toEqual(['plane', 'output']);
  });

  test('has the true gradient where no maxima are equal: differences cannot tell it', () => {
    const [error] = checkRuleGradients(asWritten('maxPool', poolRule), [[3, 4, 1]]);
    expect(error!.error).toBeLessThan(1e-6);
  });

  test('refuses windows that overlap', () => {
    const overlapping = maxPool.definition.rule(maxPool({ poolSize: 3, stride: 2 }), [7, 7, 1]);
    expect(() => asWritten('maxPool', overlapping)).toThrow(
      new UsageError(
        "The notebook's maxPool needs windows side by side, a stride of at least 3, but its stride is 2.\n" +
          'Leave the stride out, or use the true gradients.',
      ),
    );
  });
});

test('leaves all other layers as they are', () => {
  const rules = [conv.definition.rule(conv(), [4, 4, 1]), dense.definition.rule(dense(), [4])];
  expect(asWritten('conv', rules[0]!)).toBe(rules[0]);
  expect(asWritten('dense', rules[1]!)).toBe(rules[1]);
  expect(asWritten('toString', rules[0]!)).toBe(rules[0]);
  expect(asWritten('relu', relu.definition.rule({}, [2])).backward).toBeUndefined();
  expect(Object.keys(layers)).toEqual(expect.arrayContaining(['sharedConv', 'maxPool']));
});
