/**
 * @file The schedule of a kernel: its axes as loops over memory, neighbouring axes merged where every operand walks
 * them as one, and the tile that is held in registers.
 *
 * A tile is some rows (steps of one output axis, or of two) times some vectors. It is chosen by counting instructions; more
 * than two less than there are registers would spill.
 */
import { type Expression, type Read, readsOf } from '../formula/expression.ts';
import { addressIn, Place } from './address.ts';
import { chunkAxis, type Kernel, largestChunk, reductionResult } from './kernel.ts';
import type { LanedKernel } from './lanes.ts';
import { type Buffer, floatBytes } from './layout.ts';
import { batchAxis } from './lower.ts';
import type { ListWalk } from './make-lists.ts';
import { type Address, type Precision, sliceVariable, threadVariable } from './nest.ts';
import { mostWalked, walkedAtOnce } from './sparse.ts';
import { coverOf, foldRun, type Run, type Target } from './target.ts';

/** The most vectors of a row. */
const mostVectors = 4;
/** The most steps of an axis. */
const mostRows = 8;
/** From so many bytes on, what a nest reads does not stay in a core's second cache beside all else. */
const farBytes = 2 ** 18;

export interface Axis {
  readonly name: string;
  readonly range: number;
  readonly dynamic?: 'examples' | 'chunks';
}

/** An axis, and how many steps of it a tile takes. */
export interface Rows {
  readonly axis: string;
  readonly size: number;
}

export interface Schedule {
  readonly kernel: Kernel;
  /** Output axes as loops, outermost first, without the lanes. */
  readonly loops: readonly Axis[];
  readonly reduction: readonly Axis[];
  readonly lanes: { readonly kind: 'output' | 'fold' | 'none'; readonly axis?: Axis };
  /** The axes of `loops` that are tiled. */
  readonly rows: readonly Rows[];
  readonly vectors: number;
  /** Lanes of a vector; there may be narrower ones at the end of the lanes' axis. */
  readonly width: number;
  readonly target: Target;
  /** Whether the loop over tiles of lanes stands outside the others: its operand is used again, or its lines are. */
  readonly lanesOutside: boolean;
  /** Where the sum walks live elements; `reduction` has the loops around that. */
  readonly walk: ListWalk | undefined;
  /** The output axis whose tiles are shared out among threads; undefined where there are none, or examples are cut. */
  readonly sliced: string | undefined;
  readonly addressOf: (node: Read) => Address;
  /** Reads of more than a core's caches keep. */
  readonly far: ReadonlySet<Read>;
  readonly precisionOf: (node: Read) => Precision;
}

/** @param walk how its sum walks live elements, if it does */
export function scheduleKernel(
  { kernel, lanes }: LanedKernel,
  buffers: ReadonlyMap<string, Buffer>,
  target: Target,
  walk?: ListWalk,
): Schedule {
  const addresses = new Map<Read, Place>();
  const isLooped = (axis: string): boolean =>
    kernel.axes.includes(axis) || (kernel.reduction?.axes.includes(axis) ?? false);
  const stored = kernel.values.filter((value) => value.stored).map(({ target }) => target);
  const inBody = kernel.reduction ? readsOf(kernel.reduction) : [];
  const produced = new Set(kernel.values.map(({ target }) => target.tensor));
  const inValues = kernel.values
    .flatMap(({ expression }) => readsOf(expression))
    .filter(({ tensor }) => tensor !== reductionResult && !produced.has(tensor));
  for (const node of [...stored, ...inBody, ...inValues]) {
    addresses.set(node, node === walk?.other ? walk.place : addressIn(node, isLooped, buffers.get(node.tensor)!));
  }
  const far = [...inBody, ...inValues].filter((node) => {
    const { terms } = addresses.get(node)!;
    return [...terms].reduce((all, [axis, bytes]) => all + Math.abs(bytes) * (kernel.ranges[axis] ?? 0), 0) >= farBytes;
  });
  const farTerms = new Set(far.map((node) => addresses.get(node)!.terms));

  const axisOf = (name: string): Axis => ({
    name,
    range: kernel.ranges[name]!,
    ...(name === batchAxis
      ? { dynamic: 'examples' as const }
      : name === chunkAxis
        ? { dynamic: 'chunks' as const }
        : {}),
  });
  const strideOf = (node: Read, axis: string): number => addresses.get(node)!.terms.get(axis) ?? 0;
  const [main] = [...stored, ...inValues] as [Read, ...Read[]];
  const outputs = [...kernel.axes]
    .sort((a, b) => Math.abs(strideOf(main, b)) - Math.abs(strideOf(main, a)))
    .map(axisOf);
  const everywhere = [...[...addresses.values()], ...(walk ? [walk.from] : [])].map(({ terms }) => terms);
  const reads = walk ? [walk.from.terms, walk.place.terms] : inBody.map((node) => addresses.get(node)!.terms);
  const mergedOutputs = mergeAxes(outputs, everywhere);
  const looped = (kernel.reduction?.axes ?? []).filter((axis) => !walk?.inside.includes(axis));
  const reduction = mergeAxes(looped.map(axisOf), reads);

  // Axes merge into their inner neighbour, and what lies along the lanes is innermost.
  const axis =
    lanes.kind === 'none' ? undefined : [...mergedOutputs, ...reduction].find(({ name }) => name === lanes.axis);
  const loops = mergedOutputs.filter((other) => other !== axis);
  const inner = reduction.filter((other) => other !== axis);
  const form = { kind: lanes.kind, ...(axis ? { axis } : {}) };
  const tile = chooseTile(form, loops, inner, reads, kernel.reduction?.body, everywhere, target, walk, farTerms);
  for (const { target: sum } of kernel.values.filter(({ summed }) => summed)) {
    const place = new Place(buffers.get(sum.tensor)!.address);
    place.add(sliceVariable, target.lanes * floatBytes);
    addresses.set(sum, place);
  }
  for (const [{ tensor }, { terms }] of addresses) if (buffers.get(tensor)!.perThread) terms.set(threadVariable, 1);
  return {
    kernel,
    loops,
    reduction: inner,
    lanes: form,
    ...tile,
    target,
    walk,
    sliced: isCutBySlices(kernel) ? chooseSliced(form, loops, tile) : undefined,
    addressOf: (node) => addresses.get(node)!,
    far: new Set(far),
    precisionOf: ({ tensor }) => (buffers.get(tensor)!.elementBytes === floatBytes ? 'single' : 'double'),
  };
}

