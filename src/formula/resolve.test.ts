import { describe, expect, test } from 'vitest';
import { UsageError } from '../errors.ts';
import type { Shape } from '../shape.ts';
import { printFormula } from './print.ts';
import { type Context, resolveFormulas } from './resolve.ts';

const shapesOf = (shapes: Record<string, Shape>) => new Map(Object.entries(shapes));
const image = { input: [6, 4, 3], kernel: [3, 3, 3, 8], bias: [8], output: [6, 4, 8] };

function resolve(texts: string | readonly string[], shapes: Record<string, Shape>, context: Partial<Context> = {}) {
  const lines = typeof texts === 'string' ? [texts] : texts;
  return resolveFormulas(lines, { shapes: shapesOf(shapes), ...context });
}
const rangesOf = (...given: Parameters<typeof resolve>) => resolve(...given).formulas.at(-1)!.ranges;

function messageOf(...given: Parameters<typeof resolve>): string {
  try {
    resolve(...given);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('ranges', () => {
  test('an axis runs over the tensor axis at which it stands alone', () => {
    expect(rangesOf('output[y,x,f] = bias[f] + sum(i,j,c) input[y+i-1, x+j-1, c] * kernel[i,j,c,f]', image)).toEqual({
      y: 6,
      x: 4,
      f: 8,
      i: 3,
      j: 3,
      c: 3,
    });
  });

  test('an axis that no tensor implies is declared', () => {
    const shapes = { input: [6], output: [3] };
    expect(rangesOf('output[y] = max(i) input[2*y+i]', shapes, { axes: { i: 2 } })).toEqual({ y: 3, i: 2 });
  });

  test('a declared range wins over what tensors imply', () => {
    const shapes = { input: [6], output: [] };
    expect(rangesOf('output[] = sum(i) input[i]', shapes, { axes: { i: 4 } })).toEqual({ i: 4 });
  });

  test('a split output index runs over ceil((size - residue) / stride)', () => {
    const shapes = { outputGrad: [4], inputGrad: [7] };
    const constants = { s: 3 };
    const range = (residue: number) =>
      rangesOf(`inputGrad[s*q+${residue}] = 0 * (sum(y) outputGrad[y])`, shapes, { constants }).q;
    expect([0, 1, 2].map(range)).toEqual([3, 2, 2]);
    expect(rangesOf('inputGrad[2*y+i] = outputGrad[y]', shapes, { axes: { i: 2 } })).toEqual({ y: 4, i: 2 });
  });

  test('an axis on the left that has a range from the right keeps it', () => {
    expect(rangesOf('output[2*y] = input[y]', { input: [3], output: [9] })).toEqual({ y: 3 });
  });
});

describe('temporaries', () => {
  test('a new name on the left is a tensor that later lines may read', () => {
    const { shapes } = resolve(['plane[y,x] = sum(c) input[y,x,c]', 'output[] = sum(y,x) plane[y,x]'], {
      input: [6, 4, 3],
      output: [],
    });
    expect(shapes.get('plane')).toEqual([6, 4]);
  });

  test('a temporary of no axes may be written with or without brackets', () => {
    const { formulas } = resolve(['top = max(k) input[k]', 'output[k] = input[k] - top'], {
      input: [3],
      output: [3],
    });
    expect(formulas.map(printFormula)).toEqual(['top[] = max(k) input[k]', 'output[k] = input[k] - top[]']);
  });
});

describe('names of axes', () => {
  test('a second reduction over an axis gets a name of its own', () => {
    const [formula] = resolve('output[] = (sum(i) a[i]) * (sum(i) a[i])', { a: [3], output: [] }).formulas;
    expect(printFormula(formula!)).toBe('output[] = (sum(i) a[i]) * (sum(i2) a[i2])');
    expect(formula!.ranges).toEqual({ i: 3, i2: 3 });
  });

  test('a reduction over an axis of the left side hides it inside', () => {
    const [formula] = resolve('output[i] = a[i] * (sum(i) a[i])', { a: [3], output: [3] }).formulas;
    expect(printFormula(formula!)).toBe('output[i] = a[i] * (sum(i2) a[i2])');
  });

  test('an inner reduction hides an outer one', () => {
    const [formula] = resolve('output[] = sum(i) a[i] * (sum(i) a[i])', { a: [3], output: [] }).formulas;
    expect(printFormula(formula!)).toBe('output[] = sum(i) a[i] * (sum(i2) a[i2])');
  });
});

describe('refusals', () => {
  test('show the formula and a caret under the tensor', () => {
    expect(messageOf('output[y] = input[y] * mask[y]', { input: [3], output: [3] })).toBe(
      'No tensor is called mask here; there are input, output.\n' +
        '  output[y] = input[y] * mask[y]\n' + //
        '                         ^',
    );
  });

  test.each([
    ['output[y] = input[y]', 'input is 6 × 4: it needs 2 indices, but has 1.'],
    ['output[y,x] = input[y,x]', 'output is 6: it needs 1 index, but has 2.'],
    [
      'output[y] = input[y, y]',
      'Axis y runs over 6 in input, but over 4 in input; declare its range in axes, or shift one index.',
    ],
    ['output[y] = input[y,x]', 'Axis x stands on the right alone; sum over it, or put it on the left.'],
    ['output[y] = sum(i) input[y, 2*i]', 'Axis i has no range: no tensor implies one; declare it in axes.'],
    ['output[2*y+3*x] = input[0, 0]', 'Axis y has no range: no tensor implies one; declare it in axes.'],
    ['part[2*y] = sum(x) input[y,x]', 'The temporary part needs plain axes on the left.'],
  ])('%s: %s', (text, message) => {
    expect(messageOf(text, { input: [6, 4], output: [6] }).split('\n')[0]).toBe(message);
  });

  test('each element is written once, whatever the order', () => {
    const shapes = { input: [3, 3], output: [6] };
    expect(messageOf('output[y+x] = input[y,x]', shapes)).toContain('output[1] is written twice;');
    expect(messageOf(['output[2*y] = input[y,0]', 'output[y] = 0'], shapes)).toContain('output[0] is written twice;');
    expect(() => resolve(['output[2*y] = input[y,0]', 'output[2*y+1] = input[y,1]'], shapes)).not.toThrow();
    expect(() => resolve('output[y+x-4] = input[y,x]', { input: [3, 3], output: [1] })).not.toThrow();
  });

  test('nothing is read before all of it is written', () => {
    const shapes = { input: [3], output: [3] };
    expect(messageOf('output[y] = output[y-1] + input[y]', shapes)).toBe(
      'output is read before all of it is written.\n' +
        '  output[y] = output[y-1] + input[y]\n' + //
        '              ^',
    );
    expect(messageOf(['a[y] = output[y]', 'output[y] = a[y]'], shapes)).toContain('output is read before');
  });
});
