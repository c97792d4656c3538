/** @file Derived gradients: their text, and max-pool's ties, remainders and padding against a scatter written by hand. */
import { describe, expect, test } from 'vitest';
import { runRule } from '../../test/check-layer.ts';
import { UsageError } from '../errors.ts';
import type { LayerRule } from '../layers/layer.ts';
import { lowerRule } from '../model/graph.ts';
import { randomStream } from '../random.ts';
import type { Shape } from '../shape.ts';
import { checkRuleGradients } from '../training/gradient-check.ts';
import { printFormula } from './print.ts';

const derived = (rule: LayerRule, input: Shape) => lowerRule(rule, [input]).backward.map(printFormula);

describe('derived formulas', () => {
  test('share an adjoint that several places read, and carry one term through a temporary', () => {
    const rule = {
      output: [4],
      forward: [
        'top = max(k) input[k]',
        'e[k] = exp(input[k] - top)',
        'total = sum(k) e[k]',
        'output[k] = e[k] / total',
      ],
      stopGradient: ['top'],
    };
    expect(derived(rule, [4])).toEqual([
      'totalGrad[] = -((sum(k) outputGrad[k] * e[k]) / total[] / total[])',
      'eGrad[k] = outputGrad[k] / total[] + totalGrad[]',
      'inputGrad[k] = eGrad[k] * e[k]',
    ]);
  });

  test('add up reads of one tensor that differ in their places', () => {
    const rule = { output: [5], forward: ['output[x] = input[x+1] - input[x-1]'] };
    expect(derived(rule, [5])).toEqual(['inputGrad[x] = outputGrad[x-1] - outputGrad[x+1]']);
  });

  test('add up parts where the places cannot share one left side', () => {
    const rule = { output: [3], axes: { x: 3 }, forward: ['output[x] = input[2*x] + input[x]'] };
    expect(derived(rule, [6])).toEqual([
      'inputGradPart1[2*x] = outputGrad[x]',
      'inputGradPart2[x] = outputGrad[x]',
      'inputGrad[n0] = inputGradPart1[n0] + inputGradPart2[n0]',
    ]);
  });

  test('multiply by the count of an axis that nothing depends on', () => {
    const rule = { output: [], axes: { x: 3 }, forward: ['t[y,x] = input[y]', 'output[] = sum(y,x) t[y,x]'] };
    expect(derived(rule, [4])).toEqual(['inputGrad[y] = outputGrad[] * 3']);
  });

  test('compare with the maximum itself where the formula goes on behind it', () => {
    const rule = { output: [3], axes: { i: 2 }, forward: ['output[y] = 2 * (max(i) input[2*y+i])'] };
    expect(derived(rule, [6])).toEqual([
      'outputMaximum[y] = max(i) input[2*y+i]',
      'ties[y] = sum(i) (input[2*y+i] == outputMaximum[y])',
      'outputGradPart[y] = 2 * outputGrad[y] / ties[y]',
      'inputGrad[2*y+i] = outputGradPart[y] * (input[2*y+i] == outputMaximum[y])',
    ]);
  });

  test('compare with 0 outside in max(a, b), where a comparison with outside would be false', () => {
    const rule = { output: [4], forward: ['output[y] = max(input[y], input[y-1])'] };
    expect(derived(rule, [4])).toEqual([
      'outputOperand[y] = input[y-1]',
      'inputGrad[y] = outputGrad[y] * (output[y] > outputOperand[y])' +
        ' + outputGrad[y+1] * (outputOperand[y+1] >= output[y+1])',
    ]);
    expect(runRule(rule, { input: [3, -5, 4, 4] }, [4])('inputGrad')).toEqual([2, 0, 2, 0]);
  });

  test('ask for the sign alone where max(a, b) chooses between multiples of one value', () => {
    const leaky = (forward: string) =>
      derived({ output: [4], constants: { slope: 0.1 }, forward: [`output[k] = ${forward}`] }, [4]);
    const expected = 'inputGrad[k] = outputGrad[k] * ((output[k] > 0) + slope * (output[k] <= 0))';
    expect(leaky('max(input[k], slope * input[k])')).toEqual([expected]);
    expect(leaky('max(input[k], input[k] / 10)')).toEqual([
      'inputGrad[k] = outputGrad[k] * ((output[k] > 0) + (output[k] <= 0) / 10)',
    ]);
    expect(leaky('max(slope * input[k], input[k])')).toEqual([
      'inputGrad[k] = outputGrad[k] * (slope * (output[k] < 0) + (output[k] >= 0))',
    ]);
    expect(leaky('min(input[k], slope * input[k])')).toEqual([
      'inputGrad[k] = outputGrad[k] * ((output[k] < 0) + slope * (output[k] >= 0))',
    ]);
    expect(leaky('max(input[k], -input[k])')).toEqual([
      'inputGrad[k] = outputGrad[k] * ((input[k] > 0) - (input[k] <= 0))',
    ]);
    expect(leaky('3 + max(input[k], slope * input[k])')).toEqual([
      'inputGrad[k] = outputGrad[k] * ((input[k] > 0) + slope * (input[k] <= 0))',
    ]);
  });

  test('of multiples of one value have the right sides, and at 0 that of b', () => {
    const run = (text: string) =>
      runRule({ output: [3], forward: [`output[k] = ${text}`] }, { input: [-2, 0, 2] }, [3])('inputGrad');
    expect(run('max(input[k], 0.25 * input[k])')).toEqual([0.25, 0.25, 1]);
    expect(run('max(0.25 * input[k], input[k])')).toEqual([0.25, 1, 1]);
    expect(run('min(input[k], 0.25 * input[k])')).toEqual([1, 0.25, 0.25]);
    expect(run('min(0.25 * input[k], input[k])')).toEqual([1, 1, 0.25]);
    expect(run('max(-3 * input[k], -0.5 * input[k])')).toEqual([-3, -0.5, -0.5]);
    expect(run('max(2 * input[k], 2 * input[k])')).toEqual([2, 2, 2]);
    expect(run('max(input[k], 0 * input[k])')).toEqual([0, 0, 1]);
  });

  test('put what all terms have in common in front, but not out of sums', () => {
    const of = (...forward: string[]) => derived({ output: [4], axes: { i: 3 }, forward }, [4]);
    expect(of('output[k] = input[k] * tanh(input[k])')).toEqual([
      'inputGrad[k] = outputGrad[k] * (tanh(input[k]) + input[k] * (1 - tanh(input[k]) * tanh(input[k])))',
    ]);
    expect(of('output[k] = 2 * input[k] - input[k] / 3')).toEqual(['inputGrad[k] = outputGrad[k] * (2 - 1 / 3)']);
    expect(of('output[k] = -input[k] - input[k] / 3')).toEqual(['inputGrad[k] = -(outputGrad[k] * (1 + 1 / 3))']);
    expect(of('output[k] = input[k] + input[k]')).toEqual(['inputGrad[k] = outputGrad[k] + outputGrad[k]']);
  });

  test('of functions are those of the list, the operand or the value stored where it is a sum', () => {
    const of = (text: string) => derived({ output: [4], constants: { q: 1.5 }, forward: [`output[k] = ${text}`] }, [4]);
    expect(of('sin(2 * input[k])')).toEqual(['inputGrad[k] = 2 * outputGrad[k] * cos(2 * input[k])']);
    expect(of('cos(input[k])')).toEqual(['inputGrad[k] = -(outputGrad[k] * sin(input[k]))']);
    expect(of('erf(input[k])')).toEqual([
      'inputGrad[k] = outputGrad[k] * 1.1283791670955126 * exp(-(input[k] * input[k]))',
    ]);
    expect(of('pow(input[k], 3)')).toEqual(['inputGrad[k] = outputGrad[k] * 3 * pow(input[k], 2)']);
    expect(of('pow(input[k], 2)')).toEqual(['inputGrad[k] = outputGrad[k] * 2 * input[k]']);
    expect(of('pow(input[k], 1)')).toEqual(['inputGrad[k] = outputGrad[k]']);
    expect(of('pow(input[k], q)')).toEqual(['inputGrad[k] = outputGrad[k] * q * pow(input[k], q - 1)']);
    expect(of('pow(2, input[k])')).toEqual(['inputGrad[k] = outputGrad[k] * log(2 + (output[k] == 0)) * output[k]']);
    const rule = { output: [], forward: ['output[] = 2 * sin(sum(k) input[k])'] };
    expect(derived(rule, [4])).toEqual([
      'outputFactor[] = sum(k) input[k]',
      'outputGradPart[] = 2 * outputGrad[] * cos(outputFactor[])',
      'inputGrad[k] = outputGradPart[]',
    ]);
  });

  test('of a power are not NaN where the base is 0', () => {
    const rule = { output: [3], parameters: { p: [] }, forward: ['output[k] = pow(input[k], p)'] };
    const tensor = runRule(rule, { input: [0, 1, 2], p: [3] }, [3]);
    expect(tensor('output')).toEqual([0, 1, 8]);
    expect(tensor('inputGrad')).toEqual([0, 3, 12]);
    expect(tensor('pGrad')[0]).toBeCloseTo(8 * Math.LN2, 14);
  });

  test('give a tie in max(a, b) and min(a, b) to b', () => {
    const run = (text: string) => {
      const rule = { output: [1], parameters: { b: [1] }, forward: [text] };
      const tensor = runRule(rule, { input: [2], b: [2] }, [1]);
      return [...tensor('inputGrad'), ...tensor('bGrad')];
    };
    expect(run('output[y] = max(input[y], b[y])')).toEqual([0, 1]);
    expect(run('output[y] = min(input[y], b[y])')).toEqual([0, 1]);
    expect(run('output[y] = 3 * min(input[y], b[y])')).toEqual([0, 3]);
  });

  test('give way to a stated gradient, and keep clear of the names of its temporaries', () => {
    const rule = {
      output: [3, 2],
      parameters: { scale: [2] },
      forward: ['output[y,c] = tanh(input[y,c] * scale[c])'],
      backward: [
        'outputGradPart[y,c] = outputGrad[y,c] * scale[c]',
        'inputGrad[y,c] = outputGradPart[y,c] * (1 - output[y,c] * output[y,c])',
      ],
    };
    expect(derived(rule, [3, 2])[0]).toBe(
      'scaleGrad[c] = sum(y) input[y,c] * outputGrad[y,c] * (1 - output[y,c] * output[y,c])',
    );
    for (const { error } of checkRuleGradients(rule, [[3, 2]])) expect(error).toBeLessThan(1e-6);
  });
});

