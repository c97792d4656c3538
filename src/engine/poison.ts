/**
 * @file For tests: memory that a step has to write before it reads, filled with NaN, so that a read which comes too early,
 * or sees what an earlier step left, is seen in the results. Padding, halos and what no formula writes are 0 by design.
 */
import { chunkAxis } from '../compiler/kernel.ts';
import { type Buffer, floatBytes } from '../compiler/layout.ts';
import { batchAxis } from '../compiler/lower.ts';
import type { CompiledProgram } from '../compiler/program.ts';
import type { Affine } from '../formula/affine.ts';
import type { Graph } from '../model/graph.ts';

/** A test sets it to have every program poison its memory. */
export const debugging = { poisons: false };

/** Places to poison before each run, in floats. */
export function poisonedPlaces(program: CompiledProgram, graph: Graph, threads: number): Uint32Array {
  const { schedules, buffers, perThreadBytes, ones } = program;
  const state = graph.updates.flatMap(({ state: own }) => own.map(({ name }) => name));
  const kept = new Set(
    [...ones, ...state, ...graph.parameters.map(({ name }) => name)].map((name) => buffers.get(name)),
  );
  const places: number[] = [];
  for (const { kernel } of schedules) {
    for (const { target, stored } of kernel.values) {
      const buffer = buffers.get(target.tensor);
      // Half a float64 that is NaN in float32 is none.
      if (!stored || !buffer || kept.has(buffer) || buffer.elementBytes !== floatBytes) continue;
      const copies = buffer.perThread ? threads : 1;
      for (const at of written(target.index, kernel.ranges, buffer)) {
        for (let thread = 0; thread < copies; thread++) places.push(at + (thread * perThreadBytes) / floatBytes);
      }
    }
  }
  return Uint32Array.from(places);
}

/** Every element that a formula writes, in all slots of its buffer. */
function* written(
  index: readonly Affine[],
  ranges: Readonly<Record<string, number>>,
  { address, origin, strides, elements }: Buffer,
): Generator<number> {
  const slots = strides[0]! > 0 ? Math.floor(elements / strides[0]!) : 1;
  const axes = [...new Set(index.flatMap(({ terms }) => terms.map(({ axis }) => axis)))];
  const counts = axes.map((axis) => (axis === batchAxis || axis === chunkAxis ? slots : ranges[axis]!));
  const steps = axes.map((axis) =>
    index.reduce((sum, { terms }, dimension) => {
      const own = terms
        .filter((term) => term.axis === axis)
        .reduce((all, { coefficient }) => all + coefficient.value, 0);
      return sum + own * strides[dimension]!;
    }, 0),
  );
  const start = index.reduce(
    (sum, { constant }, dimension) => sum + constant.value * strides[dimension]!,
    address / floatBytes + origin,
  );
  const total = counts.reduce((product, count) => product * count, 1);
  for (let element = 0; element < total; element++) {
    let at = start;
    for (let axis = axes.length - 1, rest = element; axis >= 0; rest = Math.floor(rest / counts[axis]!), axis--) {
      at += (rest % counts[axis]!) * steps[axis]!;
    }
    yield at;
  }
}
