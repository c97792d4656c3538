/**
 * @file What nests are compiled for: how many lanes a vector has, and how many registers hold vectors. How a tensor is stored
 * does not depend on it: buffers are padded for vectors of four, and wider ones cover no more than that, with narrower ones
 * at the end of an axis. Nor does the order of any sum. Whether a large parameter is copied for a sum does.
 */
import { laneCount, partialLanes } from './layout.ts';

export interface Target {
  /** Of the widest vectors: 4, 8 or 16. */
  readonly lanes: number;
  /** In which single numbers are computed: 1, or 4 where there are only vectors. */
  readonly scalarLanes: 1 | 4;
  readonly vectorRegisters: number;
  /** Whether all operands of a loop's body are in registers before anything is computed, as V8 has it. */
  readonly operandsFirst: boolean;
}

/** WebAssembly's vectors. */
export const simd128: Target = {
  lanes: 4,
  scalarLanes: 4,
  vectorRegisters: 16,
  operandsFirst: true,
};

/** Vectors of one width that lie behind each other. */
export interface Run {
  readonly width: number;
  readonly vectors: number;
}

/** The vectors that cover an axis and its padding, wide ones first; of narrow ones there is one of each width at most. */
export function coverOf(range: number, { lanes }: Target): Run[] {
  const runs: Run[] = [];
  let rest = Math.ceil(range / laneCount) * laneCount;
  for (let width = lanes; width >= laneCount; width /= 2) {
    const vectors = Math.floor(rest / width);
    if (vectors > 0) runs.push({ width, vectors });
    rest -= vectors * width;
  }
  return runs;
}

/** The partial sums along an axis: as many as divide it, `partialLanes` at most, whatever holds them. */
export function foldRun(range: number, { lanes }: Target): Run {
  const padded = Math.ceil(range / laneCount) * laneCount;
  let sums = partialLanes;
  while (padded % sums !== 0) sums /= 2;
  const width = Math.min(lanes, sums);
  return { width, vectors: sums / width };
}
