/**
 * @file The compiler: a graph becomes loop nests, grouped into the parts of a step, and an arena.
 *
 *   tick      once a step, by one thread: the optimiser's scalars
 *   prepare   once a step, in slices: what depends on no example (transposed parameters)
 *   chunk     for each chunk of the batch: forward and backward; segments run example by example or chunk-wide
 *   finish    over the batch, in slices: gradients of large parameters, sums over chunks, the optimiser
 *
 * Chunks touch nothing of each other's but what is per thread, and slices of one stage nothing at all. Which thread runs
 * which, and how many slices there are, can therefore be seen in no bit: an element's sum lies within one slice.
 */
import { readWhole } from '../formula/resolve.ts';
import type { Graph } from '../model/graph.ts';
import type { Shape } from '../shape.ts';
import { emitNest } from './emit.ts';
import { type Kernel, kernelReads, largestChunk } from './kernel.ts';
import { chooseLanes, copyInto, type LanedKernel } from './lanes.ts';
import {
  Arena,
  type Buffer,
  findHalos,
  type Halo,
  mostSlices,
  naturalOrder,
  type Order,
  type Slots,
} from './layout.ts';
import { planLists } from './lists.ts';
import { type Lowered, lower } from './lower.ts';
import { makeKernels } from './make-kernels.ts';
import type { ListWalk } from './make-lists.ts';
import type { Nest } from './nest.ts';
import { type Schedule, scheduleKernel } from './schedule.ts';
import { densitiesOf } from './sparse.ts';
import { freeOf, type Stage, stagesOf, touchedBy } from './stages.ts';
import { simd128, type Target } from './target.ts';
import { withWinograd } from './winograd.ts';

/** For tests. */
export interface SparseOptions {
  /** False has sums of products walk everything, in the same order, where they would walk live elements. */
  readonly walksLive?: boolean;
  /** Whether they walk live elements wherever they can, whatever it costs. */
  readonly everywhere?: boolean;
}

export interface CompileOptions {
  readonly batchSize: number;
  readonly purpose: 'train' | 'predict';
  readonly keep: readonly string[];
  /** How many threads get memory of their own; 1 by default. */
  readonly threads?: number;
  /** WebAssembly's vectors by default. */
  readonly target?: Target;
  readonly sparse?: SparseOptions;
}

/** Nests that run one after the other for each example, or once for the chunk. */
export interface Segment {
  readonly level: 'example' | 'chunk';
  readonly nests: readonly number[];
}

export interface CompiledProgram {
  readonly target: Target;
  readonly nests: readonly Nest[];
  readonly schedules: readonly Schedule[];
  readonly tick: Stage;
  readonly prepare: readonly Stage[];
  readonly segments: readonly Segment[];
  readonly finish: readonly Stage[];
  readonly buffers: ReadonlyMap<string, Buffer>;
  readonly orders: ReadonlyMap<string, Order>;
  /** Tensors that a caller may read afterwards. */
  readonly readable: ReadonlySet<string>;
  /** Tensors to fill with ones before the first step. */
  readonly ones: readonly string[];
  /** Bytes of each chunk's partial gradients, to be set to 0 when the chunk starts. */
  readonly partials: readonly { readonly address: number; readonly bytes: number }[];
  /** Each parameter's sums of what its step computed: a vector of the target for each slice, finite where the parameter is. */
  readonly health: readonly { readonly parameter: string; readonly sums: Buffer }[];
  readonly arenaBytes: number;
  /** From one thread's own memory to the next one's, at the end of the arena. */
  readonly perThreadBytes: number;
}

