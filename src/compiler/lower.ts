/**
 * @file From a graph to simple formulas: the batch becomes an axis like any other, and what the later stages need not
 * know about is rewritten away.
 *
 * After this stage: every per-example tensor has the axis `b` first; gradients of parameters sum over `b`; no axis has
 * just one value; no write falls outside; copies and dead formulas are gone; an expression has at most one reduction;
 * what a `max` or a comparison would see outside a tensor is masked by a read of an `inside` tensor (1 inside, 0 in its
 * halo).
 */
import {
  type Affine,
  addIndices,
  axisIndex,
  constantIndex,
  intervalOf,
  plainAxis,
  type Ranges,
} from '../formula/affine.ts';
import {
  apply,
  axesOf,
  containsReduce,
  type Expression,
  type Formula,
  freeAxes,
  isComparison,
  numberNode,
  type Operation,
  type Read,
  read,
  readsOf,
  reduce,
  rewrite,
  substitute,
  walk,
} from '../formula/expression.ts';
import { readWhole } from '../formula/resolve.ts';
import type { Graph } from '../model/graph.ts';
import type { Shape } from '../shape.ts';

/** The reserved axis over the examples of a batch. */
export const batchAxis = 'b';

export interface Lowered {
  /** Everything up to the gradients. */
  readonly formulas: readonly Formula[];
  /** The optimiser's. */
  readonly updates: readonly Formula[];
  /** Shapes with the batch axis in front where a tensor has it. */
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly hasBatch: (tensor: string) => boolean;
  /** Tensors of ones. */
  readonly inside: ReadonlySet<string>;
  /** Tensors in float64. */
  readonly double: ReadonlySet<string>;
}

/** @param roots tensors that must be there in the end */
export function lower(
  graph: Graph,
  batchSize: number,
  purpose: 'train' | 'predict',
  roots: readonly string[],
): Lowered {
  const shapes = new Map<string, Shape>();
  const batched = new Set<string>();
  const double = new Set<string>();
  for (const { name, shape, perExample, double: isDouble } of graph.tensors.values()) {
    shapes.set(name, perExample ? [batchSize, ...shape] : shape);
    if (perExample) batched.add(name);
    if (isDouble) double.add(name);
  }
  const inside = new Set<string>();
  const gradients = new Set(graph.parameters.map(({ gradient }) => gradient));
  const lift = (formula: Formula): Formula => liftFormula(formula, batched, gradients, batchSize);
  const updates = purpose === 'train' ? graph.updates : [];
  const assigned = updates.flatMap(({ assign }) => assign.map(([, from]) => from));
  const kept = new Set([...roots, ...assigned, ...updates.flatMap(({ health }) => health?.sum ?? [])]);

  let body = [...graph.forward, ...(purpose === 'train' ? graph.backward : [])].map(lift);
  let tail = updates.flatMap(({ formulas }) => formulas).map(lift);
  const each = (change: (formula: Formula) => Formula[]): void => {
    body = body.flatMap(change);
    tail = tail.flatMap(change);
  };
  each((formula) => clipWrites(formula, shapes));
  each((formula) => [dropUnitAxes(foldConstants(formula), shapes)]);
  [body, tail] = propagateCopies(body, tail, shapes, new Set([...kept, ...gradients]));
  [body, tail] = removeDead(body, tail, kept);
  each((formula) => splitReductions(formula, shapes, batched, double));
  each((formula) => [maskOutside(formula, shapes, inside)]);
  return { formulas: body, updates: tail, shapes, hasBatch: (tensor) => batched.has(tensor), inside, double };
}

