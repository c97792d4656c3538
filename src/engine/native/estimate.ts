/** @file How long a step would take WebAssembly, roughly: what compiling C has to be weighed against. */

import { batchAxis } from '../../compiler/lower.ts';
import type { CompiledProgram } from '../../compiler/program.ts';

/** Of a term of a sum, and of a value that is stored, on one core of 2024. */
const [termSeconds, valueSeconds] = [5e-11, 4e-10];

export function secondsOfStep({ schedules }: CompiledProgram, batchSize: number): number {
  let seconds = 0;
  for (const { kernel } of schedules) {
    const { level, axes, ranges, reduction, values } = kernel;
    const sizeOf = (names: readonly string[]): number =>
      names.reduce((size, axis) => size * (axis === batchAxis ? batchSize : ranges[axis]!), 1);
    const elements = sizeOf(axes) * (level === 'example' ? batchSize : 1);
    const terms = reduction ? sizeOf(reduction.axes) : 0;
    seconds += elements * (terms * termSeconds + values.length * valueSeconds);
  }
  return seconds;
}
