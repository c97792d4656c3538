/** @file What an engine offers: it makes a graph of formulas into a program that can be run on batches. */
import type { Graph } from '../model/graph.ts';

export interface ProgramOptions {
  /** The most examples that one call may carry. */
  readonly batchSize: number;
  /** `train` runs everything; `predict` only the way to logits, probabilities and loss. */
  readonly purpose: 'train' | 'predict';
  /** Tensors that someone wants to read though the program does not need them afterwards. */
  readonly keep?: readonly string[];
}

export interface Engine {
  readonly name: 'reference' | 'wasm';
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
  readonly batchSize: number;
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
  /** Forward, backward and the optimiser. */
  step(count: number): void;
}