function liftFormula(
  { target, expression, ranges }: Formula,
  batched: ReadonlySet<string>,
  gradients: ReadonlySet<string>,
  batchSize: number,
): Formula {
  const liftRead = (node: Read): Read =>
    batched.has(node.tensor) ? { ...node, index: [axisIndex(batchAxis), ...node.index] } : node;
  const lifted = rewrite(expression, (node) => (node.kind === 'read' ? liftRead(node) : node));
  const usesBatch = readsOf(lifted).some(({ tensor }) => batched.has(tensor));
  const sums = gradients.has(target.tensor) && usesBatch;
  return {
    target: liftRead(target),
    expression: sums ? sumOver(batchAxis, lifted) : lifted,
    ranges: usesBatch || batched.has(target.tensor) ? { ...ranges, [batchAxis]: batchSize } : ranges,
  };
}

function sumOver(axis: string, expression: Expression): Expression {
  const isSum = expression.kind === 'reduce' && expression.by === 'sum';
  return isSum ? reduce('sum', [axis, ...expression.axes], expression.body) : reduce('sum', [axis], expression);
}

/** Restricts ranges so that every write falls inside; where two axes share an index, the faster one is written out. */
function clipWrites(formula: Formula, shapes: ReadonlyMap<string, Shape>): Formula[] {
  const shape = shapes.get(formula.target.tensor)!;
  for (const [place, index] of formula.target.index.entries()) {
    const { low, high } = intervalOf(index, formula.ranges);
    if (low >= 0 && high < shape[place]!) continue;
    if (index.terms.length === 0) return [];
    const byStep = [...index.terms].sort((a, b) => Math.abs(a.coefficient.value) - Math.abs(b.coefficient.value));
    const { axis, coefficient } = byStep[0]!;
    const values = Array.from({ length: formula.ranges[axis]! }, (_, value) => value);
    if (index.terms.length > 1) {
      return values.flatMap((value) => clipWrites(withAxis(formula, axis, constantIndex(value)), shapes));
    }
    const fits = values.filter((value) => {
      const at = index.constant.value + coefficient.value * value;
      return at >= 0 && at < shape[place]!;
    });
    if (fits.length === 0) return [];
    const shifted = withAxis(formula, axis, addIndices(axisIndex(axis), constantIndex(fits[0]!)));
    return clipWrites({ ...shifted, ranges: { ...shifted.ranges, [axis]: fits.length } }, shapes);
  }
  const isEmpty = [...axesOf(formula.target.index)].some((axis) => formula.ranges[axis] === 0);
  return isEmpty ? [] : [formula];
}

function withAxis(formula: Formula, axis: string, replacement: Affine): Formula {
  const replacements = new Map([[axis, replacement]]);
  const { [axis]: range, ...others } = formula.ranges;
  return {
    target: substitute(formula.target, replacements) as Read,
    expression: substitute(formula.expression, replacements),
    ranges: replacement.terms.length > 0 ? { ...others, [axis]: range! } : others,
  };
}

const folds: Partial<Record<Operation, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  negate: (a) => -a,
};

function foldConstants(formula: Formula): Formula {
  const expression = rewrite(formula.expression, (node) => {
    if (node.kind !== 'apply' || !node.operands.every((operand) => operand.kind === 'number')) return node;
    const fold = folds[node.operation];
    const [a, b] = node.operands.map((operand) => operand.value);
    return fold ? numberNode(fold(a!, b ?? 0)) : node;
  });
  return { ...formula, expression };
}

/** Axes with one value become the constant 0. A `max` keeps them, lest it read outside where it should skip. */
function dropUnitAxes(formula: Formula, shapes: ReadonlyMap<string, Shape>): Formula {
  const needed = new Set<string>();
  walk(formula.expression, (node) => {
    if (node.kind !== 'reduce' || node.by !== 'max' || node.axes.some((axis) => formula.ranges[axis]! > 1)) return;
    if (readsOf(node.body).some((inner) => mayLeave(inner, formula.ranges, shapes))) needed.add(node.axes[0]!);
  });
  const units = Object.keys(formula.ranges).filter((axis) => formula.ranges[axis] === 1 && !needed.has(axis));
  if (units.length === 0) return formula;
  const zeros = new Map(units.map((axis) => [axis, constantIndex(0)]));
  const expression = rewrite(substitute(formula.expression, zeros), (node) => {
    if (node.kind !== 'reduce') return node;
    const axes = node.axes.filter((axis) => !units.includes(axis));
    return axes.length === 0 ? node.body : { ...node, axes };
  });
  const ranges = Object.fromEntries(Object.entries(formula.ranges).filter(([axis]) => !units.includes(axis)));
  return { target: substitute(formula.target, zeros) as Read, expression, ranges };
}

