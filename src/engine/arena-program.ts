/**
 * @file A program whose formulas are compiled to loop nests over one arena, whatever runs the nests. With several threads
 * the memory is shared; a batch of one chunk runs on the calling thread alone and wakes nobody.
 *
 * The arena lies in WebAssembly's memory for every kind of machine code: it is aligned to pages, and threads can share it.
 */
import { chunkCount } from '../compiler/kernel.ts';
import { type Buffer, floatBytes, mostSlices } from '../compiler/layout.ts';
import { type CompiledProgram, compileProgram } from '../compiler/program.ts';
import type { Schedule } from '../compiler/schedule.ts';
import type { Target } from '../compiler/target.ts';
import { EngineError, UsageError } from '../errors.ts';
import type { Graph } from '../model/graph.ts';
import { sizeOf } from '../shape.ts';
import { closedError, type EngineName, type Place, type Program, type ProgramOptions } from './engine.ts';
import { debugging, poisonedPlaces } from './poison.ts';
import type { ThreadHooks } from './thread-hooks.ts';
import { type Losses, type Parts, runAlone } from './threads/share.js';
import { oneThreadBecause } from './threads/spawn.ts';
import { Workers } from './threads/workers.ts';

/** What makes machine code of loop nests. */
export interface Backend {
  readonly name: EngineName;
  readonly target: Target;
  /** What a thread needs to run the program's nests, in a form that can be sent to it. */
  build(program: CompiledProgram, shared: boolean): Promise<unknown>;
  /** The nests, for the thread that asks. */
  open(code: unknown, memory: WebAssembly.Memory, losses: Losses | undefined): Promise<Parts> | Parts;
  /** What workers run; the WebAssembly engine's by default. */
  readonly workerFile?: URL;
}

/** Memory that one program may take: what WebAssembly can address. */
const memoryLimit = 2 ** 32;
export const pageBytes = 65536;

/** The first line of the arena has as many pulses. */
export const mostThreads = mostSlices;

export async function createProgram(
  backend: Backend,
  graph: Graph,
  options: ProgramOptions,
  hooks: ThreadHooks = {},
): Promise<Program> {
  const { batchSize, purpose, keep = [] } = options;
  const { threads, threadsReason } = threadsFor(options);
  const { target, workerFile } = backend;
  const { sparse = {}, ...disturbance } = hooks;
  const compiled = compileProgram(graph, { batchSize, purpose, keep, threads, target, sparse });
  if (compiled.arenaBytes > memoryLimit) {
    const gigabytes = (compiled.arenaBytes / 2 ** 30).toFixed(1);
    const needed = `${gigabytes} GiB for a batch of ${batchSize}${threads > 1 ? ` and ${threads} threads` : ''}`;
    const remedy = `a smaller batch${threads > 1 ? ', fewer threads' : ''} or smaller layers`;
    throw new EngineError(`The network needs ${needed}, but WebAssembly has 4; use ${remedy}.`);
  }
  const pages = Math.ceil(compiled.arenaBytes / pageBytes);
  const shared = threads > 1;
  const memory = new WebAssembly.Memory({ initial: pages, ...(shared ? { maximum: pages, shared } : {}) });
  const code = await backend.build(compiled, shared);
  const silence = longestSilence(compiled);
  const losses = graph.updates.length > 0 ? lossesOf(compiled.buffers.get(graph.loss)!) : undefined;
  const parts = await backend.open(code, memory, losses);
  const file = workerFile ? { file: workerFile } : {};
  const start = { code, memory, losses, threads, silence, ...file, ...disturbance };
  const workers = shared ? await Workers.start(start) : undefined;
  const floats = new Float32Array(memory.buffer);
  const isPoisoned = hooks.poisons ?? debugging.poisons;
  const poisoned = isPoisoned ? poisonedPlaces(compiled, graph, threads) : undefined;
  return new ArenaProgram(
    { engine: backend.name, graph, compiled, batchSize, threads, threadsReason, poisoned },
    floats,
    parts,
    workers,
  );
}

const lossesOf = ({ address, origin, strides }: Buffer): Losses => ({
  start: address / floatBytes + origin,
  stride: strides[0]!,
});