/** Joins an axis to the next inner one where all walk them as one axis; the strides of the outer one disappear. */
function mergeAxes(axes: readonly Axis[], users: readonly Map<string, number>[]): Axis[] {
  const merged: Axis[] = [];
  for (const axis of [...axes].reverse()) {
    const inner = merged[0];
    const isOne =
      inner &&
      !axis.dynamic &&
      !inner.dynamic &&
      users.every((terms) => (terms.get(axis.name) ?? 0) === (terms.get(inner.name) ?? 0) * inner.range);
    if (!isOne) {
      merged.unshift(axis);
      continue;
    }
    merged[0] = { name: inner.name, range: axis.range * inner.range };
    for (const terms of users) terms.delete(axis.name);
  }
  return merged;
}

type Tile = Pick<Schedule, 'rows' | 'vectors' | 'width' | 'lanesOutside'>;

function chooseTile(
  lanes: Schedule['lanes'],
  loops: readonly Axis[],
  reduction: readonly Axis[],
  reads: readonly ReadonlyMap<string, number>[],
  body: Expression | undefined,
  everywhere: readonly ReadonlyMap<string, number>[],
  target: Target,
  walk: ListWalk | undefined,
  farTerms: ReadonlySet<ReadonlyMap<string, number>>,
): Tile {
  const liveVectors = target.vectorRegisters - 2;
  const laneAxis = lanes.axis;
  const { width: lanesOfVector, vectors } = runOf(lanes, target);
  const operands = body ? reads : everywhere;
  const distinct = [...new Map(operands.map((terms) => [String([...terms].sort()), terms])).values()];
  const strides = laneAxis ? distinct.map((terms) => ({ terms, along: terms.get(laneAxis.name) ?? 0 })) : [];
  const isReused = strides.some(({ terms, along }) => along !== 0 && !loops.some(({ name }) => terms.has(name)));
  const isGathered = strides.some(({ along }) => along !== 0 && along !== floatBytes);
  const bytesOf = (isLooped: boolean): number => {
    const all = [...loops, ...reduction, ...(laneAxis ? [laneAxis] : [])];
    const sizes = distinct
      .filter((terms) => loops.some(({ name }) => terms.has(name)) === isLooped)
      .map((terms) => all.reduce((size, { name, range }) => (terms.has(name) ? size * range : size), floatBytes));
    return Math.max(...sizes);
  };
  const isLarger = isReused && bytesOf(false) >= bytesOf(true);
  const lanesOutside = lanes.kind === 'output' && ((body && isLarger) || isGathered);
  const most = walk ? mostWalked : mostVectors;
  let best: { cost: number; tile: Tile } | undefined;
  const widths =
    lanes.kind === 'fold' ? [vectors] : [1, 2, 3, 4, 5, 6, 7, 8].filter((width) => width <= Math.min(vectors, most));
  // Rows of a tile have to walk the same entries.
  const mayTile = loops.filter(({ name }) => !walk?.from.terms.has(name));
  for (const rows of body ? rowsOf(mayTile) : [[]]) {
    for (const width of widths) {
      const count = rows.reduce((all, { size }) => all * size, 1);
      const live = liveIn(rows, width, laneAxis, distinct, body !== undefined, farTerms);
      const early = target.operandsFirst ? Math.min(count * width, walkedAtOnce) : 0;
      const total = walk ? count * width + early + 2 : live.total;
      if (total > liveVectors && !(count === 1 && width === widths[0])) continue;
      const rowTiles = rows.reduce((all, { axis, size }) => {
        const { range, dynamic } = loops.find(({ name }) => name === axis)!;
        // What is left of a fixed axis is one smaller tile; of examples or chunks, whose number the step knows, one by one.
        const steps = dynamic === 'examples' ? largestChunk(range) : range;
        return (all * (Math.floor(steps / size) + (dynamic ? steps % size : Math.min(steps % size, 1)))) / steps;
      }, 1);
      const laneTiles = Math.ceil(vectors / width);
      const cost = rowTiles * laneTiles * (count * width * 2 + live.loads + 2);
      if (best && cost >= best.cost) continue;
      best = { cost, tile: { rows, vectors: width, width: lanesOfVector, lanesOutside } };
    }
  }
  return best!.tile;
}

