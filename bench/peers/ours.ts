/** @file Ocellus as one of the peers. `npx tsx ours.ts ENGINE` speaks the protocol of `serve.mjs`. */
import { pathToFileURL } from 'node:url';
import type { Images } from '../../src/data/data-set.ts';
import { engines } from '../../src/engine/native/node/engines.ts';
import type { AdaptRule } from '../../src/model/cnn.ts';
import { buildNetwork } from '../../src/model/cnn.ts';
import { buildGraph } from '../../src/model/graph.ts';
import { ruleOf } from '../../src/optimizers/index.ts';
import { Feed, standardPreprocessing } from '../../src/training/feed.ts';
import { workloads } from '../workloads.ts';
import { type LoadRequest, type Peer, readBatches, readWeights, serve } from './serve.mjs';

export async function openOurs(request: LoadRequest, engine: keyof typeof engines, adapt?: AdaptRule): Promise<Peer> {
  const { workload, purpose, batchSize, threads, weights } = request;
  const { layers, optimizer } = workloads.find(({ name }) => name === workload)!;
  const network = buildNetwork({ layers }, { input: [28, 28, 1], classes: 10 }, adapt);
  const graph = buildGraph(network.nodes, network.input, purpose === 'train' ? ruleOf(optimizer) : undefined);
  const program = await engines[engine].create(graph, { batchSize, purpose, threads });
  for (const { name, values } of readWeights(weights)) program.write(name, values);
  const { pixels, labels, next } = readBatches(request);
  const images: Images = { shape: [28, 28, 1], count: labels.length, pixels, labels };
  const feed = new Feed(program, graph, images, standardPreprocessing(images), 10);
  const slots = Array.from({ length: batchSize }, (_, example) => example);
  const read = (tensor: string): number[] => slots.flatMap((example) => [...program.read(tensor, example)]);
  return {
    stepsAtOnce: batchSize === 1 ? 50 : 1,
    step() {
      const from = next();
      for (const example of slots) feed.load(example, from + example);
      if (purpose === 'train') program.step(batchSize);
      else program.forward(batchSize);
    },
    answer() {
      if (purpose === 'predict') return read(graph.logits);
      return [read(graph.loss).reduce((sum, loss) => sum + loss, 0) / batchSize];
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  await serve((request: LoadRequest) => openOurs(request, process.argv[2] as keyof typeof engines));
}
