/** Rules of all kinds, compiled and interpreted: whatever a user may write in a layer of their own. */
import { expect, test } from 'vitest';
import type { Program } from '../src/engine/engine.ts';
import { referenceEngine } from '../src/engine/reference.ts';
import { wasmEngine } from '../src/engine/wasm/index.ts';
import type { LayerRule } from '../src/layers/layer.ts';
import { buildNetwork } from '../src/model/cnn.ts';
import { buildGraph, type GraphNode } from '../src/model/graph.ts';
import { parseNotation } from '../src/model/notation.ts';
import { adam, ruleOf } from '../src/optimizers/index.ts';
import { randomStream } from '../src/random.ts';
import { type Shape, sizeOf } from '../src/shape.ts';

interface Case {
  readonly input: Shape;
  readonly rule: LayerRule;
  /** Behind it. */
  readonly next?: LayerRule;
  /** Not stacked upon itself: the gradient would be nearly 0, and all rounding. */
  readonly once?: boolean;
}

const plainConv = 'output[y,x,f] = sum(i,j,c) input[y+i-1, x+j-1, c] * kernel[i,j,c,f]';

const exponential = (shape: Shape): LayerRule => ({
  output: shape,
  forward: ['output[y,c] = exp(input[y,c]) - 1 / 2'],
});