function threadsFor({ batchSize, threads = 1 }: ProgramOptions): Pick<Program, 'threads' | 'threadsReason'> {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new UsageError(`threads needs a whole number from 1, but is ${threads}.`);
  }
  if (threads === 1) return { threads };
  const threadsReason = oneThreadBecause();
  if (threadsReason !== undefined) return { threads: 1, threadsReason };
  const most = Math.min(chunkCount(batchSize), mostThreads);
  if (threads <= most) return { threads };
  return { threads: most, threadsReason: `a batch of ${batchSize} is cut into ${most}` };
}

/**
 * Milliseconds after which a thread has failed that shows no sign of life. It shows one after every nest at the latest,
 * so a nest that is long even at a slow two billion multiplications and additions a second gets its time on top.
 */
function longestSilence({ schedules }: CompiledProgram): number {
  return 1000 * (3 + Math.floor(Math.max(...schedules.map(lengthOf)) / 2e9));
}

/** One for each thread, or several where they are long: then a thread that is late keeps the others waiting for less. */
function slicesFor({ prepare, finish, schedules }: CompiledProgram, threads: number): number {
  const lengths = [...prepare, ...finish].flat().map((nest) => lengthOf(schedules[nest]!));
  return Math.min(threads * (Math.max(...lengths) > 1e6 ? 4 : 1), mostSlices);
}

/** How many elements and terms a nest computes. */
function lengthOf({ kernel }: Schedule): number {
  return Object.values(kernel.ranges).reduce((all, range) => all * range, 1);
}

const none: readonly string[] = [];

interface ProgramFacts {
  readonly engine: EngineName;
  readonly graph: Graph;
  readonly compiled: CompiledProgram;
  readonly batchSize: number;
  readonly threads: number;
  readonly threadsReason?: string | undefined;
  readonly poisoned: Uint32Array | undefined;
}

class ArenaProgram implements Program {
  readonly engine: EngineName;
  readonly batchSize: number;
  readonly threads: number;
  readonly threadsReason: string | undefined;
  readonly #graph: Graph;
  readonly #compiled: CompiledProgram;
  readonly #floats: Float32Array;
  readonly #doubles: Float64Array;
  readonly #parts: Parts;
  readonly #workers: Workers | undefined;
  #isClosed = false;
  readonly #poisoned: Uint32Array | undefined;
  readonly #exampleWeight: number;
  /** Where each parameter's sums start. */
  readonly #sums: Int32Array;
  /** Into how many the threads cut what does not go by chunks. */
  readonly #sharedSlices: number;
  /** In how many the last step's sums lie; 0 where it did not come to them. */
  #slices = 0;
  /** For how many examples all is prepared that depends on no example; 0 where it is not. */
  #preparedFor = 0;

  constructor(
    { engine, graph, compiled, batchSize, threads, threadsReason, poisoned }: ProgramFacts,
    floats: Float32Array,
    parts: Parts,
    workers: Workers | undefined,
  ) {
    this.engine = engine;
    this.batchSize = batchSize;
    this.threads = threads;
    this.threadsReason = threadsReason;
    this.#graph = graph;
    this.#compiled = compiled;
    this.#floats = floats;
    this.#doubles = new Float64Array(floats.buffer);
    this.#parts = parts;
    this.#workers = workers;
    this.#poisoned = poisoned;
    this.#sharedSlices = slicesFor(compiled, threads);
    this.#exampleWeight = this.#locate(graph.exampleWeight, 0).start;
    this.#sums = Int32Array.from(compiled.health, ({ sums }) => sums.address / floatBytes);
    for (const name of compiled.ones)
      this.write(name, new Float32Array(sizeOf(compiled.buffers.get(name)!.shape)).fill(1));
    for (const { state } of graph.updates) {
      for (const { name, shape, initial } of state) {
        if (initial !== 0 && compiled.buffers.has(name))
          this.write(name, new Float32Array(sizeOf(shape)).fill(initial));
      }
    }
  }

  place(tensor: string, example: number): Place {
    const { values, start, strides } = this.#locate(tensor, example);
    return { values, start, strides };
  }

