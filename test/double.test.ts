/** @file Tensors that a rule holds in float64, compiled: the reference's values where float32 would have its own. */
import { describe, expect, test } from 'vitest';
import type { Program } from '../src/engine/engine.ts';
import { referenceEngine } from '../src/engine/reference.ts';
import { wasmEngine } from '../src/engine/wasm/index.ts';
import { conv, dense, maxPool, relu, sharedConv, tanh } from '../src/layers/index.ts';
import type { LayerRule } from '../src/layers/layer.ts';
import { asWritten } from '../src/layers/notebook-parity.ts';
import { buildNetwork, cnn } from '../src/model/cnn.ts';
import { buildGraph, type GraphNode } from '../src/model/graph.ts';
import { adagrad, sgd } from '../src/optimizers/index.ts';
import { randomStream } from '../src/random.ts';
import { type Shape, sizeOf } from '../src/shape.ts';
import { compareEngines } from './compare-engines.ts';

/** Rules in a row under a dense layer; own1, own2, … */
function graphOf(rules: readonly LayerRule[], input: Shape) {
  const head = buildNetwork({ layers: [] }, { input: rules.at(-1)!.output, classes: 3 }).nodes[0]!;
  const nodes: GraphNode[] = [...rules, head.rule].map((rule, place) => ({
    name: place < rules.length ? `own${place + 1}` : 'head',
    rule,
    inputs: [place - 1],
  }));
  return buildGraph(nodes, input);
}

/** The same batch and weights on both engines, and what they make of it: [reference, wasm] for each tensor. */
async function run(
  rules: readonly LayerRule[],
  input: Shape,
  keep: readonly string[],
  { batchSize = 3, threads = 1 }: { batchSize?: number; threads?: number } = {},
): Promise<(tensor: string) => [number[], number[]]> {
  const graph = graphOf(rules, input);
  const programs: Program[] = [];
  for (const engine of [referenceEngine, wasmEngine]) {
    programs.push(await engine.create(graph, { batchSize, purpose: 'train', keep, threads }));
  }
  for (const program of programs) {
    const { normal } = randomStream(1, 'numbers');
    const draw = (shape: Shape): Float32Array => Float32Array.from({ length: sizeOf(shape) }, normal);
    for (const { name, shape } of graph.parameters) program.write(name, draw(shape));
    for (let example = 0; example < batchSize; example++) {
      program.write(graph.image, draw(input), example);
      program.write(graph.target, [0, 1, 0], example);
    }
    program.gradients(batchSize);
    program.close();
  }
  const valuesOf = (program: Program, tensor: string): number[] =>
    graph.tensors.get(tensor)!.perExample
      ? Array.from({ length: batchSize }, (_, example) => [...program.read(tensor, example)]).flat()
      : [...program.read(tensor)];
  return (tensor) => programs.map((program) => valuesOf(program, tensor)) as [number[], number[]];
}

/** max|a - b| / max|a| */
function difference([a, b]: readonly [readonly number[], readonly number[]]): number {
  const greatest = Math.max(...a.map(Math.abs));
  return Math.max(...a.map((value, place) => Math.abs(value - b[place]!))) / greatest;
}

const single = (rule: LayerRule): LayerRule => ({ ...rule, double: [] });

const sharedRule = (input: Shape): LayerRule => ({
  ...sharedConv.definition.rule(sharedConv({ filters: 5 }), input),
  double: ['plane', 'output'],
});

const precise: Record<string, { rule: LayerRule; input: Shape; tensors: string[] }> = {
  'a convolution over sums, with a halo': {
    rule: sharedRule([7, 6, 3]),
    input: [7, 6, 3],
    tensors: ['plane', 'output'],
  },
  'sums of sums, whose temporaries are double too': {
    rule: {
      output: [6],
      axes: { i: 6, j: 6 },
      forward: ['output[k] = input[k] - (sum(i) input[i]) * (sum(j) input[j] * input[j]) / 3'],
      double: ['output'],
    },
    input: [6],
    tensors: ['output'],
  },
  'arithmetic of all kinds': {
    rule: {
      output: [5, 3],
      constants: { third: 1 / 3 },
      forward: [
        'size[k,c] = sqrt(max(input[k,c], -input[k,c])) + third',
        'output[k,c] = min(input[k,c] / size[k,c], 0.7) * (input[k,c] > 0) - (input[k,c] >= 0.1) - 1e-9 * size[k,c]',
      ],
      double: ['size', 'output'],
    },
    input: [5, 3],
    tensors: ['size', 'output'],
  },
  'a max over windows that leave the image': {
    rule: {
      output: [5, 4, 2],
      axes: { i: 3, j: 3 },
      forward: ['fine[y,x,c] = input[y,x,c] / 3', 'output[y,x,c] = max(i,j) fine[y+i-1, x+j-1, c]'],
      double: ['fine', 'output'],
    },
    input: [5, 4, 2],
    tensors: ['fine', 'output'],
  },
};