const cases: Record<string, Case> = {
  'rows that are read from the last to the first': {
    input: [7, 7, 4],
    rule: {
      output: [7, 7, 3],
      parameters: { kernel: [5, 5, 4, 3] },
      constants: { H: 6 },
      forward: ['output[y,x,f] = sum(i,j,c) input[H-y+i, x+j, c] * kernel[i,j,c,f]'],
    },
  },
  'channels that lie far apart': {
    input: [2, 2, 12_001],
    rule: {
      output: [2, 2, 5],
      parameters: { scale: [5], shift: [2, 2] },
      constants: { k: 3000 },
      forward: ['output[y,x,c] = tanh(input[y, x, k*c]) * scale[c] + shift[y,x]'],
    },
    once: true,
  },
  'channels that lie far apart, from the last to the first': {
    input: [2, 2, 109],
    rule: {
      output: [2, 2, 5],
      parameters: { scale: [5], shift: [2, 2] },
      constants: { k: 27, L: 108 },
      forward: ['output[y,x,c] = tanh(input[y, x, L-k*c]) * scale[c] + shift[y,x]'],
    },
    once: true,
  },
  'a sum of what lies far apart': {
    input: [3, 3004],
    rule: {
      output: [3, 4],
      parameters: { kernel: [4, 7] },
      constants: { k: 500 },
      forward: ['output[y,f] = sum(c) kernel[f,c] * input[y, k*c+f]'],
    },
    once: true,
  },
  'a max that skips what lies outside': {
    input: [5, 6, 3],
    rule: { output: [5, 6, 3], axes: { i: 3, j: 3 }, forward: ['output[y,x,c] = max(i,j) input[y+i-1, x+j-1, c]'] },
  },
  'a max of windows that overlap': {
    input: [9, 9, 5],
    rule: { output: [4, 4, 5], axes: { i: 3, j: 3 }, forward: ['output[y,x,c] = max(i,j) input[2*y+i, 2*x+j, c]'] },
  },
  'a comparison with something outside': {
    input: [6, 4],
    rule: { output: [6, 4], forward: ['output[y,c] = input[y,c] * (input[y+1,c] > -10) + input[y,c]'] },
  },
  'average pooling': {
    input: [6, 6, 6],
    rule: {
      output: [3, 3, 6],
      axes: { i: 2, j: 2 },
      forward: ['output[y,x,c] = (sum(i,j) input[2*y+i, 2*x+j, c]) / 4'],
    },
  },
  'upsampling, one element to four': {
    input: [3, 4, 2],
    rule: { output: [6, 8, 2], axes: { y: 3, x: 4, i: 2, j: 2 }, forward: ['output[2*y+i, 2*x+j, c] = input[y,x,c]'] },
  },
  'a function of what is spread over all rows': {
    input: [3, 5],
    rule: { output: [6, 5], axes: { y: 3, i: 2 }, forward: ['output[2*y+i, c] = input[y,c]'] },
    next: exponential([6, 5]),
  },
  'a function of what is spread over every other row': {
    input: [3, 5],
    rule: { output: [6, 5], axes: { y: 3 }, forward: ['output[2*y, c] = input[y,c]'] },
    next: exponential([6, 5]),
  },
  'a function of what is moved by a row': {
    input: [6, 5],
    rule: { output: [6, 5], axes: { y: 6 }, forward: ['output[y+1, c] = input[y,c]'] },
    next: exponential([6, 5]),
  },
  'a function of some of the rows': {
    input: [4, 3],
    rule: {
      output: [4, 3],
      axes: { y: 4 },
      forward: ['t[y,c] = input[y,c] * 2', 'output[y+1,c] = t[y,c] * t[y,c] / 4'],
    },
    once: true,
  },
  'a function of more rows than there are': {
    input: [4, 3],
    rule: {
      output: [4, 3],
      axes: { h: 2, y: 4 },
      forward: ['t[h,c] = input[h,c] * 2', 'output[y,c] = exp(t[y,c]) / 4'],
    },
    once: true,
  },
  'a function of half the rows, at every other one': {
    input: [4, 3],
    rule: {
      output: [4, 3],
      axes: { h: 2 },
      forward: ['t[y,c] = input[y,c] * 2', 'output[2*h+1, c] = exp(t[h,c]) / 4'],
    },
    once: true,
  },
  'a sum of three and a max of four': {
    input: [6, 8, 3],
    rule: {
      output: [3, 4, 1],
      axes: { y: 3, x: 4, i: 2, j: 2 },
      forward: [
        'highest[y,x,c] = max(i,j) input[2*y+i, 2*x+j, c]',
        'output[y,x,0] = (sum(c) highest[y,x,c] * highest[y,x,c]) / 8',
      ],
    },
  },
  'a convolution along the channels': {
    input: [4, 9],
    rule: {
      output: [4, 9],
      parameters: { kernel: [3] },
      initialDeviation: { kernel: 1 },
      forward: ['output[y,c] = sum(i) input[y, c+i-1] * kernel[i]'],
    },
  },
  'a dilated convolution of 3 channels': {
    input: [7, 8, 3],
    rule: {
      output: [7, 8, 6],
      parameters: { kernel: [3, 3, 3, 6] },
      initialDeviation: { kernel: 1 },
      forward: ['output[y,x,f] = sum(i,j,c) input[y+2*i-2, x+2*j-2, c] * kernel[i,j,c,f]'],
    },
  },
  'a depthwise convolution': {
    input: [6, 5, 7],
    rule: {
      output: [6, 5, 7],
      parameters: { kernel: [3, 3, 7] },
      initialDeviation: { kernel: 1 },
      forward: ['output[y,x,c] = sum(i,j) input[y+i-1, x+j-1, c] * kernel[i,j,c]'],
    },
  },
  'an activation from exp, log and tanh': {
    input: [5, 5],
    rule: { output: [5, 5], forward: ['output[y,c] = tanh(input[y,c]) + log(1 + exp(input[y,c]))'] },
  },
  'softmax over the channels': {
    input: [4, 6],
    rule: {
      output: [4, 6],
      stopGradient: ['top'],
      forward: [
        'top[y] = max(c) input[y,c]',
        'e[y,c] = exp(input[y,c] - top[y])',
        'total[y] = sum(c) e[y,c]',
        'output[y,c] = e[y,c] / total[y]',
      ],
    },
  },
  'layer normalisation': {
    input: [11],
    once: true,
    rule: {
      output: [11],
      parameters: { gamma: [11], beta: [11] },
      initialDeviation: { gamma: 1 },
      constants: { n: 11, epsilon: 0.001 },
      forward: [
        'mean[] = (sum(c) input[c]) / n',
        'variance[] = (sum(c) (input[c] - mean) * (input[c] - mean)) / n',
        'output[c] = gamma[c] * (input[c] - mean) / sqrt(variance + epsilon) + beta[c]',
      ],
    },
  },
  'a sum of squares with a min': {
    input: [3, 3, 2],
    rule: { output: [3, 2], forward: ['output[y,c] = min(sum(x) input[y,x,c] * input[y,x,c], 1)'] },
  },
  'channels mixed by a transposed kernel': {
    input: [4, 5],
    rule: {
      output: [4, 6],
      parameters: { kernel: [6, 5] },
      initialDeviation: { kernel: 1 },
      forward: ['output[y,f] = sum(c) kernel[f,c] * input[y,c]'],
    },
  },
  'a residual convolution': {
    input: [5, 5, 4],
    rule: {
      output: [5, 5, 4],
      parameters: { kernel: [3, 3, 4, 4] },
      initialDeviation: { kernel: 1 },
      forward: ['output[y,x,f] = input[y,x,f] + sum(i,j,c) input[y+i-1, x+j-1, c] * kernel[i,j,c,f]'],
    },
  },
  'one image row': {
    input: [1, 9, 1],
    rule: {
      output: [1, 9, 2],
      parameters: { kernel: [3, 3, 1, 2] },
      initialDeviation: { kernel: 1 },
      forward: [plainConv],
    },
  },
};

function networkOf({ input, rule, next, once }: Case): GraphNode[] {
  const head = buildNetwork({ layers: [] }, { input: rule.output, classes: 3 }).nodes[0]!;
  // Twice the same rule where it fits, so that its input gradient counts, too.
  const twice = !once && !next && String(rule.output) === String(input);
  const second = twice ? rule : next;
  const own = [{ name: 'a1', rule, inputs: [-1] }, ...(second ? [{ name: 'a2', rule: second, inputs: [0] }] : [])];
  return [...own, { ...head, name: 'head', inputs: [own.length - 1] }];
}

