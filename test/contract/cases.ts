/**
 * @file The networks whose weights are held to golden hashes: the benchmark's three, the first two also with a batch
 * that is worth cutting, three of odd or large sizes, and twenty at random. Their weights, images and targets come from a seed.
 */
import { workloads } from '../../bench/workloads.ts';
import type { Engine, Program } from '../../src/engine/engine.ts';
import { buildNetwork, type Network } from '../../src/model/cnn.ts';
import { buildGraph, type Graph } from '../../src/model/graph.ts';
import { parseNotation } from '../../src/model/notation.ts';
import { ruleOf } from '../../src/optimizers/index.ts';
import { parseOptimizer } from '../../src/optimizers/notation.ts';
import type { Optimizer } from '../../src/optimizers/optimizer.ts';
import { randomStream } from '../../src/random.ts';
import { sizeOf } from '../../src/shape.ts';
import { hashWeights } from '../../src/training/trained.ts';
import { type RandomNetwork, randomNetworks } from './random-networks.ts';

export interface Case {
  readonly name: string;
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly batchSize: number;
  /** The examples of each step. */
  readonly counts: readonly number[];
  /** SHA-256 of the weights after these steps. */
  readonly sha256: string;
}

const mnist = { input: [28, 28, 1], classes: 10 };

function benchmark(name: string, counts: readonly number[], sha256: string): Case {
  const { layers, optimizer } = workloads.find((workload) => workload.name === name)!;
  const network = buildNetwork({ layers }, mnist);
  const batchSize = Math.max(...counts);
  return { name: `${name}, batch ${batchSize}`, network, optimizer, batchSize, counts, sha256 };
}

/** A whole batch, a ragged one, one of a single chunk, and a whole one again, which must not see what they left. */
export function randomCase(
  { notation, input, classes, optimizer, batchSize, ragged, sha256 }: RandomNetwork,
  number: number,
): Case {
  return {
    name: `random ${number}`,
    network: buildNetwork({ layers: parseNotation(notation) }, { input, classes }),
    optimizer: parseOptimizer(optimizer),
    batchSize,
    counts: [batchSize, ragged, 5, batchSize],
    sha256,
  };
}

function ownCase(
  name: string,
  notation: string,
  shape: { readonly input: readonly [number, number, number]; readonly classes: number },
  counts: readonly [number, ...number[]],
  sha256: string,
): Case {
  const network = buildNetwork({ layers: parseNotation(notation) }, shape);
  const [batchSize] = counts;
  return { name: `${name}, batch ${batchSize}`, network, optimizer: parseOptimizer('adam'), batchSize, counts, sha256 };
}

/** Large gradients whose axes fill neither a vector nor a tile. */
const wide = ownCase(
  'wide',
  'conv(5) + relu + dense(77) + tanh',
  { input: [13, 11, 3], classes: 7 },
  [41, 29, 5, 41],
  '14dfe4b785bcc89024c1d0837f48c0c5f6245d28df50c22b1fbf840440beea13',
);

/** Convolutions, and the gradient of one's input, in tiles that leave the image at its ends. */
const tiled = ownCase(
  'tiled',
  'conv(21) + tanh + conv(18, padding=valid) + averagePool + dense(9)',
  { input: [9, 11, 16], classes: 5 },
  [19, 11, 5, 19],
  'd5f8c8f7d0edc1512abdd6edc26f685c477cddb764e07bc0d013bd6a3c00f32a',
);

/** Parameters, and Winograd's kernels, large enough to be copied into the order of sums. */
const blocked = ownCase(
  'blocked',
  'conv(64) + tanh + conv(64) + relu + dense(32) + tanh',
  { input: [7, 7, 3], classes: 5 },
  [16, 11, 5, 16],
  '97575cda36b4a2fca75e94cf596d3055bc23a6e4a24cee8474da2c19e3628d79',
);

const single = new Array<number>(40).fill(1);

/** Another hash means that numbers have changed: `numericsVersion` has to rise. */
export const cases: readonly Case[] = [
  benchmark('W1', single, '7c53e71f19c62bc142473a43b9c4af7293b6d2c4b613d796f7bb45f7cbf97785'),
  benchmark('W2', single, '232150d53756c481d1a0629418e689de3e9bd725d4dce5df79348126aa30ace0'),
  benchmark('W1', [32, 32, 20, 32], '0843dab035181c281439726fc92584c90b93292844b354346138f0e8b95b8af1'),
  benchmark('W2', [32, 32, 20, 32], 'c8f7b72132bed28f715a572e67fc8ce4571d29c86aa8353fc8f431756a399bd2'),
  benchmark('W3', [64, 64, 33, 64], 'a12bc843f06943768b0a2e03c618b221cd53769ad5adad6d0e9f589851a3e566'),
  wide,
  tiled,
  blocked,
  ...randomNetworks.map((row, place) => randomCase(row, place + 1)),
];

export const caseNamed = (name: string): Case => cases.find((one) => one.name === name)!;

/** Some of all sorts, for tests in seconds. */
export const someCases: readonly Case[] = [
  'W1, batch 1',
  'W1, batch 32',
  'W2, batch 32',
  'W3, batch 64',
  'wide, batch 41',
  'tiled, batch 19',
  'blocked, batch 16',
  'random 8',
  'random 15',
].map(caseNamed);

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

/** What came of a case. */
export interface Outcome {
  /** Of the weights after the case's steps. */
  readonly sha256: string;
  readonly threads: number;
  readonly threadsReason: string | undefined;
}

/** Runs a case. @throws Error if its weights are not finite, when a hash says nothing */
export async function outcomeOf(of: Case, engine: Engine, threads = 1): Promise<Outcome> {
  const { graph, program, step } = await open(of, engine, threads);
  try {
    for (const count of of.counts) step(count);
    const weights = graph.parameters.map(({ name, shape }) => ({
      name,
      shape,
      values: Float32Array.from(program.read(name)),
    }));
    const bad = weights.find(({ values }) => !values.every(Number.isFinite));
    if (bad) throw new Error(`${of.name}: ${bad.name} is not finite.`);
    const { threads, threadsReason } = program;
    return { sha256: await hashWeights(weights), threads, threadsReason };
  } finally {
    program.close();
  }
}

export const hashOf = async (of: Case, engine: Engine, threads = 1): Promise<string> =>
  (await outcomeOf(of, engine, threads)).sha256;
