/**
 * @file Kernels: each becomes one loop nest. A kernel has at most one reduction, and then values computed from it, of
 * which some are stored. Formulas become kernels here, are placed in the step, and are fused where one reads another's
 * value at the very element that was just computed.
 */
import { type Affine, axisIndex, constantIndex, intervalOf, plainAxis, type Ranges } from '../formula/affine.ts';
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
import { batchAxis, type Lowered } from './lower.ts';

/**
 * When a kernel runs: `once` a step; for each `example` of a chunk; for a whole `chunk`, the batch being one of its
 * axes; or when all chunks are done, over the `batch`.
 */
export type Level = 'once' | 'example' | 'chunk' | 'batch';

/** The axis over the chunks of a batch, in the partial gradients that each chunk has; no formula can name it. */
export const chunkAxis = '#chunk';

/** The name by which values read the kernel's reduction. */
export const reductionResult = '#';

export interface Value {
  readonly target: Read;
  readonly expression: Expression;
  readonly stored: boolean;
  /** Whether its elements are added up, slice by slice and lane by lane, beside all that the kernel does. */
  readonly summed?: boolean;
}

export interface Kernel {
  readonly level: Level;
  /** Output axes, outermost first; the batch among them only at chunk level. */
  readonly axes: readonly string[];
  readonly ranges: Ranges;
  readonly reduction?: Reduce;
  readonly values: readonly Value[];
  /** Adds to what is stored instead of replacing it. */
  readonly accumulates: boolean;
  /** Computes in float64, one element at a time, what is held in it or compared in it. */
  readonly double?: boolean;
}

export function kernelReads({ reduction, values }: Kernel): Read[] {
  return [...(reduction ? readsOf(reduction) : []), ...values.flatMap(({ expression }) => readsOf(expression))];
}

/** A batch is cut into chunks by its size alone, never by the threads that are there. */
export function chunkCount(examples: number): number {
  return Math.min(8, Math.ceil(examples / 8));
}

/** The most examples that a chunk of a batch of up to `examples` has. */
export function largestChunk(examples: number): number {
  return Math.max(Math.min(examples, 8), Math.ceil(examples / 8));
}

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

/** Joins a kernel without a reduction to the kernels that compute what it reads, wherever that is allowed. */
function fuse(kernels: readonly Kernel[], shapes: ReadonlyMap<string, Shape>, needed: ReadonlySet<string>): Kernel[] {
  const result: Kernel[] = [];
  for (const kernel of kernels) {
    const places = hostsOf(kernel, result, shapes);
    const hosts = places.map((place) => result[place]!);
    const joined = hosts.map((host) => join(host, kernel, shapes, hosts));
    if (joined.length > 0 && joined.every((one) => one !== undefined)) {
      for (const [number, place] of places.entries()) result[place] = joined[number]!;
    } else result.push(kernel);
  }
  return dropUnreadStores(result, needed);
}

/**
 * The kernels that write last what this one reads: joining any earlier one would read it too soon. They are several where
 * each writes elements of its own of the same tensor, as a convolution by Winograd's algorithm does.
 */
function hostsOf(kernel: Kernel, earlier: readonly Kernel[], shapes: ReadonlyMap<string, Shape>): number[] {
  if (kernel.reduction || kernel.accumulates) return [];
  const reads = new Set(kernel.values.flatMap(({ expression }) => readsOf(expression).map(({ tensor }) => tensor)));
  const writes = (place: number, tensors: ReadonlySet<string>): boolean =>
    earlier[place]!.values.some(({ target }) => tensors.has(target.tensor));
  const writers = [...earlier.keys()].filter((place) => writes(place, reads));
  const written = new Set(
    earlier[writers.at(-1) ?? -1]?.values.map(({ target }) => target.tensor).filter((tensor) => reads.has(tensor)),
  );
  const places = writers.filter((place) => writes(place, written));
  const isTooSoon = writers.some((place) => place > places[0]! && !places.includes(place));
  const isHost = ({ level, accumulates, values }: Kernel): boolean =>
    (level === kernel.level || (level === 'chunk' && kernel.level === 'example')) &&
    !accumulates &&
    [...written].every((tensor) => values.some(({ target }) => target.tensor === tensor));
  const own = kernel.values[0]!.target.tensor;
  const isWritten = [...earlier.keys()].some((place) => writes(place, new Set([own])));
  return places.every((place) => isHost(earlier[place]!)) && !isTooSoon && !isWritten && shapes.has(own) ? places : [];
}