function mayLeave({ tensor, index }: Read, ranges: Ranges, shapes: ReadonlyMap<string, Shape>): boolean {
  const shape = shapes.get(tensor)!;
  return index.some((place, axis) => {
    const { low, high } = intervalOf(place, ranges);
    return low < 0 || high >= shape[axis]!;
  });
}

/** Readers of a copy read the original. */
function propagateCopies(
  body: readonly Formula[],
  tail: readonly Formula[],
  shapes: ReadonlyMap<string, Shape>,
  kept: ReadonlySet<string>,
): [Formula[], Formula[]] {
  const writers = new Map<string, number>();
  for (const { target } of [...body, ...tail]) writers.set(target.tensor, (writers.get(target.tensor) ?? 0) + 1);
  const copies = new Map<string, Formula>();
  const follow = (formula: Formula): Formula[] => {
    const expression = rewrite(formula.expression, (node) => {
      const copy = node.kind === 'read' ? copies.get(node.tensor) : undefined;
      return (copy && readThrough(node as Read, formula.ranges, copy, shapes)) ?? node;
    });
    const { target } = formula;
    if (expression.kind === 'read' && writers.get(target.tensor) === 1 && !kept.has(target.tensor)) {
      if (coversWhole(formula, shapes.get(target.tensor)!)) copies.set(target.tensor, { ...formula, expression });
    }
    return [{ ...formula, expression }];
  };
  return [body.flatMap(follow), tail.flatMap(follow)];
}

function coversWhole({ target, ranges }: Formula, shape: Shape): boolean {
  return target.index.every((index, place) => {
    const axis = plainAxis(index);
    return axis === undefined ? shape[place] === 1 && index.constant.value === 0 : ranges[axis] === shape[place];
  });
}

/** What a read of a copy reads in the original; undefined where outside one would not be outside the other. */
function readThrough(node: Read, ranges: Ranges, copy: Formula, shapes: ReadonlyMap<string, Shape>): Read | undefined {
  const original = copy.expression as Read;
  const replacements = new Map<string, Affine>();
  for (const [place, index] of node.index.entries()) {
    const axis = plainAxis(copy.target.index[place]!);
    if (axis !== undefined) replacements.set(axis, index);
    const { low, high } = intervalOf(index, ranges);
    if (low >= 0 && high < shapes.get(node.tensor)![place]!) continue;
    const twin = original.index.findIndex((inner) => axis !== undefined && plainAxis(inner) === axis);
    if (twin < 0 || shapes.get(original.tensor)![twin] !== shapes.get(node.tensor)![place]) return undefined;
  }
  return substitute(original, replacements) as Read;
}

function removeDead(
  body: readonly Formula[],
  tail: readonly Formula[],
  kept: ReadonlySet<string>,
): [Formula[], Formula[]] {
  const needed = new Set(kept);
  const sweep = (formulas: readonly Formula[]): Formula[] => {
    const alive: Formula[] = [];
    for (const formula of [...formulas].reverse()) {
      if (!needed.has(formula.target.tensor)) continue;
      alive.unshift(formula);
      for (const { tensor } of readsOf(formula.expression)) needed.add(tensor);
    }
    return alive;
  };
  const aliveTail = sweep(tail);
  return [sweep(body), aliveTail];
}

