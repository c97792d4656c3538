/**
 * @file Turns a scatter into gathers. A forward formula that reads `input[index]` hands each element it read a share
 * of its derivative; here the equation `index = t` is solved axis by axis, so that element t sums what it is owed.
 *
 * The cases, tried in this order for each axis of the tensor, those with the fewest axes first:
 * (a) the index is one axis alone: it keeps its name on the left;
 * (b) an output axis with coefficient ±1 that is guarded: y = ±(t - the rest);
 * (c) mixed radix, each element read at most once and inside: the index itself stands on the left;
 * (d) stride s: one formula for each residue of t modulo s;
 * (e) like (c), with some writes outside, which are dropped.
 *
 * An axis is guarded when a factor reads a tensor at that axis alone over its whole range, so that it is 0 where the
 * solution runs out of the range. Only output axes are solved for: solving for a reduction axis would be right but
 * dearer.
 */
import type { Shape } from '../shape.ts';
import {
  type Affine,
  addIndices,
  axisIndex,
  constantIndex,
  intervalOf,
  plainAxis,
  quantity,
  type Ranges,
  scaleIndex,
  substituteIndex,
  subtractIndices,
  type Term,
} from './affine.ts';
import { type Expression, freeAxes, isComparison, numberNode } from './expression.ts';
import { printIndex } from './print.ts';
import { axesOfProduct, type Product, substituteProduct } from './product.ts';

/** `tensor[index] = sum(sums) product`, one formula's share of a gradient. */
export interface Piece {
  readonly index: readonly Affine[];
  readonly ranges: Ranges;
  readonly sums: readonly string[];
  readonly product: Product;
}

export interface Scatter {
  /** Where the forward formula reads, and the shape of what it reads. */
  readonly index: readonly Affine[];
  readonly shape: Shape;
  /** The derivative, a product over the axes of the forward formula. */
  readonly product: Product;
  readonly ranges: Ranges;
  readonly outputAxes: ReadonlySet<string>;
  /** Axes that the forward formula sums over around this read. */
  readonly reductionAxes: readonly string[];
  readonly shapeOf: (tensor: string) => Shape;
}

/** No rule reaches this read; `reason` says which index and why. */
export class Refusal extends Error {}

/** A factor would be evaluated outside its tensors: the caller has to store it first. */
export class Unsafe extends Error {
  readonly factors: readonly Expression[];
  constructor(factors: readonly Expression[]) {
    super('a factor would be evaluated outside');
    this.factors = factors;
  }
}

interface State {
  readonly index: readonly Affine[];
  readonly product: Product;
  readonly ranges: Ranges;
  /** Axes that stand on the left. */
  readonly bound: ReadonlySet<string>;
  readonly left: readonly Affine[];
}

/** @throws Refusal, Unsafe */
export function solve(scatter: Scatter): Piece[] {
  const order = scatter.index.map((_, axis) => axis);
  order.sort((a, b) => scatter.index[a]!.terms.length - scatter.index[b]!.terms.length);
  let states: State[] = [{ ...scatter, bound: new Set(), left: [] }];
  for (const axis of order) states = states.flatMap((state) => solveAxis(state, axis, scatter));
  return states.map((state) => finish(state, scatter));
}

function finish({ product, ranges, bound, left }: State, { outputAxes, reductionAxes }: Scatter): Piece {
  const axes = axesOfProduct(product);
  // An axis that nothing depends on repeats the same term.
  const repeats = [...outputAxes, ...reductionAxes].filter(
    (axis) => !axes.has(axis) && !bound.has(axis) && ranges[axis]! > 1,
  );
  const numerator = [...product.numerator, ...repeats.map((axis) => numberNode(ranges[axis]!))];
  const sums = [...axes].filter((axis) => !bound.has(axis));
  return { index: left, ranges, sums, product: { ...product, numerator } };
}

function solveAxis(state: State, axis: number, scatter: Scatter): State[] {
  const index = state.index[axis]!;
  const size = scatter.shape[axis]!;
  const open = index.terms.filter((term) => !state.bound.has(term.axis));
  const plain = plainAxis(index);
  if (open.length === 0 || (plain !== undefined && open.length === 1)) return [keepOnLeft(state, axis, index)];

  const guarded = open.filter((term) => scatter.outputAxes.has(term.axis) && isGuarded(state, term.axis, scatter));
  const unit = guarded.find(({ coefficient }) => Math.abs(coefficient.value) === 1);
  if (unit) {
    const rest = subtractIndices(index, { terms: [unit], constant: quantity(0) });
    const solution = scaleIndex(subtractIndices(axisIndex(unit.axis), rest), quantity(unit.coefficient.value));
    return [replace(state, axis, new Map([[unit.axis, ordered(solution, unit.axis)]]), axisIndex(unit.axis), size)];
  }
  const injective = isMixedRadix(open, state.ranges);
  const { low, high } = intervalOf(index, state.ranges);
  if (injective && low >= 0 && high < size) return [keepOnLeft(state, axis, index)];
  const strided = guarded.find(({ coefficient }) => Math.abs(coefficient.value) > 1);
  if (strided && open.length <= 2 && index.terms.length === open.length) {
    return solveStride(
      state,
      axis,
      strided,
      open.find((term) => term !== strided),
      size,
    );
  }
  if (injective) return [keepOnLeft(state, axis, index)];
  throw new Refusal(`index ${printIndex(index)} cannot be solved for one of its axes`);
}

