import { describe, expect, test } from 'vitest';
import { UsageError } from '../errors.ts';
import { axisIndex } from './affine.ts';
import { apply, numberNode, read, reduce } from './expression.ts';
import { parseFormula } from './parse.ts';
import { printExpression, printFormula } from './print.ts';

const expression = (text: string, constants = {}) => parseFormula(`output[] = ${text}`, constants).expression;
const a = read('a', []);
const b = read('b', []);
const c = read('c', []);

describe('what formulas mean', () => {
  test('products bind more than sums, and both group to the left', () => {
    expect(expression('a - b - c')).toEqual(apply('subtract', apply('subtract', a, b), c));
    expect(expression('a / b * c')).toEqual(apply('multiply', apply('divide', a, b), c));
    expect(expression('a + b * c')).toEqual(apply('add', a, apply('multiply', b, c)));
    expect(expression('(a + b) * c')).toEqual(apply('multiply', apply('add', a, b), c));
    expect(expression('-a * b')).toEqual(apply('multiply', apply('negate', a), b));
    expect(expression('((((a))))')).toEqual(a);
  });

  test('a reduction takes in the product that follows it, and no more', () => {
    const ai = read('a', [axisIndex('i')]);
    const bi = read('b', [axisIndex('i')]);
    expect(expression('sum(i) a[i] * b[i] + c')).toEqual(
      apply('add', reduce('sum', ['i'], apply('multiply', ai, bi)), c),
    );
    expect(expression('(sum(i) a[i]) * c')).toEqual(apply('multiply', reduce('sum', ['i'], ai), c));
    expect(expression('c * max(i) a[i] / 2')).toEqual(
      apply('multiply', c, reduce('max', ['i'], apply('divide', ai, numberNode(2)))),
    );
  });

  test('max is a reduction before a product, and else a function of two values', () => {
    expect(expression('max(a, b)')).toEqual(apply('max', a, b));
    expect(expression('max(a, b) * c')).toEqual(apply('multiply', apply('max', a, b), c));
    expect(expression('max(a, 0)')).toEqual(apply('max', a, numberNode(0)));
    expect(expression('max(i) a[i]')).toEqual(reduce('max', ['i'], read('a', [axisIndex('i')])));
    expect(expression('max(p, a)', { p: 1 })).toEqual(apply('max', numberNode(1, 'p'), a));
  });

  test('the five comparisons are three', () => {
    expect(expression('a == b')).toEqual(apply('equal', a, b));
    expect(expression('a > b')).toEqual(apply('greater', a, b));
    expect(expression('a >= b')).toEqual(apply('greaterEqual', a, b));
    expect(expression('a < b')).toEqual(apply('greater', b, a));
    expect(expression('a <= b')).toEqual(apply('greaterEqual', b, a));
  });

  test('a name without brackets is a constant if it is declared as one, else a tensor of no axes', () => {
    expect(expression('p * a', { p: 2.5 })).toEqual(apply('multiply', numberNode(2.5, 'p'), a));
    expect(expression('a[] + b')).toEqual(apply('add', a, b));
  });

  test('numbers keep the form that they are written in', () => {
    expect(expression('0.001')).toEqual(numberNode(0.001, '0.001'));
    expect(expression('1e-3')).toEqual(numberNode(0.001, '1e-3'));
  });

  test('an index is an integer combination of axes, numbers and constants, with brackets', () => {
    const index = (text: string) => printFormula(parseFormula(`output[y] = a[${text}]`, { p: 1, s: 2 }));
    expect(index('y+i-p')).toBe('output[y] = a[y+i-p]');
    expect(index('s*y + 2*i - (3 - i)')).toBe('output[y] = a[s*y+3*i-3]');
    expect(index('-(y - i)*2')).toBe('output[y] = a[-2*y+2*i]');
    expect(index('2*3*y')).toBe('output[y] = a[6*y]');
    expect(index('y*s')).toBe('output[y] = a[s*y]');
    expect(index('i - i')).toBe('output[y] = a[0]');
  });

  test('spaces and line breaks mean nothing', () => {
    expect(printExpression(expression(' sum( i , j )\n a[ i,j ]*b '))).toBe('sum(i,j) a[i,j] * b[]');
  });

  test('positions tell where each read stands', () => {
    const { positions, target } = parseFormula('output[y] = 2 * bias[y]');
    expect([...positions].map(([{ tensor }, at]) => [tensor, at])).toEqual([
      ['output', 0],
      ['bias', 16],
    ]);
    expect(positions.get(target)).toBe(0);
  });
});

