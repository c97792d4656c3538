/** @file The workloads that speed is measured on. */
import type { Engine, Program } from '../src/engine/engine.ts';
import { conv, dense, maxPool, relu, sharedConv } from '../src/layers/index.ts';
import type { Layer } from '../src/layers/layer.ts';
import { buildNetwork } from '../src/model/cnn.ts';
import { buildGraph, type Graph } from '../src/model/graph.ts';
import { adagrad, adam, ruleOf } from '../src/optimizers/index.ts';
import type { Optimizer } from '../src/optimizers/optimizer.ts';
import { randomStream } from '../src/random.ts';
import { sizeOf } from '../src/shape.ts';
import { hashWeights } from '../src/training/trained.ts';

export interface Workload {
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly optimizer: Optimizer;
  readonly batchSize: number;
}

export const workloads: readonly Workload[] = [
  { name: 'W1', layers: [sharedConv(), maxPool()], optimizer: adagrad(), batchSize: 1 },
  { name: 'W2', layers: [sharedConv(), maxPool(), sharedConv(), maxPool()], optimizer: adagrad(), batchSize: 1 },
  {
    name: 'W3',
    layers: [
      conv({ filters: 32 }),
      relu(),
      maxPool(),
      conv({ filters: 64 }),
      relu(),
      maxPool(),
      dense({ units: 128 }),
      relu(),
    ],
    optimizer: adam(),
    batchSize: 64,
  },
];

const input = [28, 28, 1];
const classes = 10;

/** Images like MNIST's: a background of one value with a bright patch, and noise in it. */
function drawImage(stream: ReturnType<typeof randomStream>): Float32Array {
  const image = new Float32Array(sizeOf(input)).fill(-0.5);
  const top = 4 + stream.integer(8);
  const left = 4 + stream.integer(8);
  for (let y = top; y < top + 12; y++)
    for (let x = left; x < left + 12; x++) image[y * 28 + x] = stream.uniform() - 0.5;
  return image;
}

export interface Prepared {
  readonly graph: Graph;
  readonly program: Program;
  /** Feeds the next batch and runs one step. */
  readonly step: () => void;
}

export interface PrepareOptions {
  readonly batchSize?: number;
  readonly threads?: number;
  /** Takes something out of the graph, say. */
  readonly change?: (graph: Graph) => Graph;
}

export async function prepare(
  workload: Workload,
  engine: Engine,
  { batchSize = workload.batchSize, threads = 1, change = (graph) => graph }: PrepareOptions = {},
): Promise<Prepared> {
  const network = buildNetwork({ layers: workload.layers }, { input, classes });
  const graph = change(buildGraph(network.nodes, network.input, ruleOf(workload.optimizer)));
  const program = await engine.create(graph, { batchSize, purpose: 'train', threads });
  const stream = randomStream(1, 'bench');
  for (const { name, shape, initialDeviation } of graph.parameters) {
    program.write(
      name,
      Float32Array.from({ length: sizeOf(shape) }, () => stream.normal() * initialDeviation),
    );
  }
  const images = Array.from({ length: 256 }, () => drawImage(stream));
  const slots = Array.from({ length: batchSize }, (_, example) => ({
    place: program.place(graph.image, example),
    target: program.place(graph.target, example),
  }));
  let next = 0;
  const step = (): void => {
    for (const { place, target } of slots) {
      const image = images[next % images.length]!;
      const [rowStride, columnStride] = place.strides as [number, number];
      for (let y = 0; y < 28; y++) {
        for (let x = 0; x < 28; x++) place.values[place.start + y * rowStride + x * columnStride] = image[y * 28 + x]!;
      }
      for (let k = 0; k < classes; k++) target.values[target.start + k] = k === next % classes ? 1 : 0;
      next++;
    }
    program.step(batchSize);
  };
  return { graph, program, step };
}

/** SHA-256 of the weights after some steps of whole batches. */
export async function hashAfter(
  steps: number,
  workload: Workload,
  engine: Engine,
  options?: PrepareOptions,
): Promise<string> {
  const { graph, program, step } = await prepare(workload, engine, options);
  for (let call = 0; call < steps; call++) step();
  const weights = graph.parameters.map(({ name, shape }) => ({
    name,
    shape,
    values: Float32Array.from(program.read(name)),
  }));
  program.close();
  return hashWeights(weights);
}
