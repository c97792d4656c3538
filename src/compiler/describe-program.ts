/** @file A compiled program as plain data, for people and tools to look at: its nests, its memory, and what a step costs. */
import { containsReduce, type Expression, rewrite, walk } from '../formula/expression.ts';
import { printFormula } from '../formula/print.ts';
import type { Graph } from '../model/graph.ts';
import { chunkAxis, chunkCount, type Kernel, type Level, reductionResult } from './kernel.ts';
import type { Buffer } from './layout.ts';
import { batchAxis } from './lower.ts';
import { type CompiledProgram, type CompileOptions, compileProgram } from './program.ts';
import type { Axis, Schedule } from './schedule.ts';

/** The part of a step that a nest runs in. */
export type Part = 'tick' | 'prepare' | 'chunk' | 'finish';

export interface LoopDescription {
  readonly axis: string;
  /** The most iterations; the batch's are counted when a step runs. */
  readonly range: number;
}

export interface NestDescription {
  readonly part: Part;
  readonly level: Level;
  /** What its formulas compute, fused into one nest, and where each value goes. */
  readonly values: readonly {
    readonly tensor: string;
    readonly formula: string;
    readonly goes: 'memory' | 'register' | 'sum';
  }[];
  /** Outermost first, without the lanes; neighbouring axes are merged under the inner one's name. */
  readonly loops: readonly LoopDescription[];
  readonly reduction: readonly LoopDescription[];
  /** What lies along a vector: an axis of the output, of the sum (`fold`), or nothing. */
  readonly lanes: {
    readonly kind: 'output' | 'fold' | 'none';
    readonly axis: string | null;
    readonly range: number | null;
  };
  readonly tile: { readonly rowAxis: string | null; readonly rows: number; readonly vectors: number };
  /** The tensor whose live elements, those that are not 0, the sum walks; and what memory the lists take that it makes. */
  readonly sparse: { readonly tensor: string; readonly listBytes: number } | null;
  /** The axis that is shared out among threads. */
  readonly slices: string | null;
  /** In one step of a whole batch: terms of sums of products; at most, where the nest is sparse. */
  readonly multiplyAdds: number;
}

export interface BufferDescription {
  /** Names of the tensors that lie there: a new weight takes the place of the old one. */
  readonly tensors: readonly string[];
  readonly shape: readonly number[];
  readonly bytes: number;
  /** How long its values are needed: between steps, for a step, or for each example of a batch, of a chunk, or for one. */
  readonly life: 'kept' | 'step' | 'batch' | 'chunk' | 'example';
  /** Whether each thread has its own. */
  readonly perThread: boolean;
}

export interface ProgramDescription {
  readonly batchSize: number;
  readonly chunks: number;
  readonly threads: number;
  readonly multiplyAdds: number;
  readonly arenaBytes: number;
  readonly perThreadBytes: number;
  readonly nests: readonly NestDescription[];
  readonly buffers: readonly BufferDescription[];
  /** Made once a step, for nests that read a parameter in another order than it is stored in. */
  readonly copies: readonly { readonly tensor: string; readonly of: string; readonly bytes: number }[];
}

/** Compiles a graph and describes the program; nothing is run. */
export function describeProgram(graph: Graph, options: Omit<CompileOptions, 'keep'>): ProgramDescription {
  const { batchSize, threads = 1 } = options;
  const program = compileProgram(graph, { ...options, keep: [] });
  const partOf = (nest: number): Part => {
    if (program.tick.includes(nest)) return 'tick';
    if (program.prepare.some((stage) => stage.includes(nest))) return 'prepare';
    return program.finish.some((stage) => stage.includes(nest)) ? 'finish' : 'chunk';
  };
  const order: readonly Part[] = ['tick', 'prepare', 'chunk', 'finish'];
  const nests = program.schedules
    .map((schedule, nest) => describeNest(schedule, partOf(nest), batchSize))
    .sort((a, b) => order.indexOf(a.part) - order.indexOf(b.part));
  const buffers = describeBuffers(program, graph);
  return {
    batchSize,
    chunks: chunkCount(batchSize),
    threads,
    multiplyAdds: nests.reduce((sum, nest) => sum + nest.multiplyAdds, 0),
    arenaBytes: program.arenaBytes,
    perThreadBytes: program.perThreadBytes,
    nests,
    buffers,
    copies: buffers.flatMap(({ tensors: [tensor], bytes }) => {
      const of = /^(.*)\.(?:transposed|blocks)\d+$/.exec(tensor!)?.[1];
      return of === undefined ? [] : [{ tensor: tensor!, of, bytes }];
    }),
  };
}