export function compileProgram(
  stated: Graph,
  { batchSize, purpose, keep, threads = 1, target = simd128, sparse = {} }: CompileOptions,
): CompiledProgram {
  const graph = withWinograd(stated);
  // Without an optimiser the gradients themselves are what a step is for.
  const gradients = graph.updates.length === 0 ? graph.parameters.map(({ gradient }) => gradient) : [];
  const purposes = purpose === 'predict' ? [graph.probabilities] : gradients;
  const roots = [graph.loss, graph.logits, ...purposes, ...keep];
  const lowered = lower(graph, batchSize, purpose, roots);
  const { kernels, shapes, partials } = makeKernels(graph, lowered, batchSize, new Set(roots));
  const healths = purpose === 'predict' ? [] : graph.updates.flatMap(({ health }) => health ?? []);
  for (const { sum } of healths) shapes.set(sum, [mostSlices, target.lanes]);
  const orders = new Map<string, Order>();
  const families = graph.parameters.map(({ name, gradient }) => [
    name,
    gradient,
    `${gradient}.partial`,
    ...[...shapes.keys()].filter((tensor) => tensor.startsWith(`${name}.`)),
  ]);
  const world = {
    shapes,
    halos: findHalos(kernels, shapes),
    hasBatch: lowered.hasBatch,
    orders,
    partials: new Set(partials),
    densities: densitiesOf(lowered.formulas),
    double: lowered.double,
    walksFree: sparse.everywhere ?? false,
    target,
  };
  const laned = chooseLanes(kernels, families, world);
  const { renames, copies } = assignInPlace(graph, laned, shapes, purpose);
  const ordered = [...laned, ...copies];

  const external = new Set([...roots, graph.image, graph.target, graph.exampleWeight]);
  const arena = layOut(ordered, shapes, orders, lowered, external, renames, world, graph);
  const { buffers } = arena;
  const { walksLive = true } = sparse;
  const walks = walksLive ? planLists(ordered, buffers, arena, world, target) : new Map<Kernel, ListWalk>();
  const schedules = ordered.map((laned) => scheduleKernel(laned, buffers, target, walks.get(laned.kernel)));
  const nests = schedules.map((schedule, place) =>
    emitNest(schedule, `${place}.${schedule.kernel.values[0]!.target.tensor}`),
  );
  const at = (level: Kernel['level']): number[] =>
    schedules.flatMap(({ kernel }, place) => (kernel.level === level ? [place] : []));
  const touched = schedules.map(({ kernel }) => touchedBy(kernel, buffers));
  const finish = at('batch');
  const isWhole = (nest: number): boolean => schedules[nest]!.sliced === undefined;
  const tick = freeOf(finish, isWhole, [...at('once'), ...at('example'), ...at('chunk')], touched);
  const kept = new Set([
    ...external,
    ...graph.parameters.map(({ name }) => name),
    ...graph.updates.flatMap(({ state }) => state.map(({ name }) => name)),
  ]);
  return {
    target,
    nests,
    schedules,
    tick,
    prepare: stagesOf(at('once'), touched),
    segments: segmentsOf(schedules),
    finish: stagesOf(
      finish.filter((nest) => !tick.includes(nest)),
      touched,
    ),
    buffers,
    orders,
    readable: new Set([...kept].filter((tensor) => buffers.has(tensor))),
    ones: [...lowered.inside].filter((tensor) => buffers.has(tensor)),
    partials: partials
      .filter((tensor) => buffers.has(tensor))
      .map((tensor) => {
        const { address, elements, elementBytes, shape } = buffers.get(tensor)!;
        return { address, bytes: (elements / shape[0]!) * elementBytes };
      }),
    health: healths.map(({ parameter, sum }) => ({ parameter, sums: buffers.get(sum)! })),
    arenaBytes: arena.bytes + (threads - 1) * arena.perThreadBytes,
    perThreadBytes: arena.perThreadBytes,
  };
}

function segmentsOf(schedules: readonly Schedule[]): Segment[] {
  const segments: { level: 'example' | 'chunk'; nests: number[] }[] = [];
  for (const [place, { kernel }] of schedules.entries()) {
    const { level } = kernel;
    if (level !== 'example' && level !== 'chunk') continue;
    const last = segments.at(-1);
    if (last?.level === level) last.nests.push(place);
    else segments.push({ level, nests: [place] });
  }
  return segments;
}

/**
 * New values take the place of the old ones where nobody reads the old ones any more; elsewhere they are copied at the
 * end of the step.
 */
