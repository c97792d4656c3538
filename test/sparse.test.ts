/** Sums that walk live elements give the bits of those that walk everything. */
import { describe, expect, test } from 'vitest';
import { compileProgram } from '../src/compiler/program.ts';
import { referenceEngine } from '../src/engine/reference.ts';
import { disturbedEngine, wasmEngine } from '../src/engine/wasm/index.ts';
import { conv } from '../src/layers/index.ts';
import type { LayerRule } from '../src/layers/layer.ts';
import { buildNetwork, cnn, definitionOf, type Network } from '../src/model/cnn.ts';
import { buildGraph, type GraphNode } from '../src/model/graph.ts';
import { parseNotation } from '../src/model/notation.ts';
import { adam, ruleOf } from '../src/optimizers/index.ts';
import { randomStream } from '../src/random.ts';
import { type Shape, sizeOf } from '../src/shape.ts';
import { compareEngines } from './compare-engines.ts';
import { hashOf } from './contract/cases.ts';

/** Walks live elements wherever that is possible, and takes the same lanes without walking any. */
const sparse = disturbedEngine({ sparse: { everywhere: true } });
const poisoned = disturbedEngine({ sparse: { everywhere: true }, poisons: true });
const dense = disturbedEngine({ sparse: { everywhere: true, walksLive: false } });

const networkOf = (notation: string, input: Shape): Network =>
  buildNetwork({ layers: parseNotation(notation) }, { input, classes: 4 });

/** What a training step walks, as `sum < live tensor`. */
function walksIn({ nodes, input }: Pick<Network, 'nodes' | 'input'>, batchSize: number, everywhere = true): string[] {
  const graph = buildGraph(nodes, input, ruleOf(adam()));
  return compileProgram(graph, { batchSize, purpose: 'train', keep: [], sparse: { everywhere } }).schedules.flatMap(
    ({ kernel, walk }) => (walk ? [`${kernel.values[0]!.target.tensor} < ${walk.live.tensor}`] : []),
  );
}

describe.each([
  ['conv(6) + conv(7) + relu + pool', [7, 9, 2]],
  ['conv(4, 5) + conv(9, 4) + pool', [9, 6, 1]],
  ['conv(5, 2) + conv(5, 3, stride=2) + relu + pool', [11, 10, 3]],
  ['conv(8) + conv(6, 3, padding=valid) + relu + pool(3, 2)', [10, 9, 2]],
  ['conv(12, 1) + conv(10, 1) + relu + pool', [6, 6, 4]],
  ['sharedConv(6) + conv(4) + relu + pool(3)', [9, 9, 3]],
  ['conv(5) + conv(3, 3, stride=3, padding=valid) + pool', [13, 12, 1]],
])('%s on %j', (notation, input) => {
  const network = networkOf(notation, input);
  const of = (batchSize: number, ragged: number) => ({
    ...{ name: notation, network, optimizer: adam(), batchSize, sha256: '' },
    counts: [batchSize, ragged],
  });

  test('walks both gradients of the last convolution', () => {
    for (const batchSize of [1, 20]) {
      const walks = walksIn(network, batchSize);
      for (const gradient of ['kernelGrad', 'outputGrad']) {
        expect(
          walks.some((walk) => walk.includes(gradient)),
          `${gradient} of ${walks}`,
        ).toBe(true);
      }
    }
  });

  test('gives the bits of a dense sum, with any number of threads', async () => {
    expect(await hashOf(of(1, 1), sparse)).toBe(await hashOf(of(1, 1), dense));
    const right = await hashOf(of(17, 9), dense);
    for (const threads of [1, 2, 3]) expect(await hashOf(of(17, 9), poisoned, threads)).toBe(right);
  });

  test('gives what the reference engine gives', async () => {
    const comparison = { optimizer: adam(), counts: [2, 1] };
    expect(await compareEngines(referenceEngine, sparse, network, comparison)).toEqual([]);
  });
});

/** Three convolutions; the gradient of the second passes where its output is above a threshold, twice. */
function thresholdNetwork(threshold: number): { nodes: readonly GraphNode[]; input: Shape } {
  const input = [6, 7, 3];
  const rule: LayerRule = {
    output: [6, 7, 6],
    constants: { t: threshold },
    forward: ['output[y,x,c] = input[y,x,c] * (input[y,x,c] > t) * (input[y,x,c] > t)'],
  };
  const convolution = (channels: number, filters: number): LayerRule =>
    definitionOf('conv').rule({ filters, kernelSize: 3, stride: 1, padding: 'same' }, [6, 7, channels]);
  const head = buildNetwork({ layers: [] }, { input: rule.output, classes: 3 }).nodes[0]!.rule;
  const nodes = [convolution(3, 5), convolution(5, 6), rule, head].map((own, place) => ({
    name: `own${place + 1}`,
    rule: own,
    inputs: [place - 1],
  }));
  return { nodes, input };
}

