/** @file How long a step would take WebAssembly, roughly: what compiling C has to be weighed against. */

import { batchAxis } from '../../compiler/lower.ts';
import type { CompiledProgram } from '../../compiler/program.ts';

/** Of a term of a sum, of one that a walk comes to, and of a value that is stored, on one core of 2024. */
const [termSeconds, liveTermSeconds, valueSeconds] = [5e-11, 1e-10, 1.5e-10];

export function secondsOfStep({ schedules }: CompiledProgram, batchSize: number): number {
  let seconds = 0;
  for (const { kernel, walk } of schedules) {
    const { level, axes, ranges, reduction, values } = kernel;
    const sizeOf = (names: readonly string[]): number =>
      names.reduce((size, axis) => size * (axis === batchAxis ? batchSize : ranges[axis]!), 1);
    const elements = sizeOf(axes) * (level === 'example' ? batchSize : 1);
    const terms = reduction ? sizeOf(reduction.axes) : 0;
    const secondsOfTerm = walk ? walk.density * liveTermSeconds : termSeconds;
    seconds += elements * (terms * secondsOfTerm + values.length * valueSeconds);
  }
  return seconds;
}
