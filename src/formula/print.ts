/** @file Formulas as text, in the form that the parser reads and an author would write. */
import type { Affine, Quantity } from './affine.ts';
import type { Expression, Formula, Operation, Read } from './expression.ts';

/** `output[y,x,f] = bias[f] + sum(i,j,c) input[y+i-p, x+j-p, c] * kernel[i,j,c,f]` */
export function printFormula(formula: Pick<Formula, 'target' | 'expression'>): string {
  return `${printRead(formula.target)} = ${printExpression(formula.expression)}`;
}

export function printRead({ tensor, index }: Read): string {
  const simple = index.every(({ terms, constant }) => terms.length + (constant.value === 0 ? 0 : 1) <= 1);
  return `${tensor}[${index.map(printIndex).join(simple ? ',' : ', ')}]`;
}

export function printIndex({ terms, constant }: Affine): string {
  const parts: string[] = [];
  for (const { axis, coefficient } of terms) {
    const negative = isNegative(coefficient);
    const factor = printQuantity(coefficient, negative);
    parts.push((negative ? '-' : '+') + (factor === '1' ? axis : `${factor}*${axis}`));
  }
  for (const [name, times] of Object.entries(constant.names)) {
    parts.push((times < 0 ? '-' : '+') + (Math.abs(times) === 1 ? name : `${Math.abs(times)}*${name}`));
  }
  if (constant.plain !== 0 || parts.length === 0)
    parts.push((constant.plain < 0 ? '-' : '+') + Math.abs(constant.plain));
  return parts.join('').replace(/^\+/, '');
}

function isNegative({ value }: Quantity): boolean {
  return value < 0;
}

function printQuantity({ value, plain, names }: Quantity, negated: boolean): string {
  const entries = Object.entries(names);
  const sign = negated ? -1 : 1;
  if (entries.length === 1 && plain === 0 && entries[0]![1] === sign) return entries[0]![0];
  return String(sign * value);
}

const infix: Partial<Record<Operation, { symbol: string; flipped?: string; strength: number }>> = {
  equal: { symbol: '==', strength: 0 },
  greater: { symbol: '>', flipped: '<', strength: 0 },
  greaterEqual: { symbol: '>=', flipped: '<=', strength: 0 },
  add: { symbol: '+', strength: 1 },
  subtract: { symbol: '-', strength: 1 },
  multiply: { symbol: '*', strength: 2 },
  divide: { symbol: '/', strength: 2 },
};

/** Prints with as few parentheses as the parser needs; `strength` is that of the place the text will stand in. */
export function printExpression(expression: Expression, strength = 0, last = true): string {
  if (expression.kind === 'number') return expression.text;
  if (expression.kind === 'read') return printRead(expression);
  if (expression.kind === 'reduce') {
    // A reduction takes in every factor that follows it, so it needs parentheses unless it stands last in its product.
    const text = `${expression.by}(${expression.axes.join(',')}) ${printExpression(expression.body, 2)}`;
    return strength >= 2 && !last ? `(${text})` : strength > 2 ? `(${text})` : text;
  }
  const { operation, operands } = expression;
  const [a, b] = operands;
  if (operation === 'negate') {
    const text = `-${printExpression(a!, 3)}`;
    return strength > 1 ? `(${text})` : text;
  }
  const form = infix[operation];
  if (!form) return `${operation}(${operands.map((operand) => printExpression(operand)).join(', ')})`;
  // What is compared with a number stands in front of it.
  const flips = form.flipped !== undefined && a!.kind === 'number' && b!.kind !== 'number';
  const [first, symbol, second] = flips ? [b!, form.flipped, a!] : [a!, form.symbol, b!];
  const left = printExpression(first, Math.max(form.strength, 1), false);
  const text = `${left} ${symbol} ${printExpression(second, form.strength + 1, last)}`;
  return form.strength < strength ? `(${text})` : text;
}