function assignInPlace(
  graph: Graph,
  kernels: readonly LanedKernel[],
  shapes: ReadonlyMap<string, Shape>,
  purpose: 'train' | 'predict',
): { renames: Map<string, string>; copies: LanedKernel[] } {
  const renames = new Map<string, string>();
  const copies: LanedKernel[] = [];
  if (purpose === 'predict') return { renames, copies };
  for (const [to, from] of graph.updates.flatMap(({ assign }) => assign)) {
    const writer = kernels.findIndex(({ kernel }) => kernel.values.some(({ target }) => target.tensor === from));
    const readLater = kernels.some(
      ({ kernel }, place) =>
        place > writer && kernel.level === 'batch' && kernelReads(kernel).some(({ tensor }) => tensor === to),
    );
    if (!readLater) {
      renames.set(from, to);
      continue;
    }
    const shape = shapes.get(to)!;
    const kernel = copyInto(to, shape, 'batch', naturalOrder(shape), (axes) => readWhole(from, axes));
    copies.push({ lanes: { kind: 'none' }, kernel });
  }
  return { renames, copies };
}

function layOut(
  kernels: readonly LanedKernel[],
  shapes: ReadonlyMap<string, Shape>,
  orders: ReadonlyMap<string, Order>,
  { hasBatch, double }: Lowered,
  external: ReadonlySet<string>,
  renames: ReadonlyMap<string, string>,
  { halos, partials }: { halos: ReadonlyMap<string, Halo>; partials: ReadonlySet<string> },
  graph: Graph,
): Arena {
  const used = new Set<string>([graph.image, graph.target, graph.exampleWeight]);
  for (const { name } of graph.parameters) used.add(name);
  for (const { kernel } of kernels) {
    for (const { target, stored, summed } of kernel.values) if (stored || summed) used.add(target.tensor);
    for (const { tensor } of kernelReads(kernel)) if (shapes.has(tensor)) used.add(tensor);
  }
  // Values that never leave their kernel have no place.
  const inRegisters = new Set(
    kernels.flatMap(({ kernel }) =>
      kernel.values.filter(({ stored, summed }) => !stored && !summed).map(({ target }) => target.tensor),
    ),
  );
  const arena = new Arena(double);
  const lives = livesOf(kernels);
  const placed = [...used].filter((tensor) => !renames.has(tensor) && !inRegisters.has(tensor));
  const slotsFor = (tensor: string): Slots => slotsOf(hasBatch(tensor), external.has(tensor), lives.get(tensor));
  const isPerThread = (tensor: string): boolean => hasBatch(tensor) && slotsFor(tensor) !== 'batch';
  const add = (tensor: string): void => {
    const shape = shapes.get(tensor)!;
    const slots = slotsFor(tensor);
    const examples = { one: 1, chunk: largestChunk(shape[0]!), batch: shape[0]! }[slots];
    const slotCount = hasBatch(tensor) ? examples : partials.has(tensor) ? shape[0]! : 0;
    const order = orders.get(tensor) ?? naturalOrder(shape);
    arena.add(tensor, shape, order, halos.get(tensor), slots, slotCount);
  };
  for (const tensor of placed) if (!isPerThread(tensor)) add(tensor);
  arena.startPerThread();
  for (const tensor of placed) if (isPerThread(tensor)) add(tensor);
  for (const [from, to] of renames) if (used.has(from)) arena.alias(from, to);
  return arena;
}

/** Where a tensor is used: in which runs of example-level kernels, chunk-wide, or when all chunks are done. */
interface Life {
  readonly runs: Set<number>;
  chunkWide: boolean;
  finish: boolean;
}

function slotsOf(isPerExample: boolean, isExternal: boolean, life: Life | undefined): Slots {
  if (!isPerExample) return 'one';
  if (isExternal || !life || life.finish) return 'batch';
  return life.chunkWide || life.runs.size > 1 ? 'chunk' : 'one';
}

function livesOf(kernels: readonly LanedKernel[]): Map<string, Life> {
  const lives = new Map<string, Life>();
  let run = 0;
  let before: Kernel['level'] = 'example';
  for (const { kernel } of kernels) {
    if (kernel.level === 'once') continue;
    if (kernel.level !== before) run++;
    before = kernel.level;
    for (const { tensor } of [...kernel.values.map(({ target }) => target), ...kernelReads(kernel)]) {
      const life = lives.get(tensor) ?? { runs: new Set<number>(), chunkWide: false, finish: false };
      lives.set(tensor, life);
      if (kernel.level === 'example') life.runs.add(run);
      else if (kernel.level === 'chunk') life.chunkWide = true;
      else life.finish = true;
    }
  }
  return lives;
}
