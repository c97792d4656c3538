/** @file Holds one engine to another: the same network, weights and batches, tensor by tensor. */
import type { Engine, Program } from '../src/engine/engine.ts';
import { gradientName } from '../src/formula/derive.ts';
import type { Network } from '../src/model/cnn.ts';
import { buildGraph, type Graph } from '../src/model/graph.ts';
import { optimizerFactories } from '../src/optimizers/index.ts';
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
  { optimizer, counts, batchSize = Math.max(...counts), seed = 0, limit = 1e-5, observe = false }: Comparison,
): Promise<Difference[]> {
  const { definition } = optimizerFactories.find(({ definition: { kind } }) => kind === optimizer.kind)!;
  const graph = buildGraph(nodes, input, definition.rule(optimizer as never));
  const outputs = [graph.logits, graph.probabilities, graph.loss];
  const gradients = graph.parameters.map(({ gradient }) => gradient);
  const weights = [
    ...graph.parameters.map(({ name }) => name),
    ...graph.updates.flatMap(({ state }) => state.map(({ name }) => name)),
  ];
  if (observe) {
    for (const { name } of nodes) {
      outputs.push(`${name}.output`);
      gradients.push(...[gradientName(`${name}.output`)].filter((tensor) => graph.tensors.has(tensor)));
    }
  }
  const keep = [...new Set([...outputs, ...gradients])];
  const programs = await Promise.all(
    [a, b].map((engine) => engine.create(graph, { batchSize, purpose: 'train', keep })),
  );
  const [first, second] = programs as [Program, Program];
  drawWeights(graph, programs, seed);
  const differences: Difference[] = [];
  const compare = (step: number, tensors: readonly string[], count: number): void => {
    for (const tensor of tensors) {
      const { perExample } = graph.tensors.get(tensor)!;
      const difference = differenceOf(
        valuesOf(first, tensor, perExample, count),
        valuesOf(second, tensor, perExample, count),
      );
      if (!(difference <= limit)) differences.push({ step, tensor, difference });
    }
  };
  compare(0, weights, 0);
  counts.forEach((count, place) => {
    const step = place + 1;
    drawBatch(graph, programs, count, seed, step);
    for (const program of programs) program.forward(count);
    compare(step, outputs, count);
    for (const program of programs) program.gradients(count);
    compare(step, [...outputs, ...gradients], count);
    for (const program of programs) program.step(count);
    compare(step, weights, count);
  });
  return differences;
}

/** float32 values, so that engines of either precision start from the same numbers. */
function drawWeights(graph: Graph, programs: readonly Program[], seed: number): void {
  const { normal } = randomStream(seed, 'weights');
  for (const { name, shape, initialDeviation } of graph.parameters) {
    const values = Float32Array.from({ length: sizeOf(shape) }, () => (initialDeviation || 0.1) * normal());
    for (const program of programs) program.write(name, values);
  }
}

/** What earlier batches left behind `count` stays, so that a program which reads it gives itself away. */
function drawBatch(graph: Graph, programs: readonly Program[], count: number, seed: number, step: number): void {
  const { normal, integer } = randomStream(seed, `batch ${step}`);
  const sizes = [graph.image, graph.target].map((tensor) => sizeOf(graph.tensors.get(tensor)!.shape));
  for (let example = 0; example < count; example++) {
    const image = Float32Array.from({ length: sizes[0]! }, normal);
    const target = new Float32Array(sizes[1]!);
    target[integer(target.length)] = 1;
    for (const program of programs) {
      program.write(graph.image, image, example);
      program.write(graph.target, target, example);
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