/** @param hosts all that the guest joins */
function join(
  host: Kernel,
  guest: Kernel,
  shapes: ReadonlyMap<string, Shape>,
  hosts: readonly Kernel[],
): Kernel | undefined {
  const [value] = guest.values as [Value];
  const produced = new Map(host.values.map(({ target }) => [target.tensor, target]));
  const source = readsOf(value.expression).find(({ tensor }) => produced.has(tensor))!;
  const at = produced.get(source.tensor)!;
  // The guest's axes become the host's indices, and with them each read of a host's value must be at its own element.
  const replacements = new Map<string, Affine>();
  for (const [place, index] of source.index.entries()) {
    const axis = plainAxis(index);
    if (axis !== undefined) replacements.set(axis, at.index[place]!);
    else if (index.terms.length > 0) return undefined;
  }
  const covered = [...guest.axes, ...(guest.level === 'example' && host.level === 'chunk' ? [batchAxis] : [])];
  if (covered.some((axis) => !replacements.has(axis) && axis !== batchAxis)) return undefined;
  const expression = substitute(value.expression, replacements);
  const target = substitute(value.target, replacements) as Read;
  const atOwn = readsOf(expression).every(({ tensor, index }) => {
    const own = produced.get(tensor);
    return !own || String(index.map(textOf)) === String(own.index.map(textOf));
  });
  const isWhole = writeAll(hosts, at.tensor, shapes.get(at.tensor)!);
  if (!atOwn || !(isWhole || vanishesWith(value.expression, source))) return undefined;
  const usesAll = host.axes.every((axis) => axis === batchAxis || target.index.some((index) => hasAxis(index, axis)));
  if (!usesAll) return undefined;
  return { ...host, values: [...host.values, { ...value, target, expression }] };
}

const textOf = ({ terms, constant }: Affine): string =>
  `${terms
    .map(({ axis, coefficient }) => `${coefficient.value}${axis}`)
    .sort()
    .join('+')}+${constant.value}`;

const hasAxis = (index: Affine, axis: string): boolean => index.terms.some((term) => term.axis === axis);

/** Whether some kernels together write all of a tensor, of one example if it has any; none writes what another one does. */
function writeAll(kernels: readonly Kernel[], tensor: string, shape: Shape): boolean {
  let [written, all] = [0, 1];
  for (const { values, ranges } of kernels) {
    const { index } = values.find(({ target }) => target.tensor === tensor)!.target;
    const own = index.map((place, dimension) => ({ place, extent: shape[dimension]! }));
    const places = own.filter(({ place }) => plainAxis(place) !== batchAxis);
    const axes = axesOf(places.map(({ place }) => place));
    const isInside = places.every(({ place, extent }) => {
      const { low, high } = intervalOf(place, ranges);
      return low >= 0 && high < extent;
    });
    if (!isInside) return false;
    written += [...axes].reduce((size, axis) => size * ranges[axis]!, 1);
    all = places.reduce((size, { extent }) => size * extent, 1);
  }
  return written === all;
}

/** Whether an expression is 0 wherever the given read is: a product with it as a factor. */
function vanishesWith(expression: Expression, source: Read): boolean {
  if (expression === source) return true;
  if (expression.kind !== 'apply') return false;
  const [a, b] = expression.operands;
  if (expression.operation === 'multiply') return vanishesWith(a!, source) || vanishesWith(b!, source);
  return (expression.operation === 'divide' || expression.operation === 'negate') && vanishesWith(a!, source);
}

/**
 * Makes one kernel of those that walk the same axes, as the parts of a transform do, so that they load what they share once.
 * Over the batch, where new values take the place of old ones, each stays alone.
 */
function bindSiblings(kernels: readonly Kernel[]): Kernel[] {
  const isPlain = ({ level, reduction, accumulates, double }: Kernel): boolean =>
    level !== 'batch' && !reduction && !accumulates && !double;
  const walkOf = ({ level, axes, ranges }: Kernel): string =>
    [level, ...axes.map((axis) => `${axis}${ranges[axis]}`).sort()].join(' ');
  const readsOfOther = (reader: Kernel, { values }: Kernel): boolean =>
    kernelReads(reader).some(({ tensor }) => values.some(({ target, stored }) => stored && target.tensor === tensor));
  const bound: Kernel[] = [];
  for (const kernel of kernels) {
    const after = bound.findLastIndex((other) => readsOfOther(kernel, other) || readsOfOther(other, kernel));
    const place = bound.findIndex(
      (other, index) => index > after && isPlain(other) && isPlain(kernel) && walkOf(other) === walkOf(kernel),
    );
    const sibling = bound[place];
    if (sibling) bound[place] = { ...sibling, values: [...sibling.values, ...kernel.values] };
    else bound.push(kernel);
  }
  return bound;
}

/** Values that only kernels read which compute them stay in registers. */
function dropUnreadStores(kernels: readonly Kernel[], needed: ReadonlySet<string>): Kernel[] {
  const isReadIn = (tensor: string, { reduction, values }: Kernel): boolean => {
    const isComputed = values.some(({ target }) => target.tensor === tensor);
    const read = isComputed ? [] : values.map(({ expression }) => expression);
    return [...(reduction ? [reduction.body] : []), ...read].some((node) =>
      readsOf(node).some((inner) => inner.tensor === tensor),
    );
  };
  const isStored = ({ target, summed }: Value): boolean =>
    !summed && (needed.has(target.tensor) || kernels.some((kernel) => isReadIn(target.tensor, kernel)));
  return kernels.map((kernel) => ({
    ...kernel,
    values: kernel.values.map((value) => ({ ...value, stored: isStored(value) })),
  }));
}