describe('refusals', () => {
  const derive = (rule: LayerRule, input: Shape) => () => derived(rule, input);

  test('say which read, why, and in which formula', () => {
    const rule = { output: [], axes: { i: 3, j: 3 }, forward: ['output[] = sum(i,j) input[i+j]'] };
    expect(derive(rule, [5])).toThrow(
      new UsageError(
        'The gradient of input cannot be derived: in input[i+j], index i+j cannot be solved for one of its axes. ' +
          'State it in `backward`, or split the formula.\n  output[] = sum(i,j) input[i+j]',
      ),
    );
  });

  test('name a parameter that the output does not depend on', () => {
    const rule = { output: [2], parameters: { bias: [2] }, forward: ['output[k] = input[k]'] };
    expect(derive(rule, [2])).toThrow(new UsageError('The output does not depend on bias: it has no gradient.'));
  });
});

describe('max-pool', () => {
  interface Pool {
    readonly size: readonly [number, number];
    readonly k: number;
    readonly s: number;
    readonly p: number;
  }

  /** Every window looks at its own elements and hands out equal shares. */
  function scatter({ size: [height, width], k, s, p }: Pool, input: readonly number[], grad: readonly number[]) {
    const inputGrad = new Array<number>(height * width).fill(0);
    const counts = [height, width].map((extent) => Math.floor((extent + 2 * p - k) / s) + 1);
    for (let y = 0; y < counts[0]!; y++) {
      for (let x = 0; x < counts[1]!; x++) {
        const places: number[] = [];
        for (let row = s * y - p; row < s * y - p + k; row++) {
          for (let column = s * x - p; column < s * x - p + k; column++) {
            if (row >= 0 && row < height && column >= 0 && column < width) places.push(row * width + column);
          }
        }
        const greatest = Math.max(...places.map((place) => input[place]!));
        const ties = places.filter((place) => input[place] === greatest);
        for (const place of ties) inputGrad[place]! += grad[y * counts[1]! + x]! / ties.length;
      }
    }
    return { counts, inputGrad };
  }

  test('agrees with a scatter written by hand: ties, zeros, remainders, padding', () => {
    const random = randomStream(0, 'pools');
    let cases = 0;
    while (cases < 400) {
      const k = 1 + random.integer(4);
      const size = [1 + random.integer(8), 1 + random.integer(8)] as const;
      const pool = { k, s: 1 + random.integer(4), p: random.integer(k), size };
      if (Math.min(...size) + 2 * pool.p < k) continue;
      cases++;
      // Few different values, many of them 0 as after a ReLU, or all negative, where padding must not count as 0.
      const shift = random.integer(2) * -3;
      const input = Array.from({ length: size[0] * size[1] }, () => Math.max(0, random.integer(4) - 1) + shift);
      const { counts } = scatter(pool, input, []);
      const grad = Array.from({ length: counts[0]! * counts[1]! }, random.normal);
      const rule = {
        output: counts,
        constants: { s: pool.s, p: pool.p },
        axes: { i: k, j: k },
        forward: ['output[y,x] = max(i,j) input[s*y+i-p, s*x+j-p]'],
      };
      const inputGrad = runRule(rule, { input, outputGrad: grad }, size)('inputGrad');
      scatter(pool, input, grad).inputGrad.forEach((value, place) => {
        expect(Math.abs(inputGrad[place]! - value), JSON.stringify({ pool, place })).toBeLessThanOrEqual(1e-12);
      });
    }
  });
});
