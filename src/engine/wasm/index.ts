/** @file The WebAssembly engine: compiled formulas on plain SIMD128, one thread. */
import { chunkCount } from '../../compiler/kernel.ts';
import { type Buffer, floatBytes } from '../../compiler/layout.ts';
import { type CompiledProgram, compileProgram } from '../../compiler/program.ts';
import { EngineError } from '../../errors.ts';
import type { Graph } from '../../model/graph.ts';
import { sizeOf } from '../../shape.ts';
import type { Engine, Place, Program, ProgramOptions } from '../engine.ts';
import { buildModule, pageBytes } from './module.ts';

export const wasmEngine: Engine = { name: 'wasm', create: createWasmProgram };

interface Exports {
  readonly prepare: () => void;
  readonly chunk: (chunk: number, from: number, to: number) => void;
  readonly finish: (examples: number, chunks: number) => void;
}

/** Memory that one program may take: what WebAssembly can address. */
const memoryLimit = 2 ** 32;

async function createWasmProgram(graph: Graph, options: ProgramOptions): Promise<Program> {
  const { batchSize, purpose, keep = [] } = options;
  const compiled = compileProgram(graph, { batchSize, purpose, keep });
  if (compiled.arenaBytes > memoryLimit) {
    const gigabytes = (compiled.arenaBytes / 2 ** 30).toFixed(1);
    throw new EngineError(
      `The network needs ${gigabytes} GiB for a batch of ${batchSize}, but WebAssembly has 4; use a smaller batch or layers.`,
    );
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(compiled.arenaBytes / pageBytes) });
  const module = await compile(buildModule(compiled));
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const program = new WasmProgram(
    graph,
    compiled,
    batchSize,
    new Float32Array(memory.buffer),
    instance.exports as unknown as Exports,
  );
  return program;
}

/** @throws EngineError in a page whose Content-Security-Policy refuses WebAssembly */
async function compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    if (!/Content Security Policy|CSP/.test(String(cause))) throw cause;
    throw new EngineError(
      "WebAssembly needs this page's permission, but its Content-Security-Policy refuses it. Add 'wasm-unsafe-eval' to script-src.",
      { cause },
    );
  }
}

class WasmProgram implements Program {
  readonly batchSize: number;
  readonly #graph: Graph;
  readonly #compiled: CompiledProgram;
  readonly #floats: Float32Array;
  readonly #exports: Exports;

  constructor(graph: Graph, compiled: CompiledProgram, batchSize: number, floats: Float32Array, exports: Exports) {
    this.batchSize = batchSize;
    this.#graph = graph;
    this.#compiled = compiled;
    this.#floats = floats;
    this.#exports = exports;
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
    const { start, strides } = this.#locate(tensor, example);
    return { values: this.#floats, start, strides };
  }

  write(tensor: string, values: ArrayLike<number>, example = 0): void {
    const { start, strides, shape } = this.#locate(tensor, example);
    if (values.length !== sizeOf(shape)) {
      throw new EngineError(`${tensor} has ${sizeOf(shape)} elements, but gets ${values.length}.`);
    }
    eachElement(shape, strides, start, (at, element) => {
      this.#floats[at] = values[element]!;
    });
  }

  read(tensor: string, example = 0): Float32Array {
    const { start, strides, shape } = this.#locate(tensor, example);
    const values = new Float32Array(sizeOf(shape));
    eachElement(shape, strides, start, (at, element) => {
      values[element] = this.#floats[at]!;
    });
    return values;
  }

  forward(count: number): void {
    this.#run(count);
  }

  gradients(count: number): void {
    if (this.#graph.updates.length > 0) {
      throw new EngineError('A program with an optimiser runs whole steps; make one without to see gradients alone.');
    }
    this.#exports.finish(count, this.#run(count));
  }

  step(count: number): void {
    this.#exports.finish(count, this.#run(count));
  }

  /** Runs all chunks and returns how many there were. */
  #run(count: number): number {
    const { start } = this.#locate(this.#graph.exampleWeight, 0);
    this.#floats[start] = 1 / count;
    this.#exports.prepare();
    const chunks = chunkCount(count);
    for (let chunk = 0; chunk < chunks; chunk++) {
      const from = Math.floor((count * chunk) / chunks);
      this.#exports.chunk(chunk, from, Math.floor((count * (chunk + 1)) / chunks));
    }
    return chunks;
  }

  #locate(tensor: string, example: number): { start: number; strides: readonly number[]; shape: readonly number[] } {
    const buffer: Buffer | undefined = this.#compiled.buffers.get(tensor);
    const known = this.#graph.tensors.get(tensor);
    const isOnes = this.#compiled.ones.includes(tensor);
    if (!buffer || (!this.#compiled.readable.has(tensor) && !isOnes)) {
      throw new EngineError(`The program has not kept ${tensor}; name it in \`keep\`.`);
    }
    const start = buffer.address / floatBytes + buffer.origin;
    if (!known?.perExample) return { start, strides: buffer.strides, shape: buffer.shape };
    return {
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