/** Gradients of parameters on both engines, as bits. */
async function gradientsOf(threshold: number, pixel: (at: number) => number): Promise<[Uint32Array[], Uint32Array[]]> {
  const { nodes, input } = thresholdNetwork(threshold);
  const graph = buildGraph(nodes, input);
  const results = [sparse, dense].map(async (engine) => {
    const program = await engine.create(graph, { batchSize: 3, purpose: 'train' });
    const { normal } = randomStream(5, 'threshold');
    for (const { name, shape } of graph.parameters) {
      program.write(name, Float32Array.from({ length: sizeOf(shape) }, normal));
    }
    for (let example = 0; example < 3; example++) {
      const image = Float32Array.from({ length: sizeOf(input) }, (_, at) => pixel(at + example));
      program.write(graph.image, image, example);
      program.write(graph.target, [0, 1, 0], example);
    }
    program.gradients(3);
    return graph.parameters.map(({ gradient }) => new Uint32Array(Float32Array.from(program.read(gradient)).buffer));
  });
  return (await Promise.all(results)) as [Uint32Array[], Uint32Array[]];
}

describe('a list', () => {
  const isZero = (bits: Uint32Array): boolean => bits.every((one) => one << 1 === 0);

  test('may hold every element', async () => {
    expect(walksIn(thresholdNetwork(-1e9), 3)).toHaveLength(2);
    const [live, all] = await gradientsOf(-1e9, (at) => Math.fround(Math.sin(at)));
    expect(live).toEqual(all);
    expect(live.some(isZero)).toBe(false);
  });

  test('may be empty', async () => {
    const [live, all] = await gradientsOf(1e9, (at) => Math.fround(Math.sin(at)));
    expect(live).toEqual(all);
    expect(live.filter(isZero)).toHaveLength(5);
  });

  test('has rows of all lengths', async () => {
    const [live, all] = await gradientsOf(0.3, (at) => Math.fround(Math.sin(at * at)));
    expect(live).toEqual(all);
  });

  test('holds all equal maxima', async () => {
    const { nodes, input } = networkOf('conv(4) + conv(4) + pool', [8, 8, 2]);
    const graph = buildGraph(nodes, input);
    const keep = ['conv2.outputGrad'];
    const programs = [];
    for (const engine of [sparse, dense]) {
      const program = await engine.create(graph, { batchSize: 1, purpose: 'train', keep });
      for (const { name, shape } of graph.parameters) {
        const { normal } = randomStream(2, name);
        program.write(name, Float32Array.from({ length: sizeOf(shape) }, normal));
      }
      program.write(graph.image, new Float32Array(128).fill(0.5));
      program.write(graph.target, [1, 0, 0, 0]);
      program.gradients(1);
      programs.push(program);
    }
    const live = programs[0]!.read(keep[0]!).filter((value) => value !== 0);
    expect(live.length).toBeGreaterThan(100);
    for (const { gradient } of graph.parameters) {
      expect(programs[0]!.read(gradient)).toEqual(programs[1]!.read(gradient));
    }
  });
});

test('an infinite pixel that a pool hides is seen', async () => {
  const network = networkOf('conv(4, 5) + pool(6)', [12, 12, 3]);
  expect(walksIn(network, 2)).toEqual(['conv1.kernelGrad.partial < conv1.outputGrad']);
  const graph = buildGraph(network.nodes, network.input, ruleOf(adam()));
  for (const pixel of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const program = await sparse.create(graph, { batchSize: 2, purpose: 'train' });
    for (const { name, shape } of graph.parameters) {
      // Kernels of -1 make of infinity what is never the greatest.
      program.write(name, new Float32Array(sizeOf(shape)).fill(name === 'conv1.kernel' ? -1 : 0.1));
    }
    for (const example of [0, 1]) {
      program.write(graph.image, new Float32Array(432), example);
      program.write(graph.target, [1, 0, 0, 0], example);
    }
    program.step(2);
    expect(program.broken()).toEqual([]);
    const image = new Float32Array(432);
    image[117] = pixel;
    program.write(graph.image, image, 1);
    program.step(2);
    expect(program.read(graph.loss, 1)[0]).toSatisfy(Number.isFinite);
    expect(program.broken()).toContain('conv1.kernel');
  }
});

describe('live elements are walked where that pays', () => {
  test('in both gradients of a convolution between pools, but not in that of a first one with one channel', () => {
    const layers = 'conv(32) + relu + pool + conv(64) + relu + pool + dense(128) + relu';
    expect(walksIn(networkOf(layers, [28, 28, 1]), 64, false)).toEqual([
      'maxPool3.outputGrad < conv4.outputGrad',
      'conv4.kernelGrad.partial < conv4.outputGrad',
    ]);
  });

  test('not behind ReLU alone, where about half of them are', () => {
    expect(walksIn(buildNetwork(cnn([conv(), conv({ filters: 16 })]), { input: [12, 12, 3], classes: 3 }), 8)).toEqual(
      [],
    );
    expect(walksIn(networkOf('conv(16) + relu + conv(16) + relu + dense(20) + relu', [12, 12, 3]), 8)).toEqual([]);
  });

  test('without another word, in a program like any other', async () => {
    const network = networkOf('conv(16) + relu + pool + conv(16) + relu + pool', [16, 16, 1]);
    expect(walksIn(network, 12, false)).toHaveLength(2);
    const of = { name: 'plain', network, optimizer: adam(), batchSize: 12, counts: [12, 5, 12], sha256: '' };
    const plain = await hashOf(of, wasmEngine);
    expect(await hashOf(of, disturbedEngine({ sparse: { walksLive: false } }))).toBe(plain);
  });
});
