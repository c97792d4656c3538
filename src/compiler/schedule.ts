/**
 * @file The schedule of a kernel: its axes as loops over memory, neighbouring axes merged where every operand walks
 * them as one, and the tile that is held in registers.
 *
 * A tile is some rows (steps of one output axis) times some vectors. It is chosen by counting instructions; more than
 * two less than there are registers would spill (WebAssembly's engine loads a loop body's operands first).
 */
import { type Expression, type Read, readsOf } from '../formula/expression.ts';
import { chunkAxis, type Kernel, reductionResult } from './kernel.ts';
import type { LanedKernel } from './lanes.ts';
import { type Buffer, floatBytes } from './layout.ts';
import { batchAxis } from './lower.ts';
import {
  type Address,
  chunkVariable,
  firstInChunkVariable,
  firstVariable,
  type Precision,
  sliceVariable,
  threadVariable,
} from './nest.ts';
import { coverOf, foldRun, type Run, type Target } from './target.ts';

/** A short reduction is written out instead of looped over. */
const unrolledReduction = 4;

export interface Axis {
  readonly name: string;
  readonly range: number;
  readonly dynamic?: 'examples' | 'chunks';
}

export interface Schedule {
  readonly kernel: Kernel;
  /** Output axes as loops, outermost first, without the lanes. */
  readonly loops: readonly Axis[];
  readonly reduction: readonly Axis[];
  readonly lanes: { readonly kind: 'output' | 'fold' | 'none'; readonly axis?: Axis };
  /** The axis of `loops` that is tiled, if one is, and by how much. */
  readonly row?: string;
  readonly rows: number;
  readonly vectors: number;
  /** Lanes of a vector; there may be narrower ones at the end of the lanes' axis. */
  readonly width: number;
  readonly target: Target;
  /** Whether the loop over tiles of lanes stands outside the others: its operand is used again, or its lines are. */
  readonly lanesOutside: boolean;
  readonly unrolled: boolean;
  /** The output axis whose tiles are shared out among threads; undefined where there are none, or examples are cut. */
  readonly sliced: string | undefined;
  readonly addressOf: (node: Read) => Address;
  readonly precisionOf: (node: Read) => Precision;
}

export function scheduleKernel(
  { kernel, lanes }: LanedKernel,
  buffers: ReadonlyMap<string, Buffer>,
  target: Target,
): Schedule {
  const addresses = new Map<Read, { base: number; terms: Map<string, number> }>();
  const stored = kernel.values.filter((value) => value.stored).map(({ target }) => target);
  const inBody = kernel.reduction ? readsOf(kernel.reduction) : [];
  const produced = new Set(kernel.values.map(({ target }) => target.tensor));
  const inValues = kernel.values
    .flatMap(({ expression }) => readsOf(expression))
    .filter(({ tensor }) => tensor !== reductionResult && !produced.has(tensor));
  for (const node of [...stored, ...inBody, ...inValues]) addresses.set(node, addressIn(node, kernel, buffers));

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
  const everywhere = [...addresses.values()].map(({ terms }) => terms);
  const reads = inBody.map((node) => addresses.get(node)!.terms);
  const mergedOutputs = mergeAxes(outputs, everywhere);
  const reduction = mergeAxes((kernel.reduction?.axes ?? []).map(axisOf), reads);

  // Axes merge into their inner neighbour, and what lies along the lanes is innermost.
  const axis =
    lanes.kind === 'none' ? undefined : [...mergedOutputs, ...reduction].find(({ name }) => name === lanes.axis);
  const loops = mergedOutputs.filter((other) => other !== axis);
  const inner = reduction.filter((other) => other !== axis);
  const form = { kind: lanes.kind, ...(axis ? { axis } : {}) };
  const tile = chooseTile(form, loops, inner, reads, kernel.reduction?.body, everywhere, target);
  for (const { target: sum } of kernel.values.filter(({ summed }) => summed)) {
    const base = buffers.get(sum.tensor)!.address;
    addresses.set(sum, { base, terms: new Map([[sliceVariable, target.lanes * floatBytes]]) });
  }
  for (const [{ tensor }, { terms }] of addresses) if (buffers.get(tensor)!.perThread) terms.set(threadVariable, 1);
  return {
    kernel,
    loops,
    reduction: inner,
    lanes: form,
    ...tile,
    target,
    sliced: isCutBySlices(kernel) ? chooseSliced(form, loops, tile) : undefined,
    addressOf: (node) => addresses.get(node)!,
    precisionOf: ({ tensor }) => (buffers.get(tensor)!.elementBytes === floatBytes ? 'single' : 'double'),
  };
}

