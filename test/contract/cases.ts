/**
 * @file The networks whose weights are held to golden hashes: the benchmark's three, the first two also with a batch
 * that is worth cutting, and twenty at random. Their images and targets come from a seed.
 */
import { workloads } from '../../bench/workloads.ts';
import type { Engine, Program } from '../../src/engine/engine.ts';
import { buildNetwork, type Network } from '../../src/model/cnn.ts';
import { buildGraph, type Graph } from '../../src/model/graph.ts';
import { adagrad, adam, ruleOf, sgd } from '../../src/optimizers/index.ts';
import type { Optimizer } from '../../src/optimizers/optimizer.ts';
import { randomStream } from '../../src/random.ts';
import { sizeOf } from '../../src/shape.ts';
import { hashWeights } from '../../src/training/trained.ts';
import { randomNetwork } from '../random-network.ts';

export interface Case {
  readonly name: string;
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly batchSize: number;
  /** The examples of each step. */
  readonly counts: readonly number[];
}

const mnist = { input: [28, 28, 1], classes: 10 };

const benchmark = (name: string, batchSize: number, counts: readonly number[]): Case => {
  const { layers, optimizer } = workloads.find((workload) => workload.name === name)!;
  const network = buildNetwork({ layers }, mnist);
  return { name: `${name}, batch ${batchSize}`, network, optimizer, batchSize, counts };
};

/** A whole batch, a ragged one, one of a single chunk, and a whole one again, which must not see what they left. */
function randomCase(seed: number): Case {
  const random = randomStream(seed, 'contract');
  const { network } = randomNetwork(random);
  const batchSize = 9 + random.integer(60);
  const ragged = 9 + random.integer(batchSize - 8);
  const optimizer = [sgd({ momentum: 0.9 }), adagrad(), adam()][seed % 3]!;
  return { name: `random ${seed}`, network, optimizer, batchSize, counts: [batchSize, ragged, 5, batchSize] };
}

export const cases: readonly Case[] = [
  benchmark('W1', 1, new Array(40).fill(1)),
  benchmark('W2', 1, new Array(40).fill(1)),
  benchmark('W1', 32, [32, 32, 20, 32]),
  benchmark('W2', 32, [32, 32, 20, 32]),
  benchmark('W3', 64, [64, 64, 33, 64]),
  ...Array.from({ length: 20 }, (_, place) => randomCase(place + 1)),
];

export interface Session {
  readonly graph: Graph;
  readonly program: Program;
  /** Feeds the next batch and runs one step. */
  readonly step: (count: number) => void;
}

/** A program with seeded weights. */
export async function open(
  { name, network, optimizer, batchSize }: Case,
  engine: Engine,
  threads = 1,
): Promise<Session> {
  const graph = buildGraph(network.nodes, network.input, ruleOf(optimizer));
  const program = await engine.create(graph, { batchSize, purpose: 'train', threads });
  const { normal, uniform, integer } = randomStream(1, name);
  for (const { name: parameter, shape, initialDeviation } of graph.parameters) {
    const values = Float32Array.from({ length: sizeOf(shape) }, () => normal() * initialDeviation);
    program.write(parameter, values);
  }
  const size = sizeOf(network.input);
  const step = (count: number): void => {
    for (let example = 0; example < count; example++) {
      const image = Float32Array.from({ length: size }, () => uniform() - 0.5);
      const target = new Float32Array(network.classes);
      target[integer(network.classes)] = 1;
      program.write(graph.image, image, example);
      program.write(graph.target, target, example);
    }
    program.step(count);
  };
  return { graph, program, step };
}

/** SHA-256 of the weights after the case's steps. */
export async function hashOf(of: Case, engine: Engine, threads = 1): Promise<string> {
  const { graph, program, step } = await open(of, engine, threads);
  try {
    for (const count of of.counts) step(count);
    const weights = graph.parameters.map(({ name, shape }) => ({
      name,
      shape,
      values: Float32Array.from(program.read(name)),
    }));
    const bad = weights.find(({ values }) => !values.every(Number.isFinite));
    if (bad) throw new Error(`${of.name}: ${bad.name} is not finite, so its hash says nothing.`);
    return await hashWeights(weights);
  } finally {
    program.close();
  }
}
