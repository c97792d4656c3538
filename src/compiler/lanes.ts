/**
 * @file Chooses what each kernel spreads over the lanes of a vector, and how parameters are stored so that this is cheap.
 * The choice depends on formulas and shapes alone.
 *
 * A kernel's lanes are one of its output axes, contiguous in what it stores; or an axis of its sum, in partial sums that
 * are folded at the end; or nothing: one element at a time. An operand that is not contiguous along the lanes is read
 * from a transposed copy, made once a step, if it does not depend on the example; else it is gathered. Kernels in float64
 * have no lanes. Where an operand is mostly 0 by construction, the sum may walk its live elements. Large parameters are
 * copied into the order in which a sum reads them, unless it reads whole lines that can be asked for ahead of time.
 */
import { type Affine, addIndices, axisIndex, coefficientOf, plainAxis } from '../formula/affine.ts';
import { type Expression, type Read, readsOf, rewrite, substitute } from '../formula/expression.ts';
import { readWhole } from '../formula/resolve.ts';
import { type Shape, sizeOf } from '../shape.ts';
import { chunkAxis, type Kernel, kernelReads, reductionResult } from './kernel.ts';
import { type Halo, laneCount, naturalOrder, type Order, storedAxes } from './layout.ts';
import { batchAxis } from './lower.ts';
import { costOfWalk, type Densities, liveWalkOf } from './sparse.ts';
import type { Target } from './target.ts';

export type Lanes =
  /** `walksLive`: the sum walks the live elements of one operand, by `sparse.ts`. */
  | { readonly kind: 'output'; readonly axis: string; readonly walksLive?: true }
  | { readonly kind: 'fold'; readonly axis: string }
  | { readonly kind: 'none' };

export interface LanedKernel {
  readonly kernel: Kernel;
  readonly lanes: Lanes;
}

interface World {
  readonly shapes: Map<string, Shape>;
  readonly halos: Map<string, Halo>;
  readonly hasBatch: (tensor: string) => boolean;
  readonly orders: Map<string, Order>;
  /** Gradients of which each chunk has its own: axis 0 is the chunk. */
  readonly partials: ReadonlySet<string>;
  readonly densities: Densities;
  readonly double: ReadonlySet<string>;
  /** For tests: whether walking live elements costs nothing. */
  readonly walksFree: boolean;
  readonly target: Target;
}

/** The axis whose elements lie side by side. */
function innermost(tensor: string, { shapes, orders, halos }: World): number | undefined {
  const shape = shapes.get(tensor)!;
  return storedAxes(shape, orders.get(tensor) ?? naturalOrder(shape), halos.get(tensor)).at(-1);
}

/** How a read walks along an axis: it does not; from float to float; or in strides. */
function walkOf({ tensor, index }: Read, axis: string, world: World): 'still' | 'contiguous' | 'strided' {
  const depends = index.flatMap((place, dimension) => (coefficientOf(place, axis) === 0 ? [] : [dimension]));
  if (depends.length === 0) return 'still';
  const last = innermost(tensor, world);
  const alone = depends.length === 1 && depends[0] === last;
  return alone && coefficientOf(index[last!]!, axis) === 1 ? 'contiguous' : 'strided';
}

/** The dimension that a transposed copy would have to put last; undefined if a copy does not help. */
function transposable({ tensor, index }: Read, axis: string, { hasBatch, partials }: World): number | undefined {
  if (hasBatch(tensor) || partials.has(tensor)) return undefined;
  const depends = index.flatMap((place, dimension) => (coefficientOf(place, axis) === 0 ? [] : [dimension]));
  return depends.length === 1 && plainAxis(index[depends[0]!]!) === axis ? depends[0] : undefined;
}

