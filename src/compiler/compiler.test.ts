import { describe, expect, test } from 'vitest';
import { buildModule } from '../engine/wasm/module.ts';
import { printFormula, printRead } from '../formula/print.ts';
import { conv, dense, maxPool, relu, sharedConv } from '../layers/index.ts';
import type { Layer, LayerRule } from '../layers/layer.ts';
import { asWritten } from '../layers/notebook-parity.ts';
import { buildNetwork } from '../model/cnn.ts';
import { buildGraph, type Graph } from '../model/graph.ts';
import { adagrad, adam, ruleOf } from '../optimizers/index.ts';
import { chunkCount } from './kernel.ts';
import { lower } from './lower.ts';
import { makeKernels } from './make-kernels.ts';
import { type CompiledProgram, compileProgram } from './program.ts';
import { freeOf, stagesOf } from './stages.ts';
import { withWinograd } from './winograd.ts';

function graphOf(layers: readonly Layer[], input = [8, 8, 1], optimizer = adagrad()): Graph {
  const network = buildNetwork({ layers }, { input, classes: 10 });
  return buildGraph(network.nodes, network.input, ruleOf(optimizer));
}

function graphOfRule(rule: LayerRule, input: readonly number[]): Graph {
  const head = buildNetwork({ layers: [] }, { input: rule.output, classes: 2 }).nodes[0]!;
  return buildGraph(
    [
      { name: 'own1', rule, inputs: [-1] },
      { ...head, name: 'head2', inputs: [0] },
    ],
    input,
  );
}

const formulasOf = (graph: Graph, batchSize: number, purpose: 'train' | 'predict' = 'train'): string[] =>
  lower(graph, batchSize, purpose, [graph.loss, ...graph.parameters.map(({ gradient }) => gradient)]).formulas.map(
    printFormula,
  );

describe('lowering', () => {
  test('a per-example tensor has the batch in front, and a gradient sums over it', () => {
    const formulas = formulasOf(graphOf([]), 4);
    expect(formulas).toContain(
      'dense1.output[b,o] = dense1.bias[o] + sum(y,x) image[b,y,x,0] * dense1.weights[y,x,0,o]',
    );
    expect(formulas).toContain('dense1.weightsGrad[y,x,0,o] = sum(b) image[b,y,x,0] * dense1.outputGrad[b,o]');
  });

  test('a sum over one channel is a copy, and its readers read the image', () => {
    const formulas = formulasOf(graphOf([sharedConv()]), 1);
    expect(formulas[0]).toBe(
      'sharedConv1.output[0,y,x,f] = sum(i,j) image[0, y+i-p, x+j-p, 0] * sharedConv1.kernel[f,i,j]',
    );
  });

  test('the gradient of the image is dead', () => {
    expect(formulasOf(graphOf([sharedConv()]), 1).some((text) => text.includes('imageGrad'))).toBe(false);
  });

  test('writes that would fall outside are cut off', () => {
    const rule: LayerRule = {
      output: [5],
      axes: { y: 3, i: 2 },
      forward: ['output[2*y+i] = input[y]'],
    };
    const { formulas } = lower(graphOfRule(rule, [3]), 1, 'predict', ['loss.output']);
    expect(formulas.slice(0, 2).map(({ target, ranges }) => `${printRead(target)} for ${ranges.y}`)).toEqual([
      'own1.output[0,2*y] for 3',
      'own1.output[0, 2*y+1] for 2',
    ]);
  });

  test('a max over a window that leaves the image is masked', () => {
    const rule: LayerRule = { output: [4], axes: { i: 3 }, forward: ['output[y] = max(i) input[y+i-1]'] };
    const lowered = lower(graphOfRule(rule, [4]), 1, 'predict', ['loss.output']);
    expect(printFormula(lowered.formulas[0]!)).toBe(
      'own1.output[0,y] = max(i) (image[0, y+i-1] + (1 - 1 / inside.4[y+i-1]))',
    );
    expect([...lowered.inside]).toEqual(['inside.4']);
  });
});

describe('chunks', () => {
  test('their number depends on the batch alone', () => {
    expect([1, 8, 9, 16, 17, 63, 64, 65, 1000].map(chunkCount)).toEqual([1, 1, 2, 2, 3, 8, 8, 8, 8]);
  });
});

