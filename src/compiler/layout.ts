/**
 * @file Where tensors lie: one arena, laid out once. A buffer's innermost axis is padded to whole vectors of four
 * elements and the padding is always 0. Every axis has a halo of zeros as wide as reads reach beyond it, so that loops
 * have no branches. A per-example tensor has as many slots as its life needs: one within a run of example-level kernels,
 * one for each example of a chunk, or one for each of the batch. The first two lie at the end of the arena, once for each
 * thread.
 */
import { intervalOf, type Ranges } from '../formula/affine.ts';
import type { Read } from '../formula/expression.ts';
import type { Shape } from '../shape.ts';
import { type Kernel, kernelReads } from './kernel.ts';

export const floatBytes = 4;
export const doubleBytes = 8;
/** To whole vectors of so many elements buffers are padded. */
export const laneCount = 4;
/** The most partial sums along lanes. */
export const partialLanes = 16;
/** Into how many slices a nest may be cut. */
export const mostSlices = 16;
/** Buffers start on cache lines, and a line lies between them, which reads of whole vectors may run into. */
const alignment = 64;

/** The arena begins with an engine's own: what its threads count in, and what its code looks up. */
export const pulseBytes = alignment;
const tableBytes = 256;

/** How far reads reach beyond each axis of a tensor. */
export interface Halo {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** `one` is also for what does not depend on the example. */
export type Slots = 'one' | 'chunk' | 'batch';

/** How one tensor lies in the arena. */
export interface Buffer {
  readonly tensor: string;
  readonly shape: Shape;
  /** What tells an example's slot: its place in the chunk, or in the batch. */
  readonly slots: Slots;
  /** Bytes of an element: 4 in float32, 8 in float64. */
  readonly elementBytes: number;
  /** Elements between neighbours on each axis; 0 on an axis with one element, and on `b` where there is one slot. */
  readonly strides: readonly number[];
  /** Elements from the start of the buffer to element 0. */
  readonly origin: number;
  /** All of them, with halo and padding. */
  readonly elements: number;
  /** Bytes from the start of the arena; of the first thread's, if each has its own. */
  readonly address: number;
  /** Whether each thread has its own: what an example leaves behind for no other. */
  readonly perThread: boolean;
}

export type Order = readonly number[];

export const naturalOrder = (shape: Shape): Order => shape.map((_, axis) => axis);

export function findHalos(kernels: readonly Kernel[], shapes: ReadonlyMap<string, Shape>): Map<string, Halo> {
  const halos = new Map<string, { low: number[]; high: number[] }>();
  const reach = ({ tensor, index }: Read, ranges: Ranges): void => {
    const shape = shapes.get(tensor);
    if (!shape) return;
    const halo = halos.get(tensor) ?? { low: shape.map(() => 0), high: shape.map(() => 0) };
    halos.set(tensor, halo);
    for (const [axis, place] of index.entries()) {
      const { low, high } = intervalOf(place, ranges);
      halo.low[axis] = Math.max(halo.low[axis]!, -low);
      halo.high[axis] = Math.max(halo.high[axis]!, high - shape[axis]! + 1);
    }
  };
  for (const kernel of kernels) for (const node of kernelReads(kernel)) reach(node, kernel.ranges);
  return halos;
}

/** Axes of more than one element, their halo included, in the order in which they are stored. */
export function storedAxes(shape: Shape, order: Order, halo: Halo | undefined): number[] {
  return order.filter((axis) => shape[axis]! > 1 || (halo?.low[axis] ?? 0) > 0 || (halo?.high[axis] ?? 0) > 0);
}

export class Arena {
  bytes = pulseBytes + tableBytes;
  readonly buffers = new Map<string, Buffer>();
  readonly #double: ReadonlySet<string>;
  #perThreadFrom: number | undefined;

  /** @param double tensors in float64 */
  constructor(double: ReadonlySet<string>) {
    this.#double = double;
  }

  /** Every thread has its own of what is added from now on. */
  startPerThread(): void {
    this.#perThreadFrom = this.bytes;
  }

  /** Bytes between one thread's own memory and the next one's. */
  get perThreadBytes(): number {
    return this.bytes - (this.#perThreadFrom ?? this.bytes);
  }

  /**
   * @param slotCount if axis 0 is the batch or the chunks: how many slots it has, each starting on a whole vector; else 0
   */
  add(tensor: string, shape: Shape, order: Order, halo: Halo | undefined, slots: Slots, slotCount: number): Buffer {
    const strides = new Array<number>(shape.length).fill(0);
    let size = 1;
    let origin = 0;
    const isSlot = (axis: number): boolean => slotCount > 0 && axis === 0;
    const axes = storedAxes(shape, order, halo).filter((axis) => !isSlot(axis));
    for (const [place, axis] of axes.reverse().entries()) {
      strides[axis] = size;
      origin += (halo?.low[axis] ?? 0) * size;
      size *= shape[axis]! + (halo?.low[axis] ?? 0) + (halo?.high[axis] ?? 0);
      if (place === 0) size = roundUp(size, laneCount);
    }
    size = roundUp(size, laneCount);
    if (slotCount > 1) strides[0] = size;
    size *= Math.max(slotCount, 1);
    const perThread = this.#perThreadFrom !== undefined;
    const elementBytes = this.#double.has(tensor) ? doubleBytes : floatBytes;
    const address = this.bytes;
    const buffer = { tensor, shape, slots, elementBytes, strides, origin, elements: size, address, perThread };
    this.bytes += roundUp(size * elementBytes, alignment) + alignment;
    this.buffers.set(tensor, buffer);
    return buffer;
  }

  /** Memory for what is no tensor. @returns its address */
  reserve(bytes: number): number {
    const address = this.bytes;
    this.bytes += roundUp(bytes, alignment) + alignment;
    return address;
  }

  /** Makes a second name for a tensor that takes another's place. */
  alias(tensor: string, original: string): void {
    this.buffers.set(tensor, this.buffers.get(original)!);
  }
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
