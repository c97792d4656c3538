/** @file Products of factors over factors with a sign: the form in which the deriver carries a derivative. */
import type { Affine } from './affine.ts';
import { apply, type Expression, freeAxes, numberNode, reduce, sameExpression, substitute } from './expression.ts';

export interface Product {
  readonly sign: 1 | -1;
  readonly numerator: readonly Expression[];
  readonly denominator: readonly Expression[];
}

export const productOf = (...numerator: Expression[]): Product => ({ sign: 1, numerator, denominator: [] });

export const negated = (product: Product): Product => ({ ...product, sign: product.sign === 1 ? -1 : 1 });

/** The factors of an expression: `a * b / c` has a and b over c. */
export function factorsOf(expression: Expression): Product {
  if (expression.kind === 'apply') {
    const [a, b] = expression.operands;
    if (expression.operation === 'multiply') return multiply(factorsOf(a!), factorsOf(b!));
    if (expression.operation === 'divide') return divide(factorsOf(a!), factorsOf(b!));
    if (expression.operation === 'negate') return negated(factorsOf(a!));
  }
  return productOf(expression);
}

/** The product in the order of its factors, with equal factors above and below cancelled. */
export function multiply(a: Product, b: Product): Product {
  const numerator = [...a.numerator, ...b.numerator];
  const denominator: Expression[] = [];
  for (const factor of [...a.denominator, ...b.denominator]) {
    const place = numerator.findIndex((other) => sameExpression(factor, other));
    if (place < 0) denominator.push(factor);
    else numerator.splice(place, 1);
  }
  return { sign: a.sign === b.sign ? 1 : -1, numerator: numerator.filter(isNotOne), denominator };
}

export function divide(a: Product, b: Product): Product {
  return multiply(a, { sign: b.sign, numerator: b.denominator, denominator: b.numerator });
}

const isNotOne = (factor: Expression): boolean => factor.kind !== 'number' || factor.value !== 1;

export function substituteProduct(product: Product, replacements: ReadonlyMap<string, Affine>): Product {
  return {
    sign: product.sign,
    numerator: product.numerator.map((factor) => substitute(factor, replacements)),
    denominator: product.denominator.map((factor) => substitute(factor, replacements)),
  };
}

/** The axes of all factors, in order of appearance. */
export function axesOfProduct({ numerator, denominator }: Product): Set<string> {
  return new Set([...numerator, ...denominator].flatMap((factor) => [...freeAxes(factor)]));
}

function quotient(numerator: readonly Expression[], denominator: readonly Expression[]): Expression {
  const above = numerator.length === 0 ? numberNode(1) : numerator.reduce((a, b) => apply('multiply', a, b));
  return denominator.reduce((a, b) => apply('divide', a, b), above);
}

/** The product without its sign, summed over `sums`; factors that do not depend on these axes stand outside. */
export function expressionOf(product: Product, sums: readonly string[] = []): Expression {
  if (sums.length === 0) return quotient(product.numerator, product.denominator);
  const depends = (factor: Expression): boolean => sums.some((axis) => freeAxes(factor).has(axis));
  const inside = quotient(product.numerator.filter(depends), product.denominator.filter(depends));
  const outside = product.numerator.filter((factor) => !depends(factor));
  return quotient(
    [...outside, reduce('sum', sums, inside)],
    product.denominator.filter((factor) => !depends(factor)),
  );
}