/** Instructions, roughly, of running a kernel with the given lanes; Infinity where it cannot. */
function costOf({ kernel, lanes }: LanedKernel, world: World): number {
  const { axes, ranges, reduction, values } = kernel;
  const stored = values.filter((value) => value.stored);
  const body = reduction ? readsOf(reduction) : [];
  const outer = values
    .filter(({ summed }) => !summed)
    .flatMap(({ expression }) => readsOf(expression))
    .filter(({ tensor }) => world.shapes.has(tensor));
  const vectors = (axis: string): number => Math.ceil(ranges[axis]! / laneCount);
  let outputs = 1;
  for (const axis of axes) outputs *= ranges[axis]!;
  let terms = 1;
  for (const axis of reduction?.axes ?? []) terms *= ranges[axis]!;

  let copies = 0;
  const readCost = (node: Read, axis: string): number => {
    const walk = walkOf(node, axis, world);
    if (walk === 'still') return 0.5;
    if (walk === 'contiguous') return 1;
    if (transposable(node, axis, world) === undefined || kernel.level === 'once') return 8;
    copies += 2 * sizeOf(world.shapes.get(node.tensor)!);
    return 1;
  };
  const sumOf = (reads: readonly Read[], axis: string): number =>
    1 + reads.reduce((sum, node) => sum + readCost(node, axis), 0);

  if (lanes.kind === 'output') {
    const { axis } = lanes;
    if (!stored.every(({ target }) => canStore(target, axis, ranges[axis]!, world))) return Number.POSITIVE_INFINITY;
    const rows = (outputs / ranges[axis]!) * vectors(axis);
    const walk = lanes.walksLive && liveWalkOf(kernel, world);
    if (walk) {
      if (readCost(walk.other, axis) !== 1 || readCost(walk.live, axis) !== 0.5) return Number.POSITIVE_INFINITY;
      return (world.walksFree ? 0 : costOfWalk(walk, kernel, axis, world)) + rows * sumOf(outer, axis) + copies;
    }
    return rows * (terms * sumOf(body, axis) * (reduction ? 1 : 0) + sumOf(outer, axis)) + copies;
  }
  if (lanes.kind === 'fold') {
    const { axis } = lanes;
    const isPadded = ranges[axis]! % laneCount !== 0;
    if (isPadded && !vanishesInPadding(reduction!.body, axis, ranges[axis]!, world)) return Number.POSITIVE_INFINITY;
    const rows = (terms / ranges[axis]!) * vectors(axis);
    return outputs * (rows * sumOf(body, axis) + 6 + outer.length) + copies;
  }
  return outputs * (terms * (1 + body.length) + 1 + outer.length);
}

/** Whether vectors along an axis are whole rows of the buffer, running neither into a halo nor into other elements. */
function canStore({ tensor, index }: Read, axis: string, range: number, world: World): boolean {
  const last = innermost(tensor, world);
  if (last === undefined || plainAxis(index[last]!) !== axis) return false;
  const others = index.every((place, dimension) => dimension === last || coefficientOf(place, axis) === 0);
  const halo = world.halos.get(tensor);
  const isWhole = range === world.shapes.get(tensor)![last];
  return isWhole && others && !halo?.low[last] && !halo?.high[last];
}

/** Whether a product is 0 in the padding behind an axis: one factor is read along it, from padding that is 0. */
function vanishesInPadding(body: Expression, axis: string, range: number, world: World): boolean {
  if (body.kind === 'apply' && body.operation === 'multiply') {
    return body.operands.some((operand) => vanishesInPadding(operand, axis, range, world));
  }
  return (
    body.kind === 'read' &&
    walkOf(body, axis, world) === 'contiguous' &&
    body.index.some((place) => plainAxis(place) === axis) &&
    canStore(body, axis, range, world)
  );
}

function bestLanes(kernel: Kernel, world: World): { laned: LanedKernel; cost: number } {
  const outputs = [...kernel.axes].reverse().map((axis) => ({ kind: 'output', axis }) as const);
  const choices: Lanes[] = [
    ...outputs,
    ...(liveWalkOf(kernel, world) ? outputs.map((lanes) => ({ ...lanes, walksLive: true as const })) : []),
    ...(kernel.reduction?.by === 'sum'
      ? [...kernel.reduction.axes].reverse().map((axis) => ({ kind: 'fold', axis }) as const)
      : []),
    { kind: 'none' },
  ];
  const costs = choices
    .filter((lanes) => lanes.kind === 'none' || !(kernel.double || isDynamic(lanes.axis)))
    .map((lanes) => ({ laned: { kernel, lanes }, cost: costOf({ kernel, lanes }, world) }));
  return costs.reduce((best, next) => (next.cost < best.cost ? next : best));
}

/** The batch and the chunks are counted when the step runs. */
const isDynamic = (axis: string): boolean => axis === batchAxis || axis === chunkAxis;

