/**
 * @file Holds one engine to another: the same network, weights and batches, tensor by tensor.
 *
 * Where large terms cancel, float32 has less than 1e-5 of a tensor's maximum to offer. So a difference may also amount
 * to some roundings of what goes in: a third program, by the first engine, has weights and images that are each off by
 * up to one float32 rounding, and shows how much that matters to each tensor.
 */
import type { Engine, Program } from '../src/engine/engine.ts';
import { gradientName } from '../src/formula/derive.ts';
import type { Network } from '../src/model/cnn.ts';
import { buildGraph, type Graph } from '../src/model/graph.ts';
import { ruleOf } from '../src/optimizers/index.ts';
import type { Optimizer } from '../src/optimizers/optimizer.ts';
import { randomStream } from '../src/random.ts';
import { sizeOf } from '../src/shape.ts';

export interface Comparison {
  readonly optimizer: Optimizer;
  /** How many examples each step's batch carries; one optimiser step for each. */
  readonly counts: readonly number[];
  /** The most examples of a batch; the greatest of `counts` where it is left out. */
  readonly batchSize?: number;
  readonly seed?: number;
  /** The greatest difference, as a share of a tensor's maximum. */
  readonly limit?: number;
  /** How many times what one rounding of weights and images makes is allowed, if that is more. */
  readonly roundings?: number;
  /**
   * Whether to look at every layer's output and gradient too. It keeps an engine from fusing and sharing memory, so
   * compare both ways.
   */
  readonly observe?: boolean;
}

export interface Difference {
  /** Which step, from 1. */
  readonly step: number;
  readonly tensor: string;
  /** max|a - b| / max|a| */
  readonly difference: number;
}

/** Outputs, gradients, and weights with the optimiser's state: whatever differs by more than the limit. */
export async function compareEngines(
  a: Engine,
  b: Engine,
  { nodes, input }: Network,
  {
    optimizer,
    counts,
    batchSize = Math.max(...counts),
    seed = 0,
    limit = 1e-5,
    roundings = 32,
    observe = false,
  }: Comparison,
): Promise<Difference[]> {
  // An engine may fuse gradients with the optimiser, so they are looked at in programs of their own.
  const [plain, trained] = [buildGraph(nodes, input), buildGraph(nodes, input, ruleOf(optimizer))];
  const inner = observe ? nodes.map(({ name }) => `${name}.output`) : [];
  const observed = [plain.logits, plain.probabilities, plain.loss, ...inner];
  const gradients = [
    ...plain.parameters.map(({ gradient }) => gradient),
    ...inner.map(gradientName).filter((tensor) => plain.tensors.has(tensor)),
  ];
  const weights = plain.parameters.map(({ name }) => name);
  const states = trained.updates.flatMap(({ state }) => state.map(({ name }) => name));
  const create = (graph: Graph, keep: readonly string[]) =>
    Promise.all([a, b, a].map((engine) => engine.create(graph, { batchSize, purpose: 'train', keep })));
  const lookers = await create(plain, [...new Set([...observed, ...gradients])]);
  const steppers = await create(trained, observe ? [...new Set(observed)] : []);
  drawWeights(trained, steppers, seed);

  const differences: Difference[] = [];
  const compare = (step: number, programs: readonly Program[], tensors: readonly string[], count: number): void => {
    for (const tensor of tensors) {
      const { perExample } = trained.tensors.get(tensor)!;
      const [first, second, shaken] = programs.map((program) => valuesOf(program, tensor, perExample, count));
      const difference = differenceOf(first!, second!);
      const allowed = Math.max(limit, roundings * differenceOf(first!, shaken!));
      if (!(difference <= allowed)) differences.push({ step, tensor, difference });
    }
  };
  counts.forEach((count, place) => {
    const step = place + 1;
    for (const name of weights) {
      // The same for both, so that what is looked at does not depend on how the weights drift apart.
      writeAll(lookers, name, Float32Array.from(steppers[0]!.read(name)));
    }
    drawBatch(trained, [lookers, steppers], count, seed, step);
    for (const program of lookers) program.forward(count);
    compare(step, lookers, observed, count);
    for (const program of lookers) program.gradients(count);
    compare(step, lookers, [...observed, ...gradients], count);
    for (const program of steppers) program.step(count);
    compare(step, steppers, [...weights, ...states, ...(observe ? observed : [])], count);
  });
  return differences;
}

/** Gives the programs the same values, but the last one values that are each off by up to one float32 rounding. */
function writeAll(programs: readonly Program[], tensor: string, values: Float32Array, example?: number): void {
  const { uniform } = randomStream(values.length, tensor);
  const shaken = Float64Array.from(values, (value) => value * (1 + (2 * uniform() - 1) * 2 ** -24));
  for (const [which, program] of programs.entries()) {
    program.write(tensor, which === programs.length - 1 ? shaken : values, example);
  }
}

/** float32 values, so that engines of either precision start from the same numbers. */
function drawWeights(graph: Graph, programs: readonly Program[], seed: number): void {
  const { normal } = randomStream(seed, 'weights');
  for (const { name, shape, initialDeviation } of graph.parameters) {
    const deviation = initialDeviation || 0.1;
    writeAll(
      programs,
      name,
      Float32Array.from({ length: sizeOf(shape) }, () => deviation * normal()),
    );
  }
}

/** What earlier batches left behind `count` stays, so that a program which reads it gives itself away. */
function drawBatch(graph: Graph, groups: readonly Program[][], count: number, seed: number, step: number): void {
  const { normal, integer } = randomStream(seed, `batch ${step}`);
  const sizes = [graph.image, graph.target].map((tensor) => sizeOf(graph.tensors.get(tensor)!.shape));
  for (let example = 0; example < count; example++) {
    const image = Float32Array.from({ length: sizes[0]! }, normal);
    const target = new Float32Array(sizes[1]!);
    target[integer(target.length)] = 1;
    for (const programs of groups) {
      writeAll(programs, graph.image, image, example);
      for (const program of programs) program.write(graph.target, target, example);
    }
  }
}

function valuesOf(program: Program, tensor: string, perExample: boolean, count: number): number[] {
  if (!perExample) return [...program.read(tensor)];
  return Array.from({ length: count }, (_, example) => [...program.read(tensor, example)]).flat();
}

/** max|a - b| / max|a|; NaN where either has one. */
function differenceOf(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  const greatest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const distance = a.reduce((most, value, place) => Math.max(most, Math.abs(value - b[place]!)), 0);
  return distance === 0 ? 0 : distance / greatest;
}
