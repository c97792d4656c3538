/**
 * @file The native engine: the loop nests as C, compiled for this machine's CPU when a program is created and kept for the
 * next one. Its bits are those of the WebAssembly engine at every width of vectors.
 */
import type { CompiledProgram } from '../../../compiler/program.ts';
import { EngineError, UsageError } from '../../../errors.ts';
import type { Graph } from '../../../model/graph.ts';
import { type Backend, createProgram, type ThreadHooks } from '../../arena-program.ts';
import type { Engine, Program, ProgramOptions } from '../../engine.ts';
import { printProgram, stagesOf } from '../print-c.ts';
import { libraryOf, sha256 } from './cache.ts';
import { argumentsFor, type Compiler, CompilerProblem, compileTo, findCompiler } from './compiler.ts';
import type { Code } from './library.js';

export const nativeEngine: Engine = { name: 'native', create: (graph, options) => createNative(graph, options) };

/** For tests: fewer lanes than the CPU has, threads that are disturbed. */
export const nativeEngineWith = (lanes: number | undefined, hooks: ThreadHooks = {}): Engine => ({
  name: 'native',
  create: (graph, options) => createNative(graph, options, lanes, hooks),
});

/** Why there is no native engine here, as the rest of a sentence; undefined where there is one. */
export async function nativeProblem(): Promise<string | undefined> {
  try {
    await findCompiler();
    await loadLibraries();
    return undefined;
  } catch (error) {
    if (error instanceof CompilerProblem) return error.message;
    throw error;
  }
}

async function createNative(
  graph: Graph,
  options: ProgramOptions,
  lanes?: number,
  hooks?: ThreadHooks,
): Promise<Program> {
  try {
    const compiler = await findCompiler();
    const width = lanes ?? compiler.lanes;
    if (width > compiler.lanes) {
      throw new UsageError(`This CPU has vectors of ${compiler.lanes} lanes at most, but ${width} are asked for.`);
    }
    const { openLibrary } = await loadLibraries();
    const backend: Backend = {
      name: 'native',
      target: compiler.target(width),
      build: (program) => build(program, compiler, width),
      open: (code, memory, losses) => openLibrary(code as Code, memory, losses),
      workerFile: new URL('./worker.js', import.meta.url),
    };
    return await createProgram(backend, graph, options, hooks);
  } catch (cause) {
    if (!(cause instanceof CompilerProblem)) throw cause;
    throw new EngineError(`The native engine cannot run here: ${cause.message}. Use the WebAssembly engine.`, {
      cause,
    });
  }
}

/** @throws CompilerProblem where the package that calls them is missing */
async function loadLibraries(): Promise<typeof import('./library.js')> {
  try {
    return await import('./library.js');
  } catch (cause) {
    throw new CompilerProblem('the package koffi is not installed, or not for this machine', { cause });
  }
}

async function build(program: CompiledProgram, compiler: Compiler, lanes: number): Promise<Code> {
  const text = printProgram(program);
  const key = sha256([compiler.identity, ...argumentsFor(lanes), text].join('\0'));
  return { path: await libraryOf(key, (file) => compileTo(file, text, lanes)), stages: stagesOf(program) };
}
