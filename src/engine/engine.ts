/** @file What an engine offers: it makes a graph of formulas into a program that can be run on batches. */
import { EngineError } from '../errors.ts';
import type { Graph } from '../model/graph.ts';

export interface ProgramOptions {
  /** The most examples that one call may carry. */
  readonly batchSize: number;
  /** `train` runs everything; `predict` only the way to logits, probabilities and loss. */
  readonly purpose: 'train' | 'predict';
  /** Tensors that someone wants to read though the program does not need them afterwards. */
  readonly keep?: readonly string[];
  /**
   * The most threads that share a step, 1 by default. No bit of a result depends on it. More than one need `close`; there
   * are never more than the chunks that a batch is cut into.
   */
  readonly threads?: number;
  /** About how many batches it will run, where that is known: some engines take time to build, which has to be repaid. */
  readonly steps?: number;
}

/** What computes. With fast math a multiplication and an addition are rounded once, where the machine can do that. */
export const engineNames = ['reference', 'wasm', 'native', 'wasm+fast-math', 'native+fast-math'] as const;
export type EngineName = (typeof engineNames)[number];
/** One of them, chosen for each program. */
export type AutoName = 'auto' | 'auto+fast-math';

/** What it computes in: engines of one arithmetic give the same bits. That of fast math is the engine's, and the machine's, own. */
export function arithmeticOf(engine: EngineName | AutoName): string {
  if (engine === 'reference') return 'float64';
  return isFastMath(engine) ? engine : 'float32';
}

export const isFastMath = (name: string): boolean => name.endsWith('+fast-math');

export interface Engine {
  readonly name: EngineName | AutoName;
  create(graph: Graph, options: ProgramOptions): Promise<Program>;
}

/** Where one example's image or target lies: element [y, x, c] at start + y*strides[0] + x*strides[1] + c*strides[2]. */
export interface Place {
  readonly values: Float32Array | Float64Array;
  readonly start: number;
  readonly strides: readonly number[];
}

/** A graph made ready; its memory is laid out once. Tensors are written and read in C order, without padding. */
export interface Program {
  readonly engine: EngineName;
  readonly batchSize: number;
  /** How many threads share a step. */
  readonly threads: number;
  /** Why these are fewer than asked for, where they are: the rest of a sentence that says how many there are. */
  readonly threadsReason?: string | undefined;
  place(tensor: string, example: number): Place;
  write(tensor: string, values: ArrayLike<number>, example?: number): void;
  /** A copy. @throws EngineError for a tensor that the program has not kept */
  read(tensor: string, example?: number): Float32Array | Float64Array;
  /** Runs the forward formulas for the first `count` examples. */
  forward(count: number): void;
  /**
   * Forward and backward: gradients of the mean loss over the first `count` examples.
   * @throws EngineError from engines that fuse gradients with the optimiser, if the graph has one
   */
  gradients(count: number): void;
  /**
   * Forward, backward and the optimiser. A loss that is not finite leaves weights and optimiser state as they were.
   * @throws EngineError when a thread fails, within 5 seconds or, of networks so large that a tensor alone takes seconds, as
   *   much longer; the program is closed then
   */
  step(count: number): void;
  /**
   * Parameters that the last step left with values or optimiser state that are not finite, as those whose gradient is not,
   * in layer order. None where the loss was not finite: then nothing was changed.
   */
  broken(): readonly string[];
  /** Ends the program's threads; afterwards it can only be read. Closing twice is closing once. */
  close(): void;
}

export const closedError = (): EngineError =>
  new EngineError('The program is closed and cannot run any more; create another one.');