function addressIn(
  node: Read,
  kernel: Kernel,
  buffers: ReadonlyMap<string, Buffer>,
): { base: number; terms: Map<string, number> } {
  const buffer = buffers.get(node.tensor)!;
  const terms = new Map<string, number>();
  let base = buffer.address + buffer.origin * buffer.elementBytes;
  const add = (variable: string, bytes: number): void => {
    const sum = (terms.get(variable) ?? 0) + bytes;
    if (sum === 0) terms.delete(variable);
    else terms.set(variable, sum);
  };
  for (const [dimension, index] of node.index.entries()) {
    const stride = buffer.strides[dimension]! * buffer.elementBytes;
    base += index.constant.value * stride;
    for (const { axis, coefficient } of index.terms) {
      const bytes = coefficient.value * stride;
      const isLooped = kernel.axes.includes(axis) || kernel.reduction?.axes.includes(axis);
      if (axis === batchAxis) add(buffer.slots === 'chunk' ? firstInChunkVariable : firstVariable, bytes);
      if (axis === chunkAxis && !isLooped) add(chunkVariable, bytes);
      else if (isLooped) add(axis, bytes);
    }
  }
  return { base, terms };
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

type Tile = Pick<Schedule, 'row' | 'rows' | 'vectors' | 'width' | 'lanesOutside' | 'unrolled'>;

function chooseTile(
  lanes: Schedule['lanes'],
  loops: readonly Axis[],
  reduction: readonly Axis[],
  reads: readonly ReadonlyMap<string, number>[],
  body: Expression | undefined,
  everywhere: readonly ReadonlyMap<string, number>[],
  target: Target,
): Tile {
  const liveVectors = target.vectorRegisters - 2;
  const terms = reduction.reduce(
    (product, { range, dynamic }) => product * (dynamic ? Number.POSITIVE_INFINITY : range),
    1,
  );
  const laneAxis = lanes.axis;
  const { width: lanesOfVector, vectors } = runOf(lanes, target);
  const operands = body ? reads : everywhere;
  const distinct = [...new Map(operands.map((terms) => [String([...terms].sort()), terms])).values()];
  const isLong = body !== undefined && !(terms <= unrolledReduction && lanes.kind !== 'fold');
  const strides = laneAxis ? distinct.map((terms) => ({ terms, along: terms.get(laneAxis.name) ?? 0 })) : [];
  const isReused = strides.some(({ terms, along }) => along !== 0 && !loops.some(({ name }) => terms.has(name)));
  const isGathered = strides.some(({ along }) => along !== 0 && along !== floatBytes);
  const lanesOutside = lanes.kind === 'output' && ((isLong && isReused) || isGathered);
  let best: { cost: number; tile: Tile } | undefined;
  const widths = lanes.kind === 'fold' ? [vectors] : [1, 2, 3, 4].filter((width) => width <= vectors);
  const rowAxes: (Axis | undefined)[] = isLong ? [undefined, ...loops] : [undefined];
  for (const width of widths) {
    for (const row of rowAxes) {
      for (let rows = row ? 2 : 1; rows <= (row ? Math.min(row.range, 8) : 1); rows++) {
        const live = liveIn(rows, width, row, laneAxis, distinct, body !== undefined);
        if (live.total > liveVectors && !(rows === 1 && width === widths[0])) continue;
        const tiles = (count: number, size: number): number => Math.floor(count / size) + (count % size > 0 ? 1 : 0);
        const rowTiles = row ? tiles(row.range, rows) / row.range : 1;
        const laneTiles = tiles(vectors, width);
        const cost = rowTiles * laneTiles * (rows * width * 2 + 1.5 * live.vectorLoads + 0.5 * live.splats + 2);
        if (best && cost >= best.cost) continue;
        const unrolled = body !== undefined && !isLong && live.total * terms <= 2 * liveVectors;
        best = {
          cost,
          tile: {
            ...(row ? { row: row.name } : {}),
            rows,
            vectors: width,
            width: lanesOfVector,
            lanesOutside,
            unrolled,
          },
        };
      }
    }
  }
  return best!.tile;
}

function liveIn(
  rows: number,
  width: number,
  row: Axis | undefined,
  laneAxis: Axis | undefined,
  operands: readonly ReadonlyMap<string, number>[],
  hasReduction: boolean,
): { total: number; vectorLoads: number; splats: number } {
  let vectorLoads = 0;
  let splats = 0;
  for (const terms of operands) {
    const copies = row && terms.has(row.name) ? rows : 1;
    if (laneAxis && terms.has(laneAxis.name)) vectorLoads += copies * width;
    else splats += copies;
  }
  return { total: (hasReduction ? rows * width : 0) + vectorLoads + splats, vectorLoads, splats };
}

/** What runs once a step is cut by its output; all else by examples. */
export const isCutBySlices = ({ level }: Kernel): boolean => level === 'once' || level === 'batch';

/** The axis with the most tiles; of equals the outermost. No element's sum is cut, so no bit depends on the slices. */
function chooseSliced(
  { kind, axis }: Schedule['lanes'],
  loops: readonly Axis[],
  { row, rows, vectors, width }: Tile,
): string | undefined {
  const axes = loops.map(({ name, range }) => ({ name, tiles: Math.ceil(range / (name === row ? rows : 1)) }));
  if (kind === 'output') axes.push({ name: axis!.name, tiles: Math.ceil(axis!.range / (width * vectors)) });
  const most = Math.max(...axes.map(({ tiles }) => tiles), 1);
  return axes.find(({ tiles }) => tiles === most && tiles > 1)?.name;
}

/** The vectors that a tile is taken from: all but what is left at the end of the axis, in narrower ones. */
function runOf({ kind, axis }: Schedule['lanes'], target: Target): Run {
  if (!axis) return { width: target.scalarLanes, vectors: 1 };
  return kind === 'fold' ? foldRun(axis.range, target) : coverOf(axis.range, target)[0]!;
}
