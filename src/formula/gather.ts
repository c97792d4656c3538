/** @file Formulas from pieces of a gradient: those with the same left side are added up. */
import { type Affine, axisIndex, type Ranges, sameIndex } from './affine.ts';
import {
  apply,
  axesOf,
  type Expression,
  type Formula,
  type Read,
  read,
  readsOf,
  sameExpression,
} from './expression.ts';
import { expressionOf, type Product, substituteProduct } from './product.ts';
import type { Piece } from './solve.ts';

export function sameLeft(a: Piece, b: Piece): boolean {
  return (
    a.index.every((index, axis) => sameIndex(index, b.index[axis]!)) &&
    [...axesOf(a.index)].every((axis) => a.ranges[axis] === b.ranges[axis])
  );
}

/** One formula that adds up pieces with the same left side. */
export function gather(tensor: string, group: readonly Piece[]): Formula {
  const target = read(tensor, group[0]!.index);
  const onLeft = axesOf(target.index);
  const ranges: Record<string, number> = Object.assign({}, ...group.map((piece) => piece.ranges));
  // Pieces that sum over an axis of the same name and another range need names of their own.
  const terms = group.map((piece, place) => {
    const replacements = new Map<string, Affine>();
    const sums = piece.sums.map((axis) => {
      const clash = group.slice(0, place).some(({ sums: before }) => before.includes(axis));
      if (!clash && !onLeft.has(axis)) {
        ranges[axis] = piece.ranges[axis]!;
        return axis;
      }
      let fresh = `${axis}${place + 1}`;
      while (ranges[fresh] !== undefined) fresh += '_';
      ranges[fresh] = piece.ranges[axis]!;
      replacements.set(axis, axisIndex(fresh));
      return fresh;
    });
    return { product: substituteProduct(piece.product, replacements), sums };
  });
  terms.sort((a, b) => b.product.sign - a.product.sign);
  const expression = terms.every(({ sums }) => sums.length === 0)
    ? factored(terms.map(({ product }) => product))
    : sumOf(terms.map(({ product, sums }) => [product.sign, expressionOf(product, sums)]));
  return { target, expression, ranges: onlyUsed(target, [expression], ranges) };
}

export function onlyUsed(target: Read, expressions: readonly Expression[], ranges: Ranges): Ranges {
  const axes = new Set([
    ...axesOf(target.index),
    ...expressions.flatMap((node) => readsOf(node)).flatMap((node) => [...axesOf(node.index)]),
  ]);
  for (const node of expressions) for (const axis of reductionAxesOf(node)) axes.add(axis);
  return Object.fromEntries(
    [...axes].filter((axis) => ranges[axis] !== undefined).map((axis) => [axis, ranges[axis]!]),
  );
}

function reductionAxesOf(node: Expression): string[] {
  if (node.kind === 'reduce') return [...node.axes, ...reductionAxesOf(node.body)];
  return node.kind === 'apply' ? node.operands.flatMap(reductionAxesOf) : [];
}

/** The sum of products, with the factors that all of them have in front. */
function factored(products: readonly Product[]): Expression {
  const rests = products.map(({ numerator }) => [...numerator]);
  const common = products[0]!.numerator.filter((factor) => {
    const places = rests.map((rest) => rest.findIndex((other) => sameExpression(factor, other)));
    if (places.includes(-1)) return false;
    rests.forEach((rest, term) => {
      rest.splice(places[term]!, 1);
    });
    return true;
  });
  const isAlike = products.every(({ denominator }, term) => rests[term]!.length + denominator.length === 0);
  if (products.length === 1 || common.length === 0 || isAlike) {
    return sumOf(products.map((product) => [product.sign, expressionOf(product)]));
  }
  const { sign } = products[0]!;
  const sum = sumOf(
    products.map((product, term) => [product.sign * sign, expressionOf({ ...product, numerator: rests[term]! })]),
  );
  return sumOf([[sign, expressionOf({ sign: 1, numerator: [...common, sum], denominator: [] })]]);
}

function sumOf([first, ...others]: readonly (readonly [sign: number, term: Expression])[]): Expression {
  const start = first![0] > 0 ? first![1] : apply('negate', first![1]);
  return others.reduce((sum, [sign, term]) => apply(sign > 0 ? 'add' : 'subtract', sum, term), start);
}