function describeNest(schedule: Schedule, part: Part, batchSize: number): NestDescription {
  const { kernel, lanes, rows, vectors, walk, sliced } = schedule;
  const loop = ({ name, range }: Axis): LoopDescription => ({ axis: nameOf(name), range });
  const whole = (expression: Expression): Expression =>
    rewrite(expression, (node) => (node.kind === 'read' && node.tensor === reductionResult ? kernel.reduction! : node));
  return {
    part,
    level: kernel.level,
    values: kernel.values.map(({ target, expression, stored, summed }) => ({
      tensor: target.tensor,
      formula: nameOf(printFormula({ target, expression: whole(expression) })),
      goes: stored ? 'memory' : summed ? 'sum' : 'register',
    })),
    loops: schedule.loops.map(loop),
    reduction: schedule.reduction.map(loop),
    lanes: { kind: lanes.kind, axis: lanes.axis?.name ?? null, range: lanes.axis?.range ?? null },
    tile: {
      rowAxis: rows.map(({ axis }) => axis).join(' × ') || null,
      rows: rows.reduce((all, { size }) => all * size, 1),
      vectors,
    },
    sparse: walk ? { tensor: walk.live.tensor, listBytes: walk.bytes } : null,
    slices: sliced ?? null,
    multiplyAdds: multiplyAddsOf(kernel, batchSize),
  };
}

/** A formula cannot name the chunks; people can. */
const nameOf = (text: string): string => text.replaceAll(chunkAxis, 'chunk');

function multiplyAddsOf({ level, axes, ranges, reduction, values, accumulates }: Kernel, batchSize: number): number {
  const added = reduction?.by === 'sum' ? reduction.body : accumulates ? values[0]!.expression : undefined;
  if (!added || !multiplies(added)) return 0;
  const own = [...axes, ...(reduction?.axes ?? [])].filter((axis) => axis !== batchAxis);
  const sumsExamples = reduction?.axes.includes(batchAxis) ?? false;
  const examples = level === 'example' || level === 'chunk' || sumsExamples ? batchSize : 1;
  return own.reduce((product, axis) => product * ranges[axis]!, examples);
}

function multiplies(expression: Expression): boolean {
  let found = false;
  walk(expression, (node) => {
    found ||= node.kind === 'apply' && node.operation === 'multiply' && !containsReduce(node);
  });
  return found;
}

function describeBuffers({ buffers, ones }: CompiledProgram, graph: Graph): BufferDescription[] {
  const kept = new Set([
    ...ones,
    ...graph.parameters.map(({ name }) => name),
    ...graph.updates.flatMap(({ state }) => state.map(({ name }) => name)),
  ]);
  const tensors = new Map<Buffer, string[]>();
  for (const [tensor, buffer] of buffers) tensors.set(buffer, [...(tensors.get(buffer) ?? []), tensor]);
  return [...tensors].map(([buffer, names]) => {
    const { shape, elements, elementBytes, slots, perThread } = buffer;
    const ofExamples = perThread || slots === 'batch';
    const life = names.some((name) => kept.has(name))
      ? 'kept'
      : !ofExamples
        ? 'step'
        : slots === 'one'
          ? 'example'
          : slots;
    return { tensors: names, shape, bytes: elements * elementBytes, life, perThread };
  });
}