/** The axis itself first, so that `t - i + p` prints as `y-i+p`. */
function ordered(index: Affine, axis: string): Affine {
  const first = index.terms.filter((term) => term.axis === axis);
  return { ...index, terms: [...first, ...index.terms.filter((term) => term.axis !== axis)] };
}

function keepOnLeft(state: State, axis: number, index: Affine): State {
  return {
    ...state,
    bound: new Set([...state.bound, ...index.terms.map((term) => term.axis)]),
    left: put(state.left, axis, index),
  };
}

function put(left: readonly Affine[], axis: number, index: Affine): Affine[] {
  const copy = [...left];
  copy[axis] = index;
  return copy;
}

function replace(
  state: State,
  axis: number,
  replacements: ReadonlyMap<string, Affine>,
  left: Affine,
  range: number,
  ranges: Ranges = {},
): State {
  const unsafe = [...state.product.numerator.filter((factor) => !isZeroOutside(factor)), ...state.product.denominator];
  const touched = unsafe.filter((factor) => [...replacements.keys()].some((name) => freeAxes(factor).has(name)));
  if (touched.length > 0) throw new Unsafe(touched);
  const name = left.terms[0]!.axis;
  return {
    index: state.index.map((index) => substituteIndex(index, replacements)),
    product: substituteProduct(state.product, replacements),
    ranges: { ...state.ranges, ...ranges, [name]: range },
    bound: new Set([...state.bound, name]),
    left: put(state.left, axis, left),
  };
}

const isZeroOutside = (factor: Expression): boolean =>
  factor.kind === 'read' || factor.kind === 'number' || (factor.kind === 'apply' && isComparison(factor.operation));

function isGuarded({ product, ranges }: State, axis: string, { shapeOf }: Scatter): boolean {
  return product.numerator.some(
    (factor) =>
      factor.kind === 'read' &&
      factor.index.some((index, place) => plainAxis(index) === axis && shapeOf(factor.tensor)[place] === ranges[axis]),
  );
}

/** Whether no two settings of the axes give the same sum: each coefficient exceeds all that smaller ones reach. */
function isMixedRadix(terms: readonly Term[], ranges: Ranges): boolean {
  const steps = terms.map(({ axis, coefficient }) => ({ step: Math.abs(coefficient.value), range: ranges[axis]! }));
  steps.sort((a, b) => a.step - b.step);
  let reach = 0;
  for (const { step, range } of steps) {
    if (step <= reach) return false;
    reach += step * (range - 1);
  }
  return true;
}

/** s*y + c*i + k = t: for each residue r, t = s*q + r, one class of i, and y = q + (r - k - c*i) / s. */
function solveStride(state: State, axis: number, strided: Term, other: Term | undefined, size: number): State[] {
  const index = state.index[axis]!;
  const stride = Math.abs(strided.coefficient.value);
  const sign = Math.sign(strided.coefficient.value);
  const coefficient = other?.coefficient.value ?? 0;
  const step = other ? stride / greatestCommonDivisor(stride, Math.abs(coefficient)) : 1;
  const range = other ? state.ranges[other.axis]! : 1;
  const states: State[] = [];
  for (let residue = 0; residue < Math.min(stride, size); residue++) {
    const owed = residue - index.constant.value;
    let first = 0;
    while (first < Math.min(step, range) && (owed - coefficient * first) % stride !== 0) first++;
    if (first >= Math.min(step, range)) continue;
    const count = Math.ceil((range - first) / step);
    const replacements = new Map<string, Affine>();
    const ranges: Record<string, number> = {};
    let solution = addIndices(axisIndex(strided.axis), constantIndex((owed - coefficient * first) / stride));
    if (other) {
      const walk = count > 1 ? axisIndex(other.axis, step) : constantIndex(0);
      replacements.set(other.axis, addIndices(walk, constantIndex(first)));
      ranges[other.axis] = count;
      if (count > 1) solution = subtractIndices(solution, axisIndex(other.axis, (coefficient * step) / stride));
    }
    replacements.set(strided.axis, scaleIndex(solution, quantity(sign)));
    const scale = sign > 0 ? strided.coefficient : quantity(stride);
    const left = addIndices(axisIndex(strided.axis, scale), constantIndex(residue));
    states.push(replace(state, axis, replacements, left, Math.ceil((size - residue) / stride), ranges));
  }
  return states;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** The axes of a piece's left side that stand alone and cover the whole tensor; undefined if some do not. */
export function wholeAxes({ index, ranges }: Piece, shape: Shape): string[] | undefined {
  const axes = index.map((place, axis) => {
    const name = plainAxis(place);
    return name !== undefined && ranges[name] === shape[axis] ? name : undefined;
  });
  if (axes.some((name) => name === undefined) || new Set(axes).size < axes.length) return undefined;
  return axes as string[];
}