describe('kernels', () => {
  const describeKernels = (graph: Graph, batchSize: number): string[] => {
    const roots = [graph.loss];
    const { kernels } = makeKernels(graph, lower(graph, batchSize, 'train', roots), batchSize, new Set(roots));
    return kernels.map(
      ({ level, values }) =>
        `${level}: ${values.map(({ target, stored }) => (stored ? target.tensor : `(${target.tensor})`)).join(', ')}`,
    );
  };

  test('bias and ReLU join the convolution, and the ReLU its gradient with that of the pool', () => {
    const kernels = describeKernels(graphOf([conv(), relu(), maxPool()]), 4);
    expect(kernels).toContain('example: (conv1.output), relu2.output');
    expect(kernels).toContain('example: (relu2.outputGrad), conv1.outputGrad');
  });

  test('what follows Winograd’s products joins all four that write an output', () => {
    const kernels = describeKernels(
      withWinograd(graphOf([conv({ filters: 32 }), conv({ filters: 32 }), relu()], [9, 9, 1])),
      4,
    );
    expect(kernels.filter((kernel) => kernel === 'example: (conv2.output), relu3.output')).toHaveLength(4);
    expect(kernels.filter((kernel) => kernel.endsWith('relu3.output'))).toHaveLength(4);
  });

  test('a pool counts its ties where it finds its maximum, and divides by them where the gradient comes in', () => {
    const kernels = describeKernels(graphOf([conv(), relu(), maxPool(), dense(), relu()]), 4);
    expect(kernels).toContain('example: maxPool3.output, maxPool3.ties');
    expect(kernels.filter((kernel) => kernel.includes('outputGradPart'))).toEqual([
      'chunk: (maxPool3.outputGrad), maxPool3.outputGradPart',
    ]);
  });

  test('at batch 1 the gradient of dense weights never leaves the optimiser', () => {
    expect(describeKernels(graphOf([]), 1)).toContain(
      'batch: (dense1.weightsGrad), (dense1.weights.g), dense1.weights.s1, dense1.weights.w1, (health.dense1.weights)',
    );
  });

  test('small gradients are summed chunk by chunk, large ones over the batch', () => {
    const kernels = describeKernels(graphOf([dense({ units: 200 })]), 16);
    expect(kernels).toContain('example: dense2.weightsGrad.partial');
    expect(kernels).toContain(
      'batch: (dense1.weightsGrad), (dense1.weights.g), dense1.weights.s1, dense1.weights.w1, (health.dense1.weights)',
    );
  });

  test('a large parameter is read once for all examples of a chunk', () => {
    expect(describeKernels(graphOf([dense({ units: 200 })]), 16)).toContain('chunk: dense1.output');
  });
});

describe('layout', () => {
  const compile = (layers: readonly Layer[], batchSize: number, input = [8, 8, 1]) =>
    compileProgram(graphOf(layers, input, adam()), { batchSize, purpose: 'train', keep: [] });

  test('a buffer has a halo as wide as reads reach, and whole vectors of channels', () => {
    const { buffers } = compile([conv({ filters: 5 }), conv({ kernelSize: 5 })], 1);
    const { strides, origin } = buffers.get('conv1.output')!;
    expect(strides).toEqual([0, 8 * 12, 8, 1]);
    expect(origin).toBe(2 * 8 * 12 + 2 * 8);
  });

  test('dense weights are stored output by output, convolution kernels by filter', () => {
    const { orders } = compile([conv(), maxPool()], 1);
    expect(orders.get('dense3.weights')).toEqual([3, 0, 1, 2]);
    expect(orders.get('conv1.kernel')).toEqual([0, 1, 2, 3]);
  });

  test('a tensor in float64 has elements of 8 bytes; who computes or compares it has no lanes, who only reads it has', () => {
    const network = buildNetwork({ layers: [sharedConv(), maxPool()] }, { input: [8, 8, 1], classes: 10 }, asWritten);
    const graph = buildGraph(network.nodes, network.input, ruleOf(adagrad()));
    const { buffers, schedules } = compileProgram(graph, { batchSize: 1, purpose: 'train', keep: [] });
    const large = [...buffers.values()].filter(({ elementBytes }) => elementBytes === 8);
    expect(large.map(({ tensor }) => tensor)).toEqual(['maxPool2.output', 'sharedConv1.output']);
    const addresses = [...new Set([...buffers.values()].map(({ address }) => address))].sort((one, two) => one - two);
    const { address, elements } = buffers.get('maxPool2.output')!;
    expect(addresses[addresses.indexOf(address) + 1]).toBe(address + 8 * elements + 64);
    const form = (tensor: string): [boolean, string] => {
      const { kernel, lanes } = schedules.find((one) =>
        one.kernel.values.some(({ target }) => target.tensor === tensor),
      )!;
      return [kernel.double ?? false, lanes.kind];
    };
    expect(form('sharedConv1.output')).toEqual([true, 'none']);
    expect(form('sharedConv1.outputGrad')).toEqual([true, 'none']);
    expect(form('dense3.output')).toEqual([false, 'fold']);
    expect(form('dense3.weights.w1')).toEqual([false, 'output']);
  });

  test('a new weight takes the place of the old one', () => {
    const { buffers } = compile([], 1);
    expect(buffers.get('dense1.weights.w1')).toBe(buffers.get('dense1.weights'));
  });

  test('a tensor has as many slots as its life needs', () => {
    const { buffers } = compile([conv(), relu(), conv(), dense({ units: 200 }), relu()], 64);
    const slots = (tensor: string) => buffers.get(tensor)!.slots;
    expect([slots('conv1.outputGrad'), slots('relu2.output'), slots('dense4.outputGrad')]).toEqual([
      'one',
      'chunk',
      'batch',
    ]);
    expect(buffers.get('conv1.outputGrad')!.strides[0]).toBe(0);
    const { strides, elements } = buffers.get('relu2.output')!;
    expect(elements).toBe(8 * strides[0]!);
  });

  test('each chunk has whole vectors of a partial gradient, even of one number, and zeroes just these', () => {
    const { buffers, partials } = compile([conv({ filters: 1 })], 40);
    const { address, strides } = buffers.get('conv1.biasGrad.partial')!;
    expect(strides[0]).toBe(4);
    expect(partials).toContainEqual({ address, bytes: 16 });
  });
});