describe('what formulas cannot be', () => {
  const messageOf = (text: string, constants = { p: 1, half: 0.5 }): string => {
    try {
      parseFormula(text, constants);
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      return (error as Error).message;
    }
    throw new Error(`${text} was read`);
  };

  test('an error shows the formula and a caret under the place', () => {
    expect(messageOf('output[y] = bias[y] + * 2')).toBe(
      'A formula needs a value here, but has "*".\n' +
        '  output[y] = bias[y] + * 2\n' + //
        '                        ^',
    );
    expect(messageOf('output[y] = (a[y] + 1')).toBe(
      'A formula needs ")" here, but has the end.\n' +
        '  output[y] = (a[y] + 1\n' + //
        '                       ^',
    );
  });

  const caret = (text: string): number => messageOf(text).split('\n').at(-1)!.length - 3;

  test.each([
    ['', 0, 'A formula needs the name of a tensor here, but has the end.'],
    ['3 = a', 0, 'A formula needs the name of a tensor here, but has "3".'],
    ['output[y]', 9, 'A formula needs "=" here, but has the end.'],
    ['output[y] == a[y]', 10, 'A formula needs "=" here, but has "==".'],
    ['output[y] = a[y', 15, 'A formula needs "]" here, but has the end.'],
    ['output[y] = a[y] b', 17, 'A formula ends here, but has "b".'],
    ['output[y] = a[y] > b > c', 21, 'A formula ends here, but has ">".'],
    ['output[y,] = a[y]', 9, 'A formula needs an axis or a whole number here, but has "]".'],
    ['output[y] = a[y*i]', 15, 'An index must be affine: an axis times an axis is not.'],
    ['output[y] = a[y/2]', 15, 'A formula needs "]" here, but has "/".'],
    ['output[y] = a[0.5*y]', 14, 'An index needs whole numbers, but has 0.5.'],
    ['output[y] = a[y+half]', 16, 'An index needs whole numbers, but half is 0.5.'],
    ['output[y] = a[b[y]]', 15, 'A formula needs "]" here, but has "[".'],
    ['output[y] = sum a[y]', 16, 'A formula ends here, but has "a".'],
    ['output[y] = sum(i)', 18, 'sum needs its axes in brackets and then a product: sum(i,j) a[i] * b[j].'],
    ['output[y] = sum(a[y])', 17, 'sum needs its axes in brackets and then a product: sum(i,j) a[i] * b[j].'],
    [
      'output[y] = tan(a[y])',
      12,
      'A formula has no function "tan"; it has sum, exp, log, sqrt, sin, cos, tanh, erf, pow, max, min.',
    ],
    [
      'output[y] = toString(a[y])',
      12,
      'A formula has no function "toString"; it has sum, exp, log, sqrt, sin, cos, tanh, erf, pow, max, min.',
    ],
    ['output[y] = max(a[y])', 12, 'max needs 2 values, but gets 1.'],
    ['output[y] = exp(a[y], 2)', 12, 'exp needs 1 value, but gets 2.'],
    ['output[y] = 2 * erf(a[y], 2)', 16, 'erf needs 1 value, but gets 2.'],
    ['output[y] = pow(a[y])', 12, 'pow needs 2 values, but gets 1.'],
    ['output[y] = pow(a[y], 2, 3)', 12, 'pow needs 2 values, but gets 3.'],
    ['output[y] = a[y] ^ 2', 17, 'A formula cannot contain "^".'],
    ['output[y] = .5', 12, 'A formula cannot contain ".".'],
    ['output[y] = a[y] * constructor', 19, 'A formula cannot use the name "constructor".'],
    ['output[__proto__] = 1', 7, 'A formula cannot use the name "__proto__".'],
    [`output[y] = ${'('.repeat(400)}`, 45, 'A formula can be nested 32 deep. Give parts of it names of their own.'],
    [`output[y] = ${'-'.repeat(400)}`, 45, 'A formula can be nested 32 deep. Give parts of it names of their own.'],
    [`output[${'('.repeat(400)}`, 40, 'A formula can be nested 32 deep. Give parts of it names of their own.'],
  ])('refuses %j at %i', (text, at, message) => {
    expect(messageOf(text).split('\n')[0]).toBe(message);
    expect(caret(text)).toBe(at);
  });

  test('refuses a formula that nobody could read, without printing it', () => {
    expect(messageOf(`output[y] = 1${' + a[y]'.repeat(200)}`)).toBe(
      'A formula needs at most 1,000 characters, but has 1,413. Give parts of it names of their own.',
    );
  });
});
