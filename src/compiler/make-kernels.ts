/** @file Formulas become kernels, and are placed in the step: once, for each example, for a chunk or over the batch. */
import { type Affine, axisIndex, constantIndex, plainAxis, type Ranges } from '../formula/affine.ts';
import {
  apply,
  axesOf,
  type Expression,
  type Formula,
  isComparison,
  numberNode,
  type Read,
  type Reduce,
  read,
  readsOf,
  rewrite,
  substitute,
  walk,
} from '../formula/expression.ts';
import type { Graph } from '../model/graph.ts';
import { type Shape, sizeOf } from '../shape.ts';
import { bindSiblings, fuse } from './fuse-kernels.ts';
import { chunkAxis, chunkCount, type Kernel, type Level, reductionResult } from './kernel.ts';
import { batchAxis, type Lowered } from './lower.ts';

/** Parameters of at least this many elements are too large for a gradient buffer in every chunk. */
const largeParameter = 8192;

export interface Kernels {
  readonly kernels: readonly Kernel[];
  readonly shapes: Map<string, Shape>;
  /** Partial gradients, which each chunk starts at 0. */
  readonly partials: readonly string[];
}

export function makeKernels(graph: Graph, lowered: Lowered, batchSize: number, roots: ReadonlySet<string>): Kernels {
  const shapes = new Map(lowered.shapes);
  const partials: string[] = [];
  const gradients = new Set(graph.parameters.map(({ gradient }) => gradient));
  const parameters = new Set(graph.parameters.map(({ name }) => name));
  const scalars = new Set(graph.updates[0]?.formulas.map(({ target: { tensor } }) => tensor));
  const isTick = ({ target: { tensor } }: Formula): boolean => scalars.has(tensor);
  const early: Kernel[] = [];
  // The optimiser's scalars come before the gradients, so that an update can join the kernel of its gradient.
  const late: Kernel[] = lowered.updates.filter(isTick).map((formula) => kernelOf(formula, 'batch'));
  for (const formula of lowered.formulas) {
    const { tensor } = formula.target;
    if (!gradients.has(tensor)) {
      early.push(kernelOf(formula, levelOf(formula, lowered, parameters)));
    } else if (isOuterProduct(formula, shapes.get(tensor)!, batchSize)) {
      late.push(kernelOf(formula, 'batch'));
    } else if (batchSize === 1) {
      early.push(kernelOf(formula, 'example'));
    } else {
      const partial = `${tensor}.partial`;
      shapes.set(partial, [chunkCount(batchSize), ...shapes.get(tensor)!]);
      partials.push(partial);
      early.push({ ...kernelOf(withinChunk(formula, partial), 'example'), accumulates: true });
      late.push(kernelOf(sumOfChunks(formula, partial, shapes), 'batch'));
    }
  }
  const health = new Set(graph.updates.map((update) => update.health?.sum));
  for (const formula of lowered.updates.filter((other) => !isTick(other))) {
    late.push(health.has(formula.target.tensor) ? elementsOf(formula) : kernelOf(formula, 'batch'));
  }
  const needed = new Set([...roots, ...graph.updates.flatMap(({ assign }) => assign.map(([, from]) => from))]);
  const kernels = fuse([...early, ...late], shapes, needed).map((kernel) => withPrecision(kernel, lowered.double));
  return { kernels: bindSiblings(kernels), shapes, partials };
}

/** Who only reads tensors in float64, and does not compare them, needs no more than float32. */
function withPrecision(kernel: Kernel, double: ReadonlySet<string>): Kernel {
  const { reduction, values } = kernel;
  const isDouble = ({ tensor }: Read): boolean => double.has(tensor);
  let compares = false;
  for (const expression of [...(reduction ? [reduction] : []), ...values.map((value) => value.expression)]) {
    walk(expression, (node) => {
      if (node.kind === 'apply' && isComparison(node.operation)) compares ||= readsOf(node).some(isDouble);
    });
  }
  return compares || values.some(({ target }) => isDouble(target)) ? { ...kernel, double: true } : kernel;
}

function kernelOf({ target, expression, ranges }: Formula, level: Level): Kernel {
  let reduction: Reduce | undefined;
  const outside = rewriteOutermost(expression, (node) => {
    if (node.kind !== 'reduce') return undefined;
    if (isShort(node, ranges)) return writtenOut(node, ranges);
    reduction = node;
    return read(reductionResult, []);
  });
  const reduced = new Set(reduction?.axes);
  const axes = [...axesOf(target.index)];
  const own = axes.filter((axis) => !reduced.has(axis) && (axis !== batchAxis || level === 'chunk'));
  return {
    level,
    axes: own.filter((axis) => axis !== chunkAxis),
    ranges,
    ...(reduction ? { reduction } : {}),
    values: [{ target, expression: outside, stored: true }],
    accumulates: false,
  };
}

