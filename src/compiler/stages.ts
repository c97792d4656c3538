/**
 * @file Which nests of a step may run at the same time. The nests of a stage neither write what another of them touches;
 * so threads may take a slice each of every nest, in any order, and wait for each other only between stages.
 */
import { type Kernel, kernelReads } from './kernel.ts';
import type { Buffer } from './layout.ts';

/** Nests by their place in the program. */
export type Stage = readonly number[];

/** Memory that a nest reads and writes, and for which tensor: some share a buffer. */
export interface Touched {
  readonly reads: ReadonlyMap<number, string>;
  readonly writes: ReadonlyMap<number, string>;
}

export function touchedBy(kernel: Kernel, buffers: ReadonlyMap<string, Buffer>): Touched {
  const stored = kernel.values.filter((value) => value.stored).map(({ target }) => target);
  const read = [...kernelReads(kernel), ...(kernel.accumulates ? stored : [])];
  const addressesOf = (tensors: readonly { readonly tensor: string }[]): Map<number, string> =>
    new Map(
      tensors.flatMap(({ tensor }): [number, string][] => {
        const buffer = buffers.get(tensor);
        return buffer ? [[buffer.address, tensor]] : [];
      }),
    );
  return { reads: addressesOf(read), writes: addressesOf(stored) };
}

/** Formulas of one tensor write elements of their own, so that they need not wait for each other. */
function mustWait(later: Touched, earlier: Touched): boolean {
  const meet = (a: Touched['reads'], b: Touched['reads']): boolean => [...a.keys()].some((address) => b.has(address));
  const clash = [...later.writes].some(([address, tensor]) => (earlier.writes.get(address) ?? tensor) !== tensor);
  return meet(later.reads, earlier.writes) || meet(later.writes, earlier.reads) || clash;
}

/** Every nest in the earliest stage behind those that it must wait for. */
export function stagesOf(nests: Stage, touched: readonly Touched[]): Stage[] {
  const stages: number[][] = [];
  for (const nest of nests) {
    const last = stages.findLastIndex((stage) => stage.some((other) => mustWait(touched[nest]!, touched[other]!)));
    if (last + 1 === stages.length) stages.push([]);
    stages[last + 1]!.push(nest);
  }
  return stages;
}

/**
 * The nests that cannot be cut and have nothing to do with the examples (the optimiser's scalars): they may run before
 * `others` and the rest, and need not make a stage of their own.
 */
export function freeOf(
  nests: Stage,
  isWhole: (nest: number) => boolean,
  others: Stage,
  touched: readonly Touched[],
): Stage {
  const free: number[] = [];
  const bound = [...others];
  for (const nest of nests) {
    const isFree = isWhole(nest) && !bound.some((other) => mustWait(touched[nest]!, touched[other]!));
    (isFree ? free : bound).push(nest);
  }
  return free;
}
