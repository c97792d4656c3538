import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addIndices, axisIndex, constantIndex, named, quantity, scaleIndex } from './affine.ts';
import {
  apply,
  type Expression,
  numberNode,
  type Operation,
  read,
  reduce,
  sameExpression,
  sameRead,
} from './expression.ts';
import { type FunctionName, functions } from './functions.ts';
import { parseFormula } from './parse.ts';
import { printExpression, printFormula, printIndex } from './print.ts';

const constants = { p: 1, s: 2, scale: 0.5 };
const again = (text: string) => printFormula(parseFormula(text, constants));

describe('printFormula', () => {
  test.each([
    'output[y,x,f] = bias[f] + sum(i,j,c) input[y+i-p, x+j-p, c] * kernel[i,j,c,f]',
    'output[y,x,c] = max(i,j) input[s*y+i, s*x+j, c]',
    'inputGrad[s*y+1, s*x, c] = sum(i,f) outputGrad[y-i+1, x, f] * kernel[2*i,1,c,f]',
    'output[] = log(total[]) + top[] - sum(k) target[k] * input[k]',
    'output[k] = e[k] / (a[k] * b[k]) - (c[k] - 1) / 2',
    'output[k] = -(a[k] * b[k]) + (-c[k]) * 2',
    'output[k] = max(a[k], 0) * (a[k] == b[k]) * scale',
    'output[k] = (sum(i) a[i]) * (max(i) b[i]) + 0.001',
    'output[k] = sum(i) (a[i] - b[k]) * (a[i] - b[k]) / 4',
    'output[k] = tanh(sqrt(exp(a[k]))) >= min(a[k], 1e-7)',
    'output[k] = pow(sin(a[k]), erf(b[k]) + 1) * cos(-a[k])',
    'output[k] = (a[k] > 0) + (a[k] <= 0) * (a[k] < scale)',
  ])('writes %s as it was read', (text) => {
    expect(again(text)).toBe(text);
  });

  test('leaves out brackets that say nothing', () => {
    expect(again('output[k] = ((a[k] * (b[k])) + (c[k]))')).toBe('output[k] = a[k] * b[k] + c[k]');
    expect(again('output[k] = a[k] * (b[k] * c[k])')).toBe('output[k] = a[k] * (b[k] * c[k])');
  });

  test('calls constants by their names', () => {
    const p = constantIndex(named('p', 1));
    expect(printIndex(addIndices(axisIndex('y'), scaleIndex(p, quantity(-1))))).toBe('y-p');
    expect(printIndex(addIndices(axisIndex('y'), scaleIndex(p, quantity(-2))))).toBe('y-2*p');
    expect(printIndex(addIndices(p, constantIndex(-3)))).toBe('p-3');
    expect(printIndex(constantIndex(0))).toBe('0');
    expect(printIndex(axisIndex('y', named('n', -2)))).toBe('-2*y');
  });
});

const axes = ['y', 'x', 'i', 'j'];
const anyIndex = fc
  .array(fc.tuple(fc.constantFrom(...axes), fc.integer({ min: -3, max: 3 })), { maxLength: 3 })
  .chain((terms) => fc.tuple(fc.constant(terms), fc.integer({ min: -4, max: 4 }), fc.integer({ min: -2, max: 2 })))
  .map(([terms, plain, times]) =>
    terms.reduce(
      (sum, [axis, coefficient]) => addIndices(sum, scaleIndex(axisIndex(axis), quantity(coefficient))),
      addIndices(constantIndex(plain), scaleIndex(constantIndex(named('p', 1)), quantity(times))),
    ),
  );
const anyRead = fc
  .tuple(fc.constantFrom('a', 'b', 'c'), fc.array(anyIndex, { maxLength: 3 }))
  .map(([tensor, index]) => read(tensor, index));

const calls = (operands: number): Operation[] =>
  (Object.keys(functions) as FunctionName[]).filter((name) => functions[name].operands === operands);
const unary: readonly Operation[] = ['negate', ...calls(1)];
const binary: readonly Operation[] = [
  ...(['add', 'subtract', 'multiply', 'divide', 'equal', 'greater', 'greaterEqual'] as const),
  ...calls(2),
];

const { anyExpression } = fc.letrec<{ anyExpression: Expression }>((tie) => ({
  anyExpression: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.oneof(
      anyRead,
      fc.constantFrom(numberNode(0.5, 'scale'), numberNode(0), numberNode(2.25), numberNode(1e-7), numberNode(1e21)),
    ),
    fc.tuple(fc.constantFrom(...unary), tie('anyExpression')).map(([operation, a]) => apply(operation, a)),
    fc
      .tuple(fc.constantFrom(...binary), tie('anyExpression'), tie('anyExpression'))
      .map(([operation, a, b]) => apply(operation, a, b)),
    fc
      .tuple(fc.constantFrom('sum' as const, 'max' as const), fc.subarray(axes, { minLength: 1 }), tie('anyExpression'))
      .map(([by, over, body]) => reduce(by, over, body)),
  ),
}));

test('what is printed is read back as the same formula, and printed the same again', () => {
  fc.assert(
    fc.property(anyRead, anyExpression, (target, expression) => {
      const text = printFormula({ target, expression });
      const parsed = parseFormula(text, constants);
      expect(sameRead(parsed.target, target), text).toBe(true);
      expect(sameExpression(parsed.expression, expression), text).toBe(true);
      expect(printExpression(parsed.expression)).toBe(printExpression(expression));
    }),
    { numRuns: 3000 },
  );
});