/** The most terms of a reduction that are written out instead of looped over. */
const mostWrittenOut = 4;

/** A sum whose terms may lie side by side, which lanes add up, is not. */
function isShort({ by, axes, body }: Reduce, ranges: Ranges): boolean {
  const places = readsOf(body).flatMap(({ index }) => index);
  const mayFold = (axis: string): boolean =>
    ranges[axis]! >= mostWrittenOut || places.some((place) => plainAxis(place) === axis);
  if (axes.some((axis) => axis === batchAxis || axis === chunkAxis || (by === 'sum' && mayFold(axis)))) return false;
  return axes.reduce((terms, axis) => terms * ranges[axis]!, 1) <= mostWrittenOut;
}

/** A reduction as an expression, with its terms in their order. */
function writtenOut({ by, axes, body }: Reduce, ranges: Ranges): Expression {
  const points = axes.reduce<Map<string, Affine>[]>(
    (known, axis) =>
      known.flatMap((point) =>
        Array.from({ length: ranges[axis]! }, (_, index) => new Map([...point, [axis, constantIndex(index)]])),
      ),
    [new Map()],
  );
  const start = numberNode(by === 'sum' ? 0 : Number.NEGATIVE_INFINITY);
  return points.reduce<Expression>(
    (all, point) => apply(by === 'sum' ? 'add' : 'max', all, substitute(body, point)),
    start,
  );
}

/** The elements of a sum over everything, to be added up by whoever computes them. */
function elementsOf({ target, expression, ranges }: Formula): Kernel {
  const axes = Object.keys(ranges);
  const index = axes.map((axis) => axisIndex(axis));
  const body = expression.kind === 'reduce' ? expression.body : expression;
  const value = { target: read(target.tensor, index), expression: body, stored: false, summed: true };
  return { level: 'batch', axes, ranges, values: [value], accumulates: false };
}

function rewriteOutermost(node: Expression, change: (node: Expression) => Expression | undefined): Expression {
  const changed = change(node);
  if (changed) return changed;
  if (node.kind !== 'apply') return node;
  return { ...node, operands: node.operands.map((operand) => rewriteOutermost(operand, change)) };
}

/** A gradient that needs no sum but the one over the batch. */
function isOuterProduct({ expression, ranges }: Formula, shape: Shape, batchSize: number): boolean {
  let own = 1;
  walk(expression, (node) => {
    if (node.kind === 'reduce') for (const axis of node.axes) if (axis !== batchAxis) own *= ranges[axis]!;
  });
  return own === 1 && (batchSize === 1 || sizeOf(shape) >= largeParameter);
}

/** A large parameter that an example reads once through is shared by the examples of a chunk. */
function levelOf(formula: Formula, { hasBatch }: Lowered, parameters: ReadonlySet<string>): Level {
  if (!hasBatch(formula.target.tensor)) return 'once';
  if (formula.ranges[batchAxis] === undefined) return 'example';
  let products = 1;
  for (const [axis, range] of Object.entries(formula.ranges)) if (axis !== batchAxis) products *= range;
  const streams = readsOf(formula.expression).some(
    ({ tensor, index }) =>
      parameters.has(tensor) &&
      products >= largeParameter &&
      index.reduce((size, { terms }) => terms.reduce((all, { axis }) => all * formula.ranges[axis]!, size), 1) ===
        products,
  );
  return streams ? 'chunk' : 'example';
}

/** One example's share of a gradient, added to its chunk's. */
function withinChunk(formula: Formula, partial: string): Formula {
  const target = read(partial, [axisIndex(chunkAxis), ...formula.target.index]);
  const expression = rewrite(formula.expression, (node) => {
    if (node.kind !== 'reduce' || !node.axes.includes(batchAxis)) return node;
    const axes = node.axes.filter((axis) => axis !== batchAxis);
    return axes.length === 0 ? node.body : { ...node, axes };
  });
  return { ...formula, target, expression };
}

function sumOfChunks({ target, ranges }: Formula, partial: string, shapes: ReadonlyMap<string, Shape>): Formula {
  const body = read(partial, [axisIndex(chunkAxis), ...target.index]);
  const own = Object.fromEntries(
    target.index.flatMap(({ terms }) => terms.map(({ axis }) => [axis, ranges[axis]!] as const)),
  );
  return {
    target,
    expression: { kind: 'reduce', by: 'sum', axes: [chunkAxis], body },
    ranges: { ...own, [chunkAxis]: shapes.get(partial)![0]! },
  };
}