/** A formula with several reductions, or one inside another, becomes several formulas. */
function splitReductions(
  formula: Formula,
  shapes: Map<string, Shape>,
  batched: Set<string>,
  double: Set<string>,
): Formula[] {
  const earlier: Formula[] = [];
  const name = (): string => `${formula.target.tensor}.sum${earlier.length + 1}`;
  const store = (node: Expression): Read => {
    const axes = [...freeAxes(node)].filter((axis) => axis !== batchAxis);
    const tensor = name();
    const whole = readWhole(tensor, axes);
    const extents = axes.map((axis) => formula.ranges[axis]!);
    const isBatched = readsOf(node).some((inner) => batched.has(inner.tensor));
    const examples = formula.ranges[batchAxis];
    // In a batch of one, `b` is the constant 0.
    const first = examples === undefined ? constantIndex(0) : axisIndex(batchAxis);
    const target = isBatched ? read(tensor, [first, ...whole.index]) : whole;
    shapes.set(tensor, isBatched ? [examples ?? 1, ...extents] : extents);
    if (isBatched) batched.add(tensor);
    if (double.has(formula.target.tensor)) double.add(tensor);
    const bound = new Set<string>(isBatched && examples !== undefined ? [batchAxis, ...axes] : axes);
    walk(node, (inner) => {
      if (inner.kind === 'reduce') for (const axis of inner.axes) bound.add(axis);
    });
    const ranges = Object.fromEntries([...bound].map((axis) => [axis, formula.ranges[axis]!]));
    earlier.push({ target, expression: node, ranges });
    return target;
  };
  let first = true;
  const split = (node: Expression): Expression => {
    if (node.kind === 'apply') return { ...node, operands: node.operands.map(split) };
    if (node.kind !== 'reduce') return node;
    const flat = { ...node, body: containsReduce(node.body) ? splitInside(node.body) : node.body };
    if (!first) return store(flat);
    first = false;
    return flat;
  };
  const splitInside = (node: Expression): Expression => {
    if (node.kind === 'apply') return { ...node, operands: node.operands.map(splitInside) };
    if (node.kind !== 'reduce') return node;
    return store({ ...node, body: splitInside(node.body) });
  };
  const expression = split(formula.expression);
  const used = new Set(axesOf(formula.target.index));
  walk(expression, (node) => {
    if (node.kind === 'reduce') for (const axis of node.axes) used.add(axis);
  });
  const ranges = Object.fromEntries(Object.entries(formula.ranges).filter(([axis]) => used.has(axis)));
  return [...earlier, { ...formula, expression, ranges }];
}

/** Masks what a `max` would have to skip, and comparisons with something outside. */
function maskOutside(formula: Formula, shapes: Map<string, Shape>, inside: Set<string>): Formula {
  const maskOf = (node: Read): Read => {
    const shape = shapes.get(node.tensor)!;
    const leaves = node.index.map((index, axis) => {
      const { low, high } = intervalOf(index, formula.ranges);
      return low < 0 || high >= shape[axis]!;
    });
    const kept = leaves.flatMap((leave, axis) => (leave ? [axis] : []));
    const extents = kept.map((axis) => shape[axis]!);
    const tensor = `inside.${extents.join('x')}`;
    shapes.set(tensor, extents);
    inside.add(tensor);
    return read(
      tensor,
      kept.map((axis) => node.index[axis]!),
    );
  };
  const masksOf = (node: Expression): Read[] =>
    readsOf(node)
      .filter((inner) => mayLeave(inner, formula.ranges, shapes))
      .map(maskOf);
  const expression = rewrite(formula.expression, (node) => {
    if (node.kind === 'apply' && isComparison(node.operation)) {
      return masksOf(node).reduce<Expression>((masked, mask) => apply('multiply', mask, masked), node);
    }
    if (node.kind === 'reduce' && node.by === 'max') {
      const body = masksOf(node.body).reduce<Expression>(
        // The mask is 1 or 0: 1 - 1/mask is 0 inside and -Infinity outside.
        (masked, mask) => apply('add', masked, apply('subtract', numberNode(1), apply('divide', numberNode(1), mask))),
        node.body,
      );
      return { ...node, body };
    }
    return node;
  });
  return { ...formula, expression };
}