describe('a tensor in float64', () => {
  test.each(Object.entries(precise))('has the reference’s values: %s', async (_, { rule, input, tensors }) => {
    const keep = tensors.map((tensor) => `own1.${tensor}`);
    for (const batchSize of [1, 20]) {
      const double = await run([rule], input, keep, { batchSize });
      const float = await run([single(rule)], input, keep, { batchSize });
      for (const tensor of keep) {
        expect(difference(double(tensor))).toBeLessThan(1e-14);
        expect(difference(float(tensor))).toBeGreaterThan(1e-9);
      }
      expect(difference(double('head.weightsGrad'))).toBeLessThan(1e-5);
    }
  });

  test('is read as float64, the others as float32', async () => {
    const program = await wasmEngine.create(graphOf([sharedRule([4, 4, 1])], [4, 4, 1]), {
      batchSize: 2,
      purpose: 'predict',
      keep: ['own1.output'],
    });
    expect(program.read('own1.output', 1)).toBeInstanceOf(Float64Array);
    expect(program.place('own1.output', 1).values).toBeInstanceOf(Float64Array);
    program.write('own1.output', new Float64Array(80).fill(1 / 3), 1);
    expect(program.read('own1.output', 1)[79]).toBe(1 / 3);
    expect(program.read('head.output')).toBeInstanceOf(Float32Array);
  });

  test('has the same bits with two threads', async () => {
    const rules = [sharedRule([6, 6, 2]), sharedRule([6, 6, 5])];
    const tensors = ['own2.output', 'own1.kernelGrad', 'own2.kernelGrad', 'head.weightsGrad'];
    const one = await run(rules, [6, 6, 2], ['own2.output'], { batchSize: 37 });
    const two = await run(rules, [6, 6, 2], ['own2.output'], { batchSize: 37, threads: 2 });
    for (const tensor of tensors) expect(two(tensor)).toEqual(one(tensor));
  });
});

describe('equal values', () => {
  // Values that are 1 in float32; what they are further up shows in which of a pair is the greater.
  const close: LayerRule = { output: [4], forward: ['output[k] = 1 + 1e-9 * input[k]'], double: ['output'] };
  const pool: LayerRule = {
    output: [2],
    axes: { i: 2 },
    forward: ['output[k] = max(i) input[2*k+i]'],
    backward: ['inputGrad[2*k+i] = outputGrad[k] * (input[2*k+i] == output[k])'],
    double: ['output'],
  };
  const kept = ['own1.outputGrad'];

  test('are told apart in float64, and not in float32', async () => {
    const zeros = (values: readonly number[]): number => values.filter((value) => value === 0).length;
    const [truth, double] = (await run([close, pool], [4], kept))('own1.outputGrad');
    expect(zeros(truth)).toBe(6);
    expect(double.map((value) => value === 0)).toEqual(truth.map((value) => value === 0));
    const [, float] = (await run([single(close), single(pool)], [4], kept))('own1.outputGrad');
    expect(zeros(float)).toBe(0);
  });
});

test('what only reads float64 has the precision of float32, however its reads lie', async () => {
  const fine: LayerRule = { output: [20], forward: ['output[k] = input[k] / 3'], double: ['output'] };
  const reader: LayerRule = {
    output: [9],
    parameters: { scale: [9, 5] },
    initialDeviation: { scale: 1 },
    axes: { j: 5, k: 9 },
    forward: [
      'strided[k] = input[2*k+1] * input[k] * input[k+3]',
      'output[k] = strided[k] + sum(j) scale[k,j] * input[3*j+k]',
    ],
  };
  for (const batchSize of [1, 20]) {
    const values = await run([fine, reader], [20], ['own2.strided', 'own2.output'], { batchSize });
    for (const tensor of ['own2.strided', 'own2.output', 'own2.scaleGrad']) {
      expect(difference(values(tensor))).toBeLessThan(1e-6);
      expect(difference(values(tensor))).toBeGreaterThan(1e-10);
    }
  }
});

test('exp, log and tanh of a tensor in float64 are those of float32', async () => {
  const rule: LayerRule = {
    output: [7],
    forward: ['fine[k] = input[k] / 3', 'output[k] = tanh(fine[k]) + exp(fine[k]) + log(fine[k] * fine[k] + 1)'],
    double: ['fine', 'output'],
  };
  const values = await run([rule], [7], ['own1.output', 'own1.fine']);
  expect(difference(values('own1.output'))).toBeLessThan(1e-6);
  expect(difference(values('own1.fine'))).toBeLessThan(1e-14);
});

describe('networks as the notebook wrote them train as on the reference engine', () => {
  const networks = {
    'conv + conv + pool': cnn([sharedConv({ filters: 3 }), sharedConv({ filters: 6 }), maxPool()]),
    'with layers between that the notebook lacks': cnn([
      sharedConv({ filters: 5 }),
      tanh(),
      sharedConv({ filters: 4 }),
      relu(),
      maxPool(),
      conv({ filters: 3 }),
      sharedConv({ filters: 4 }),
      dense({ units: 9 }),
    ]),
  };
  const large = cnn([sharedConv({ filters: 8 }), maxPool()]);

  test.each(Object.entries(networks))('%s', async (_, model) => {
    const network = buildNetwork(model, { input: [10, 9, 2], classes: 4 }, asWritten);
    for (const counts of [
      [1, 1],
      [20, 13],
    ]) {
      for (const observe of [false, true]) {
        const comparison = { optimizer: adagrad(), counts, observe };
        expect(await compareEngines(referenceEngine, wasmEngine, network, comparison)).toEqual([]);
      }
    }
  });

  test('a dense layer too large for a gradient in each chunk', async () => {
    const network = buildNetwork(large, { input: [28, 28, 1], classes: 10 }, asWritten);
    const comparison = { optimizer: sgd(), counts: [9] };
    expect(await compareEngines(referenceEngine, wasmEngine, network, comparison)).toEqual([]);
  });
});
