/** @file The files that all peers start from: initial weights of each workload, and MNIST's training images. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDataSet } from '../../src/data/node/load.ts';
import { writeSafetensors } from '../../src/data/safetensors.ts';
import { autoEngine } from '../../src/engine/native/node/index.ts';
import { buildNetwork, cnn } from '../../src/model/cnn.ts';
import { buildGraph } from '../../src/model/graph.ts';
import { randomStream } from '../../src/random.ts';
import { sizeOf } from '../../src/shape.ts';
import { train } from '../../src/training/train.ts';
import { workloads } from '../workloads.ts';
import type { Contest } from './contests.ts';
import type { LoadRequest } from './serve.mjs';

export interface Inputs {
  requestOf(contest: Contest): LoadRequest;
  remove(): void;
}

/** @param contests what is to be run */
export async function writeInputs(contests: readonly Contest[] = []): Promise<Inputs> {
  const data = await loadDataSet('mnist');
  const folder = mkdtempSync(join(tmpdir(), 'ocellus-peers-'));
  const file = (name: string): string => join(folder, name);
  writeFileSync(file('images'), data.train.pixels as Uint8Array);
  writeFileSync(file('labels'), Uint8Array.from(data.train.labels));
  for (const { name, layers } of workloads) {
    const { nodes, input } = buildNetwork({ layers }, { input: [28, 28, 1], classes: 10 });
    const stream = randomStream(1, 'initial weights');
    const tensors = buildGraph(nodes, input).parameters.map(({ name: tensor, shape, initialDeviation }) => {
      const values = Float32Array.from({ length: sizeOf(shape) }, () => stream.normal() * initialDeviation);
      return { name: tensor, shape, values };
    });
    writeFileSync(file(`${name}.safetensors`), writeSafetensors(tensors));
  }
  const weightsOf = ({ workload, trained }: Contest): string =>
    file(`${workload}${trained ? ' after an epoch' : ''}.safetensors`);
  for (const contest of contests.filter(({ trained }) => trained)) {
    const { layers, optimizer } = workloads.find(({ name }) => name === contest.workload)!;
    const { batchSize } = contest;
    const { weights } = await train(cnn(layers), data, { batchSize, optimizer, seed: 1, engine: autoEngine });
    writeFileSync(weightsOf(contest), writeSafetensors(weights));
  }
  return {
    requestOf: (contest) => ({
      workload: contest.workload,
      purpose: contest.purpose,
      batchSize: contest.batchSize,
      threads: contest.threads,
      weights: weightsOf(contest),
      images: file('images'),
      labels: file('labels'),
    }),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