/** The choices of rows: none, steps of an axis, or of two. */
function rowsOf(axes: readonly Axis[]): Rows[][] {
  const stepsOf = ({ name, range }: Axis): Rows[] =>
    Array.from({ length: Math.max(Math.min(range, mostRows) - 1, 0) }, (_, place) => ({ axis: name, size: place + 2 }));
  const one = axes.flatMap((axis) => stepsOf(axis).map((rows) => [rows]));
  const two = axes.flatMap((outer, place) =>
    axes
      .slice(place + 1)
      .flatMap((inner) => stepsOf(outer).flatMap((rows) => stepsOf(inner).map((others) => [rows, others]))),
  );
  return [[], ...one, ...two];
}

/** In instructions: of what lies in a cache, or does not; a single number for all lanes has an address of its own. */
const loadCosts = { vector: 1, far: 4, splat: 1.2 };

/** Vectors that a tile has in registers, and what its loads cost. */
function liveIn(
  rows: readonly Rows[],
  width: number,
  laneAxis: Axis | undefined,
  operands: readonly ReadonlyMap<string, number>[],
  hasReduction: boolean,
  farTerms: ReadonlySet<ReadonlyMap<string, number>>,
): { total: number; loads: number } {
  let total = hasReduction ? rows.reduce((all, { size }) => all * size, width) : 0;
  let loads = 0;
  for (const terms of operands) {
    const copies = rows.reduce((all, { axis, size }) => (terms.has(axis) ? all * size : all), 1);
    const isVector = laneAxis !== undefined && terms.has(laneAxis.name);
    const vectors = isVector ? copies * width : copies;
    total += vectors;
    loads += vectors * (isVector ? (farTerms.has(terms) ? loadCosts.far : loadCosts.vector) : loadCosts.splat);
  }
  return { total, loads };
}

/** What runs once a step is cut by its output; all else by examples. */
export const isCutBySlices = ({ level }: Kernel): boolean => level === 'once' || level === 'batch';

/** The axis with the most tiles; of equals the outermost. No element's sum is cut, so no bit depends on the slices. */
function chooseSliced(
  { kind, axis }: Schedule['lanes'],
  loops: readonly Axis[],
  { rows, vectors, width }: Tile,
): string | undefined {
  const axes = loops.map(({ name, range }) => {
    const size = rows.find((row) => row.axis === name)?.size ?? 1;
    return { name, tiles: Math.ceil(range / size) };
  });
  if (kind === 'output') axes.push({ name: axis!.name, tiles: Math.ceil(axis!.range / (width * vectors)) });
  const most = Math.max(...axes.map(({ tiles }) => tiles), 1);
  return axes.find(({ tiles }) => tiles === most && tiles > 1)?.name;
}

/** The vectors that a tile is taken from: all but what is left at the end of the axis, in narrower ones. */
function runOf({ kind, axis }: Schedule['lanes'], target: Target): Run {
  if (!axis) return { width: target.scalarLanes, vectors: 1 };
  return kind === 'fold' ? foldRun(axis.range, target) : coverOf(axis.range, target)[0]!;
}