describe('threads', () => {
  const layers = [conv(), relu(), maxPool(), dense({ units: 200 }), relu()];
  const compile = (batchSize: number, threads?: number) =>
    compileProgram(graphOf(layers, [16, 16, 2], adam()), {
      batchSize,
      purpose: 'train',
      keep: [],
      ...(threads === undefined ? {} : { threads }),
    });
  const storedBy = ({ schedules }: CompiledProgram, nests: readonly number[]): string[] =>
    nests.flatMap((nest) =>
      schedules[nest]!.kernel.values.filter(({ stored }) => stored).map(({ target }) => target.tensor),
    );

  test('what a chunk writes is per thread, per example of the batch, or its own share of a gradient', () => {
    const program = compile(64, 3);
    for (const tensor of program.segments.flatMap(({ nests }) => storedBy(program, nests))) {
      const { perThread, slots, strides } = program.buffers.get(tensor)!;
      const isShare = tensor.endsWith('.partial') && strides[0]! > 0;
      expect(perThread || slots === 'batch' || isShare, tensor).toBe(true);
    }
  });

  test('the optimiser’s scalars come first, and all updates are one stage', () => {
    const program = compile(64);
    expect(storedBy(program, program.tick)).toEqual(['optimizer.c1', 'optimizer.c2']);
    expect(program.finish).toHaveLength(1);
    expect(storedBy(program, program.finish[0]!)).toContain('dense4.weights.w1');
    expect(program.prepare).toHaveLength(1);
  });

  test('a nest waits for those that write what it reads, and for those that read what it writes', () => {
    const named = (addresses: number[], tensor = ''): Map<number, string> =>
      new Map(addresses.map((address) => [address, tensor || `t${address}`]));
    const touches = (reads: number[], writes: number[], written = '') => ({
      reads: named(reads),
      writes: named(writes, written),
    });
    const touched = [touches([1], [2]), touches([1], [3]), touches([2], [4]), touches([], [1]), touches([4], [5])];
    expect(stagesOf([0, 1, 2, 3, 4], touched)).toEqual([[0, 1], [2, 3], [4]]);
    expect(freeOf([0, 2, 3, 4], () => true, [1], touched)).toEqual([0, 2, 4]);
    expect(freeOf([0, 1, 2, 3, 4], (nest) => nest !== 0, [], touched)).toEqual([1]);
    const writers = [touches([1], [2], 'a'), touches([1], [2], 'a'), touches([1], [2], 'b')];
    expect(stagesOf([0, 1, 2], writers)).toEqual([[0, 1], [2]]);
  });

  test('a step has three barriers at most, though a kernel is transformed by several nests', () => {
    const layers = [conv({ filters: 32 }), relu(), maxPool(), conv({ filters: 64 }), relu(), maxPool()];
    const { prepare, finish } = compileProgram(graphOf(layers, [28, 28, 1]), {
      ...{ batchSize: 64, purpose: 'train', keep: [] },
    });
    expect(prepare.flat().length).toBeGreaterThan(2);
    // And one to begin.
    expect(prepare.length + finish.length).toBeLessThanOrEqual(2);
  });

  test('each has the scratch memory of one, and nothing else', () => {
    const [one, three] = [compile(64), compile(64, 3)];
    expect(three.arenaBytes).toBe(one.arenaBytes + 2 * one.perThreadBytes);
    expect(one.perThreadBytes).toBeLessThan(one.arenaBytes / 2);
    expect(three.buffers).toEqual(one.buffers);
  });

  test('slices cut the axis with the most tiles', () => {
    const { schedules } = compile(64);
    const sliced = schedules.find(({ kernel }) => kernel.values[0]!.target.tensor === 'dense4.weightsGrad')!;
    expect(sliced.loops.map(({ name }) => name)).toContain(sliced.sliced);
    const chunked = schedules.filter(({ kernel }) => kernel.level === 'example' || kernel.level === 'chunk');
    expect(chunked.every(({ sliced: axis }) => axis === undefined)).toBe(true);
  });
});

test('a program is the same every time it is compiled', () => {
  const graph = graphOf([conv(), relu(), maxPool(), dense({ units: 30 })], [12, 12, 3]);
  const bytes = () => buildModule(compileProgram(graph, { batchSize: 20, purpose: 'train', keep: [] }));
  expect(bytes()).toEqual(bytes());
});