test.each(Object.keys(cases))('%s', async (name) => {
  const chosen = cases[name]!;
  for (const [batchSize, count] of [
    [1, 1],
    [3, 2],
    [20, 17],
  ] as const) {
    const graph = buildGraph(networkOf(chosen), chosen.input);
    const options = { batchSize, purpose: 'train', keep: ['imageGrad', 'a1.output'] } as const;
    const programs = [await referenceEngine.create(graph, options), await wasmEngine.create(graph, options)] as const;
    const random = randomStream(7, name);
    const draw = (size: number, deviation: number) =>
      Float32Array.from({ length: size }, () => random.normal() * deviation);
    for (const { name: parameter, shape, initialDeviation } of graph.parameters) {
      const values = draw(sizeOf(shape), initialDeviation || 0.1);
      for (const program of programs) program.write(parameter, values);
    }
    for (let example = 0; example < batchSize; example++) {
      const image = draw(sizeOf(chosen.input), 1);
      for (const program of programs) {
        program.write('image', image, example);
        program.write('target', [0, 1, 0], example);
      }
    }
    for (const program of programs) program.gradients(count);
    const [reference, wasm] = programs;
    const compare = (tensor: string, example?: number): void => {
      const right = reference.read(tensor, example);
      const ours = wasm.read(tensor, example);
      const greatest = Math.max(...[...right].map(Math.abs));
      for (const [place, value] of right.entries()) {
        expect(Math.abs(ours[place]! - value), `${tensor}[${place}], batch ${count}`).toBeLessThanOrEqual(
          1e-5 * greatest,
        );
      }
    };
    for (const { gradient } of graph.parameters) compare(gradient);
    for (let example = 0; example < count; example++) {
      for (const tensor of [graph.logits, graph.loss, 'imageGrad', 'a1.output']) compare(tensor, example);
    }
  }
});

test('a batch gives the sum of its singles, and what an earlier batch left behind does not count', async () => {
  const graph = buildGraph(networkOf(cases['a residual convolution']!), [5, 5, 4]);
  const all = await wasmEngine.create(graph, { batchSize: 9, purpose: 'train' });
  const one = await wasmEngine.create(graph, { batchSize: 1, purpose: 'train' });
  const { normal } = randomStream(3, 'singles');
  for (const { name, shape } of graph.parameters) {
    const values = Float32Array.from({ length: sizeOf(shape) }, normal);
    for (const program of [all, one]) program.write(name, values);
  }
  const images = Array.from({ length: 9 }, () => Float32Array.from({ length: 100 }, normal));
  for (const [example, image] of images.entries()) {
    all.write('image', image, example);
    all.write('target', [1, 0, 0], example);
  }
  one.write('target', [1, 0, 0], 0);
  all.gradients(9);
  all.gradients(4);
  const sum = new Float64Array(3 * 3 * 4 * 4);
  for (const image of images.slice(0, 4)) {
    one.write('image', image, 0);
    one.gradients(1);
    for (const [place, value] of one.read('a1.kernelGrad').entries()) sum[place] += value / 4;
  }
  const batch = all.read('a1.kernelGrad');
  for (const [place, value] of sum.entries()) expect(batch[place]).toBeCloseTo(value, 4);
});

test('a tensor that was not kept cannot be read', async () => {
  const graph = buildGraph(networkOf(cases['average pooling']!), [6, 6, 6]);
  const program = await wasmEngine.create(graph, { batchSize: 1, purpose: 'predict' });
  expect(() => program.read('a1.output')).toThrow('The program has not kept a1.output; name it in `keep`.');
});

test('what a forward pass prepared of the weights is prepared anew when they change', async () => {
  const network = buildNetwork({ layers: parseNotation('conv(33) + dense(5)') }, { input: [7, 7, 16], classes: 3 });
  const graph = buildGraph(network.nodes, network.input, ruleOf(adam()));
  const images = [1, 2].map((seed) => drawFloats(16 * 49, seed));
  const create = async (weights: (name: string, size: number) => ArrayLike<number>) => {
    const program = await wasmEngine.create(graph, { batchSize: 2, purpose: 'train' });
    for (const { name, shape } of graph.parameters) program.write(name, weights(name, sizeOf(shape)));
    for (const [example, image] of images.entries()) {
      program.write(graph.image, image, example);
      program.write(graph.target, [1, 0, 0], example);
    }
    return program;
  };
  const logitsOf = (program: Program, count: number): number[] => {
    program.forward(count);
    return [...program.read(graph.logits, 0)];
  };
  const program = await create((_, size) => drawFloats(size, 3));
  const before = logitsOf(program, 2);
  const expectAsAnew = async (): Promise<void> => {
    const anew = await create((name) => program.read(name));
    expect(logitsOf(program, 2)).not.toEqual(before);
    expect(logitsOf(program, 2)).toEqual(logitsOf(anew, 2));
    expect(logitsOf(program, 1)).toEqual(logitsOf(anew, 1));
  };
  program.write('conv1.kernel', drawFloats(9 * 16 * 33, 4));
  await expectAsAnew();
  logitsOf(program, 2);
  program.step(2);
  await expectAsAnew();
});

const drawFloats = (size: number, seed: number): Float32Array => {
  const { normal } = randomStream(seed, 'weights');
  return Float32Array.from({ length: size }, () => 0.1 * normal());
};
