/** @file What a kernel is: it becomes one loop nest, with at most one reduction, and then values computed from it, of which some are stored. */
import type { Ranges } from '../formula/affine.ts';
import { type Expression, type Read, type Reduce, readsOf } from '../formula/expression.ts';

/**
 * When a kernel runs: `once` a step; for each `example` of a chunk; for a whole `chunk`, the batch being one of its
 * axes; or when all chunks are done, over the `batch`.
 */
export type Level = 'once' | 'example' | 'chunk' | 'batch';

/** The axis over the chunks of a batch, in the partial gradients that each chunk has; no formula can name it. */
export const chunkAxis = '#chunk';

/** The name by which values read the kernel's reduction. */
export const reductionResult = '#';

export interface Value {
  readonly target: Read;
  readonly expression: Expression;
  readonly stored: boolean;
  /** Whether its elements are added up, slice by slice and lane by lane, beside all that the kernel does. */
  readonly summed?: boolean;
}

export interface Kernel {
  readonly level: Level;
  /** Output axes, outermost first; the batch among them only at chunk level. */
  readonly axes: readonly string[];
  readonly ranges: Ranges;
  readonly reduction?: Reduce;
  readonly values: readonly Value[];
  /** Adds to what is stored instead of replacing it. */
  readonly accumulates: boolean;
  /** Computes in float64, one element at a time, what is held in it or compared in it. */
  readonly double?: boolean;
}

export function kernelReads({ reduction, values }: Kernel): Read[] {
  return [...(reduction ? readsOf(reduction) : []), ...values.flatMap(({ expression }) => readsOf(expression))];
}

/** A batch is cut into chunks by its size alone, never by the threads that are there. */
export function chunkCount(examples: number): number {
  return Math.min(8, Math.ceil(examples / 8));
}

/** The most examples that a chunk of a batch of up to `examples` has. */
export function largestChunk(examples: number): number {
  return Math.max(Math.min(examples, 8), Math.ceil(examples / 8));
}