/**
 * Settles every parameter's storage order and every kernel's lanes.
 * @param families tensors that are stored alike: a parameter with its gradient, its state and its new values
 * @returns the kernels with their lanes, and copies that they read before them
 */
export function chooseLanes(
  kernels: readonly Kernel[],
  families: readonly (readonly string[])[],
  world: World,
): LanedKernel[] {
  for (const family of families) settleOrder(family, kernels, world);
  const copies = new Map<string, Kernel>();
  const laned = kernels.map((kernel) => {
    const best = bestLanes(kernel, world).laned;
    return block(best, copies, world) ?? transpose(best, copies, world);
  });
  const ordered = [...laned];
  // A copy stands behind whatever writes what it copies: nothing does where that is a parameter.
  for (const copy of [...copies.values()].reverse()) {
    const [original] = kernelReads(copy);
    const writer = ordered.findLastIndex(({ kernel }) => isWritten(original!.tensor, kernel));
    ordered.splice(writer + 1, 0, bestLanes(copy, world).laned);
  }
  return ordered;
}

const isWritten = (tensor: string, { level, values }: Kernel): boolean =>
  level === 'once' && values.some(({ target }) => target.tensor === tensor);

function settleOrder(family: readonly string[], kernels: readonly Kernel[], world: World): void {
  const members = family.filter((tensor) => world.shapes.has(tensor));
  const shape = world.shapes.get(members[0]!)!;
  const touching = kernels.filter((kernel) =>
    [...kernel.values.map(({ target }) => target), ...kernelReads(kernel)].some(({ tensor }) =>
      members.includes(tensor),
    ),
  );
  let best = { cost: Number.POSITIVE_INFINITY, last: shape.length - 1 };
  for (let last = shape.length - 1; last >= 0; last--) {
    if (shape[last]! === 1 && last < shape.length - 1) continue;
    setOrders(members, last, world);
    const cost = touching.reduce((sum, kernel) => sum + bestLanes(kernel, world).cost, 0);
    if (cost < best.cost) best = { cost, last };
  }
  setOrders(members, best.last, world);
}

function setOrders(tensors: readonly string[], last: number, { shapes, orders, partials }: World): void {
  for (const tensor of tensors) {
    const shape = shapes.get(tensor)!;
    const leading = partials.has(tensor) ? 1 : 0;
    // The axes behind the chosen one come to the front, so that those before it stay its neighbours and merge with it.
    const own = naturalOrder(shape).slice(leading);
    const order = [...own.slice(last + 1), ...own.slice(0, last + 1)];
    orders.set(tensor, [...naturalOrder(shape).slice(0, leading), ...order]);
  }
}

/** Floats of a cache line. */
const blockSize = 16;
/** Floats that the caches near a core do not hold. */
const leastBlocked = 2 ** 16;
/** That a copy has to be read for, to be worth its making in every step. */
const fewestExamples = 16;

/**
 * Lets a sum over a large parameter read a copy in which the elements lie in the order in which it takes them: blocks
 * of a line's length along the lanes, each with all that is summed; the blocks become a loop. No sum changes its order.
 */
