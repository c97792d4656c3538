import { expect, test } from 'vitest';
import { buildNetwork } from '../model/cnn.ts';
import { buildGraph } from '../model/graph.ts';
import { parseNotation } from '../model/notation.ts';
import { summarize } from '../model/summary.ts';
import { adagrad, ruleOf } from '../optimizers/index.ts';
import { describeProgram } from './describe-program.ts';

function describe(notation: string, batchSize: number, threads = 1) {
  const network = buildNetwork({ layers: parseNotation(notation) }, { input: [28, 28, 1], classes: 10 });
  const graph = buildGraph(network.nodes, network.input, ruleOf(adagrad()));
  return { ...describeProgram(graph, { batchSize, threads, purpose: 'train' }), network };
}

test('shows what is fused, and where each value goes', () => {
  const { nests } = describe('conv + relu + pool', 32);
  expect(nests.find(({ values }) => values[0]!.tensor === 'conv1.output')).toEqual({
    part: 'chunk',
    level: 'example',
    values: [
      {
        tensor: 'conv1.output',
        formula: 'conv1.output[b,y,x,f] = conv1.bias[f] + sum(i,j) image[b, y+i-p, x+j-p, 0] * conv1.kernel[i,j,0,f]',
        goes: 'register',
      },
      { tensor: 'relu2.output', formula: 'relu2.output[b,y,x,f] = max(conv1.output[b,y,x,f], 0)', goes: 'memory' },
    ],
    loops: [
      { axis: 'y', range: 28 },
      { axis: 'x', range: 28 },
    ],
    reduction: [
      { axis: 'i', range: 3 },
      { axis: 'j', range: 3 },
    ],
    lanes: { kind: 'output', axis: 'f', range: 8 },
    tile: { rowAxis: 'y', rows: 4, vectors: 2 },
    sparse: null,
    slices: null,
    multiplyAdds: 32 * 28 * 28 * 8 * 9,
  });
  const update = nests.at(-1)!;
  expect([update.part, update.level, update.values.map(({ goes }) => goes)]).toEqual([
    'finish',
    'batch',
    ['register', 'register', 'memory', 'memory', 'sum'],
  ]);
});

test('a step multiplies and adds forward as often as the layers say, and at most twice as often backward', () => {
  for (const [notation, batchSize] of [
    ['conv + relu + pool + conv(5)', 32],
    ['dense(50) + relu', 1],
    ['sharedConv + pool', 20],
  ] as const) {
    const { nests, multiplyAdds, network } = describe(notation, batchSize);
    const forward = nests
      .filter(({ values }) => /^(conv|dense|sharedConv)\d+\.output$/.test(values[0]!.tensor))
      .reduce((sum, nest) => sum + nest.multiplyAdds, 0);
    expect(forward).toBe(batchSize * summarize(network).multiplyAdds);
    expect(multiplyAdds).toBeLessThan(3.1 * forward);
    expect(multiplyAdds).toBe(nests.reduce((sum, nest) => sum + nest.multiplyAdds, 0));
  }
});

test('buffers have their bytes and their life, and the arena holds them all', () => {
  const { buffers, arenaBytes, perThreadBytes, chunks } = describe('conv + relu + pool', 32, 2);
  const buffer = (name: string) => buffers.find(({ tensors }) => tensors.includes(name));
  expect(buffer('conv1.kernel')).toEqual({
    tensors: ['conv1.kernel', 'conv1.kernel.w1'],
    shape: [3, 3, 1, 8],
    bytes: 288,
    life: 'kept',
    perThread: false,
  });
  expect(buffer('relu2.output')).toMatchObject({ bytes: 8 * 28 * 28 * 8 * 4, life: 'chunk', perThread: true });
  expect(buffer('conv1.outputGrad')).toMatchObject({ bytes: 28 * 28 * 8 * 4, life: 'example', perThread: true });
  expect(buffer('image')).toMatchObject({ life: 'batch', perThread: false });
  expect(buffer('conv1.kernelGrad.partial')).toMatchObject({ shape: [4, 3, 3, 1, 8], life: 'step' });
  expect(chunks).toBe(4);
  const all = buffers.reduce((sum, { bytes, perThread }) => sum + bytes * (perThread ? 2 : 1), 0);
  expect(arenaBytes).toBeGreaterThan(all);
  expect(arenaBytes).toBeLessThan(all + 200 * buffers.length);
  expect(perThreadBytes).toBeLessThan(arenaBytes / 2);
});

test('a sum that walks live elements says of which tensor, and the first of them makes the lists', () => {
  const { nests } = describe('conv(16) + relu + pool + conv(16) + relu + pool', 8);
  const sparse = nests.flatMap((nest) => (nest.sparse ? [[nest.values[0]!.tensor, nest.sparse]] : []));
  expect(sparse).toEqual([
    ['maxPool3.outputGrad', { tensor: 'conv4.outputGrad', listBytes: 51648 }],
    ['conv4.kernelGrad.partial', { tensor: 'conv4.outputGrad', listBytes: 27008 }],
  ]);
});

test('copies of parameters are told', () => {
  const { copies } = describe('conv(8) + conv(8) + relu', 8);
  expect(copies).toEqual([{ tensor: 'conv2.kernel.transposed2', of: 'conv2.kernel', bytes: 3 * 3 * 8 * 8 * 4 }]);
});
