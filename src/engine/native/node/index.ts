/**
 * @file The native engine: the loop nests as C, compiled for this machine's CPU when a program is created and kept for the
 * next one. Its bits are those of the WebAssembly engine at every width of vectors.
 */
import type { CompiledProgram } from '../../../compiler/program.ts';
import { EngineError, UsageError } from '../../../errors.ts';
import type { Graph } from '../../../model/graph.ts';
import { type Backend, createProgram } from '../../arena-program.ts';
import type { Engine, Program, ProgramOptions } from '../../engine.ts';
import type { ThreadHooks } from '../../thread-hooks.ts';
import { fastWasmEngine, wasmEngine } from '../../wasm/index.ts';
import { secondsOfStep } from '../estimate.ts';
import { printProgram, stagesOf } from '../print-c.ts';
import { findLibrary, libraryOf, prepareFolder, sha256 } from './cache.ts';
import { argumentsFor, type Compiler, compileTo, findCompiler } from './compiler.ts';
import type { Code } from './library.js';
import { NativeProblem } from './problem.ts';

/** @throws EngineError, from `create`, where there is no C compiler, or none of its libraries can be loaded */
export const nativeEngine: Engine = { name: 'native', create: (graph, options) => createNative(graph, options) };

/** With contracted arithmetic: bits of this machine's own. */
export const fastNativeEngine: Engine = {
  name: 'native+fast-math',
  create: (graph, options) => createNative(graph, options, { contracts: true }),
};

/** For tests: fewer lanes than the CPU has, threads that are disturbed. */
export const nativeEngineWith = (lanes: number | undefined, hooks: ThreadHooks = {}): Engine => ({
  name: 'native',
  create: (graph, options) => createNative(graph, options, { lanes, hooks }),
});

/** The native engine where it can run and repays its compiler's time; else WebAssembly's. */
export const autoEngine: Engine = {
  name: 'auto',
  create: (graph, options) => createEither(graph, options, wasmEngine, false),
};

export const fastAutoEngine: Engine = {
  name: 'auto+fast-math',
  create: (graph, options) => createEither(graph, options, fastWasmEngine, true),
};

async function createEither(
  graph: Graph,
  options: ProgramOptions,
  otherwise: Engine,
  contracts: boolean,
): Promise<Program> {
  const { steps, batchSize, threads = 1 } = options;
  if (steps === undefined) return otherwise.create(graph, options);
  const isWorthwhile = (program: CompiledProgram): boolean =>
    (steps * secondsOfStep(program, batchSize)) / threads >= worthwhileSeconds;
  try {
    return await open(graph, options, { isWorthwhile, contracts });
  } catch (error) {
    if (error instanceof NativeProblem) return otherwise.create(graph, options);
    throw error;
  }
}

/** Of WebAssembly, at half the speed or less: a compiler takes about one. */
const worthwhileSeconds = 2;

export interface NativeMachine {
  readonly compiler: string;
  /** Of the widest vectors. */
  readonly lanes: number;
}

/** What the native engine has here, or why there is none, as the rest of a sentence. */
export async function nativeMachine(): Promise<NativeMachine | { readonly problem: string }> {
  try {
    const { title, lanes } = await findCompiler();
    await loadLibraries();
    await prepareFolder();
    return { compiler: title, lanes };
  } catch (error) {
    if (error instanceof NativeProblem) return { problem: error.message };
    throw error;
  }
}

interface How {
  readonly lanes?: number | undefined;
  readonly hooks?: ThreadHooks;
  readonly contracts?: boolean;
  /** Asked where no library is kept. */
  readonly isWorthwhile?: (program: CompiledProgram) => boolean;
}

async function createNative(graph: Graph, options: ProgramOptions, how: How = {}): Promise<Program> {
  try {
    return await open(graph, options, how);
  } catch (cause) {
    if (!(cause instanceof NativeProblem)) throw cause;
    throw new EngineError(`The native engine cannot run here: ${cause.message}. Use the WebAssembly engine.`, {
      cause,
    });
  }
}

/** @throws NativeProblem */
async function open(graph: Graph, options: ProgramOptions, how: How): Promise<Program> {
  const { lanes, hooks, contracts = false, isWorthwhile } = how;
  const compiler = await findCompiler();
  const width = lanes ?? compiler.lanes;
  if (width > compiler.lanes) {
    throw new UsageError(`This CPU has vectors of ${compiler.lanes} lanes at most, but ${width} are asked for.`);
  }
  const backend: Backend = {
    name: contracts ? 'native+fast-math' : 'native',
    target: compiler.target(width),
    build: (program) => build(program, compiler, argumentsFor(width, contracts), isWorthwhile),
    open: async (code, memory, losses) => (await loadLibraries()).openLibrary(code as Code, memory, losses),
    workerFile: new URL('./worker.js', import.meta.url),
  };
  return createProgram(backend, graph, options, hooks);
}

/**
 * Not before there is something to call: koffi 3.3.4 syncs standard error when it is unloaded, and waits for ever where
 * that fails, as on a full disk.
 * @throws NativeProblem where the package that calls them is missing
 */
async function loadLibraries(): Promise<typeof import('./library.js')> {
  try {
    return await import('./library.js');
  } catch (cause) {
    throw new NativeProblem('the package koffi is not installed, or not for this machine', { cause });
  }
}

async function build(
  program: CompiledProgram,
  compiler: Compiler,
  args: readonly string[],
  isWorthwhile: How['isWorthwhile'],
): Promise<Code> {
  const text = printProgram(program);
  const key = sha256([compiler.identity, ...args, text].join('\0'));
  if (isWorthwhile && !isWorthwhile(program) && (await findLibrary(key)) === undefined) {
    throw new NativeProblem('compiling takes longer than it saves');
  }
  await loadLibraries();
  return { path: await libraryOf(key, (file) => compileTo(file, text, args)), stages: stagesOf(program) };
}