function block({ kernel, lanes }: LanedKernel, copies: Map<string, Kernel>, world: World): LanedKernel | undefined {
  const { axes, ranges, reduction, values, level } = kernel;
  if (lanes.kind !== 'output' || lanes.walksLive || !reduction || level === 'once') return undefined;
  const { axis } = lanes;
  if (ranges[axis]! % blockSize !== 0 || !(ranges[batchAxis]! >= fewestExamples)) return undefined;
  const lastOf = (node: Read): number | undefined =>
    world.shapes.has(node.tensor) && sizeOf(world.shapes.get(node.tensor)!) >= leastBlocked
      ? transposable(node, axis, world)
      : undefined;
  const reads = readsOf(reduction);
  // Whole lines that can be asked for ahead of time are as good as a copy.
  const readsLines = world.target.lanes === blockSize;
  const needsCopy = (node: Read): boolean => !readsLines || walkOf(node, axis, world) !== 'contiguous';
  if (!reads.some((node) => lastOf(node) !== undefined && needsCopy(node))) return undefined;
  const inner = `${axis}.lanes`;
  const split = new Map([[axis, blockIndex(axis, inner)]]);
  const redirect = (expression: Expression): Expression =>
    rewrite(expression, (node) => {
      if (node.kind !== 'read') return node;
      const last = lastOf(node);
      if (last === undefined) return substitute(node, split);
      const isSummed = (dimension: number): boolean =>
        node.index[dimension]!.terms.some((term) => reduction.axes.includes(term.axis));
      const dimensions = node.index.map((_, dimension) => dimension);
      const order = [...dimensions.filter((one) => !isSummed(one)), ...dimensions.filter(isSummed)];
      const tensor = `${node.tensor}.blocks${order.join('')}`;
      if (!copies.has(tensor)) copies.set(tensor, blockCopyOf(node.tensor, tensor, last, order, world));
      return { ...node, tensor, index: [...node.index, axisIndex(inner)] };
    });
  return {
    lanes: { kind: 'output', axis: inner },
    kernel: {
      ...kernel,
      axes: axes.flatMap((name) => (name === axis ? [axis, inner] : [name])),
      ranges: { ...ranges, [axis]: ranges[axis]! / blockSize, [inner]: blockSize },
      reduction: redirect(reduction) as typeof reduction,
      values: values.map((value) => ({
        ...value,
        target: substitute(value.target, split) as Read,
        expression: substitute(value.expression, split),
      })),
    },
  };
}

/** Lets a kernel read transposed copies where its operands do not lie along its lanes. */
function transpose(laned: LanedKernel, copies: Map<string, Kernel>, world: World): LanedKernel {
  const { kernel, lanes } = laned;
  if (lanes.kind === 'none' || kernel.level === 'once') return laned;
  const redirect = (expression: Expression): Expression =>
    rewrite(expression, (node) => {
      if (node.kind !== 'read' || node.tensor === reductionResult) return node;
      if (walkOf(node, lanes.axis, world) !== 'strided') return node;
      const last = transposable(node, lanes.axis, world);
      if (last === undefined) return node;
      const tensor = `${node.tensor}.transposed${last}`;
      if (!copies.has(tensor)) copies.set(tensor, copyOf(node.tensor, tensor, last, world));
      return { ...node, tensor };
    });
  return {
    lanes,
    kernel: {
      ...kernel,
      ...(kernel.reduction ? { reduction: redirect(kernel.reduction) as typeof kernel.reduction } : {}),
      values: kernel.values.map((value) => ({ ...value, expression: redirect(value.expression) })),
    },
  };
}

function copyOf(original: string, tensor: string, last: number, world: World): Kernel {
  const shape = world.shapes.get(original)!;
  world.shapes.set(tensor, shape);
  const halo = world.halos.get(original);
  if (halo) world.halos.set(tensor, halo);
  setOrders([tensor], last, world);
  return copyInto(tensor, shape, 'once', world.orders.get(tensor)!, (axes) => readWhole(original, axes));
}

/** Its dimension `last` becomes blocks, with the elements of one behind all other dimensions. */
function blockCopyOf(original: string, tensor: string, last: number, order: Order, world: World): Kernel {
  const whole = world.shapes.get(original)!;
  const shape = [...whole.map((extent, axis) => (axis === last ? extent / blockSize : extent)), blockSize];
  world.shapes.set(tensor, shape);
  world.orders.set(tensor, [...order, whole.length]);
  return copyInto(tensor, shape, 'once', world.orders.get(tensor)!, (axes) => {
    const split = new Map([[axes[last]!, blockIndex(axes[last]!, axes.at(-1)!)]]);
    return substitute(readWhole(original, axes.slice(0, -1)), split);
  });
}

const blockIndex = (axis: string, inner: string): Affine => addIndices(axisIndex(axis, blockSize), axisIndex(inner));

/** A kernel that does nothing but copy, with its axes in `order`. */
export function copyInto(
  tensor: string,
  shape: Shape,
  level: Kernel['level'],
  order: Order,
  source: (axes: readonly string[]) => Expression,
): Kernel {
  const axes = shape.map((_, axis) => `n${axis}`);
  return {
    level,
    axes: order.map((axis) => axes[axis]!),
    ranges: Object.fromEntries(axes.map((axis, place) => [axis, shape[place]!])),
    values: [{ target: readWhole(tensor, axes), expression: source(axes), stored: true }],
    accumulates: false,
  };
}