  write(tensor: string, values: ArrayLike<number>, example = 0): void {
    const { values: memory, start, strides, shape } = this.#locate(tensor, example);
    if (values.length !== sizeOf(shape)) {
      throw new EngineError(`${tensor} has ${sizeOf(shape)} elements, but gets ${values.length}.`);
    }
    if (!this.#graph.tensors.get(tensor)?.perExample) this.#preparedFor = 0;
    eachElement(shape, strides, start, (at, element) => {
      memory[at] = values[element]!;
    });
  }

  read(tensor: string, example = 0): Float32Array | Float64Array {
    const { values: memory, start, strides, shape } = this.#locate(tensor, example);
    const values = memory === this.#doubles ? new Float64Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
    eachElement(shape, strides, start, (at, element) => {
      values[element] = memory[at]!;
    });
    return values;
  }

  forward(count: number): void {
    this.#run(count, false);
  }

  gradients(count: number): void {
    if (this.#graph.updates.length > 0) {
      throw new EngineError('A program with an optimiser runs whole steps; make one without to see gradients alone.');
    }
    this.#run(count, true);
  }

  step(count: number): void {
    this.#run(count, true);
  }

  broken(): readonly string[] {
    if (this.#areFinite(0, this.#sums.length)) return none;
    return this.#compiled.health
      .filter((_, place) => !this.#areFinite(place, place + 1))
      .map(({ parameter }) => parameter);
  }

  /** Whether some parameters' sums are; a small step has no time for more than the sum of these. */
  #areFinite(from: number, to: number): boolean {
    const [floats, sums, count] = [this.#floats, this.#sums, this.#slices * this.#compiled.target.lanes];
    let total = 0;
    for (let place = from; place < to; place++) {
      const start = sums[place]!;
      for (let at = start; at < start + count; at++) total += floats[at]!;
    }
    return total - total === 0;
  }

  close(): void {
    this.#isClosed = true;
    this.#workers?.close();
  }

  #run(count: number, finishes: boolean): void {
    if (this.#isClosed) throw closedError();
    if (this.#poisoned) for (const place of this.#poisoned) this.#floats[place] = Number.NaN;
    this.#floats[this.#exampleWeight] = 1 / count;
    if (finishes) this.#parts.tick();
    const chunks = chunkCount(count);
    const isPrepared = !finishes && this.#preparedFor === count;
    this.#preparedFor = finishes || this.#poisoned ? 0 : count;
    // Those that have ended say why, whether or not they are needed.
    const workers = chunks > 1 || this.#workers?.isClosed ? this.#workers : undefined;
    const slices = workers ? this.#sharedSlices : 1;
    const isDone = workers
      ? workers.run(this.#parts, { count, chunks, slices, finishes })
      : runAlone(this.#parts, { count, chunks, finishes, isPrepared });
    this.#slices = finishes && isDone ? slices : 0;
  }

  #locate(tensor: string, example: number): Place & { readonly shape: readonly number[] } {
    const buffer: Buffer | undefined = this.#compiled.buffers.get(tensor);
    const known = this.#graph.tensors.get(tensor);
    const isOnes = this.#compiled.ones.includes(tensor);
    if (!buffer || (!this.#compiled.readable.has(tensor) && !isOnes)) {
      throw new EngineError(`The program has not kept ${tensor}; name it in \`keep\`.`);
    }
    const values = buffer.elementBytes === floatBytes ? this.#floats : this.#doubles;
    const start = buffer.address / buffer.elementBytes + buffer.origin;
    if (!known?.perExample) return { values, start, strides: buffer.strides, shape: buffer.shape };
    return {
      values,
      start: start + example * buffer.strides[0]!,
      strides: buffer.strides.slice(1),
      shape: buffer.shape.slice(1),
    };
  }
}

/** Calls `visit` with the place of each element in C order. */
function eachElement(
  shape: readonly number[],
  strides: readonly number[],
  start: number,
  visit: (at: number, element: number) => void,
): void {
  let element = 0;
  const walk = (axis: number, at: number): void => {
    if (axis === shape.length) {
      visit(at, element++);
      return;
    }
    for (let index = 0; index < shape[axis]!; index++) walk(axis + 1, at + index * strides[axis]!);
  };
  walk(0, start);
}
