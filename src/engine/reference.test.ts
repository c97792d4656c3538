import { describe, expect, test } from 'vitest';
import { EngineError } from '../errors.ts';
import { type Context, resolveFormulas } from '../formula/resolve.ts';
import { conv, dense } from '../layers/index.ts';
import { buildNetwork, cnn } from '../model/cnn.ts';
import { buildGraph, type Graph } from '../model/graph.ts';
import { ruleOf, sgd } from '../optimizers/index.ts';
import type { Shape } from '../shape.ts';
import { createReferenceProgram, referenceEngine } from './reference.ts';

/** The output of formulas that read `input`. */
function run(
  forward: string | readonly string[],
  { input, output }: { input: Shape; output: Shape },
  values: readonly number[],
  context: Partial<Context> = {},
): number[] {
  const given = new Map([...Object.entries({ input, output, one: [] })]);
  const { formulas, shapes } = resolveFormulas(typeof forward === 'string' ? [forward] : forward, {
    ...context,
    shapes: given,
  });
  const graph: Graph = {
    tensors: new Map([...shapes].map(([name, shape]) => [name, { name, shape, perExample: false }])),
    parameters: [],
    image: 'input',
    target: 'input',
    logits: 'output',
    probabilities: 'output',
    loss: 'output',
    exampleWeight: 'one',
    forward: formulas,
    backward: [],
    updates: [],
  };
  const program = createReferenceProgram(graph, { batchSize: 1, purpose: 'predict' });
  program.write('input', values);
  program.forward(1);
  return [...program.read('output')];
}

const line = { input: [3], output: [3] };

describe('what formulas mean', () => {
  test('reading outside gives 0, on either side of every axis', () => {
    expect(run('output[k] = input[k-1] + 10 * input[k+1]', line, [1, 2, 3])).toEqual([20, 31, 2]);
    const square = { input: [2, 2], output: [2, 2] };
    expect(run('output[y,x] = input[y+1, x-1]', square, [1, 2, 3, 4])).toEqual([0, 3, 0, 0]);
  });

  test('a maximum skips what lies outside, also where all else is negative', () => {
    const axes = { i: 3 };
    expect(run('output[k] = max(i) input[k+i-1]', line, [-1, -2, -3], { axes })).toEqual([-1, -1, -2]);
  });

  test('a maximum of nothing is minus infinity', () => {
    expect(run('output[k] = max(i) input[k+i+2]', line, [1, 2, 3], { axes: { i: 2 } })).toEqual([
      3,
      -Infinity,
      -Infinity,
    ]);
  });

  test('a comparison with something outside is false, even 0 == 0', () => {
    expect(run('output[k] = (input[k-1] == 0)', line, [0, 0, 0])).toEqual([0, 1, 1]);
    expect(run('output[k] = (input[k] >= input[k+1])', line, [0, 0, 0])).toEqual([1, 1, 0]);
    expect(run('output[k] = 5 - 2 * (1 > input[k-1])', line, [0, 0, 0])).toEqual([5, 3, 3]);
  });

  test('what lies outside of one comparison or maximum means nothing to the next', () => {
    expect(run('output[k] = max(i) (1 + (input[k+i-1] == 0))', line, [0, 0, 0], { axes: { i: 1 } })).toEqual([1, 2, 2]);
    const both = 'output[k] = (input[k-1] == 0) + (input[k] == 0)';
    expect(run(both, line, [0, 0, 0])).toEqual([1, 2, 2]);
  });

  test('max(a, b) takes what lies outside as 0', () => {
    expect(run('output[k] = max(input[k-1], -1)', line, [-5, 3, 0])).toEqual([0, -1, 3]);
  });

  test('writes outside are dropped, and what no formula writes is 0', () => {
    const wide = { input: [3], output: [7] };
    expect(run('output[2*k-1] = input[k]', wide, [1, 2, 3])).toEqual([0, 2, 0, 3, 0, 0, 0]);
    expect(run('output[3*k+i] = input[k]', wide, [1, 2, 3], { axes: { i: 2 } })).toEqual([1, 1, 0, 2, 2, 0, 3]);
  });

  test('a split target runs over ceil((size - residue) / stride)', () => {
    const wide = { input: [3], output: [5] };
    const ones = ['output[2*q] = 1', 'output[2*q+1] = 2'];
    expect(run(ones, wide, [0, 0, 0])).toEqual([1, 2, 1, 2, 1]);
  });

  test('temporaries, constants, declared axes and functions', () => {
    const forward = ['top = max(k) input[k]', 'e[k] = exp(input[k] - top)', 'output[k] = scale * sqrt(e[k] * e[k])'];
    expect(run(forward, line, [0, 0, 0], { constants: { scale: 2.5 } })).toEqual([2.5, 2.5, 2.5]);
    expect(run('output[k] = log(exp(1)) - tanh(0) + min(input[k], 1)', line, [-2, 1, 7])).toEqual([-1, 2, 2]);
  });
});

describe('a program', () => {
  const nodes = buildNetwork(cnn([]), { input: [2], classes: 2 }).nodes;
  const graph = buildGraph(nodes, [2], ruleOf(sgd({ learningRate: 1 })));
  const program = (batchSize: number) => createReferenceProgram(graph, { batchSize, purpose: 'train' });

  test('gives the gradient of the mean loss over the examples that there are', () => {
    const small = program(3);
    for (const [example, image] of [
      [1, 0],
      [0, 2],
    ].entries()) {
      small.write('image', image, example);
      small.write('target', [1, 0], example);
    }
    small.gradients(2);
    // Each probability is 1/2; the gradient of the logits is (p - target) / 2.
    expect(small.read('dense1.biasGrad')).toEqual(Float64Array.of(-0.5, 0.5));
    expect(small.read('dense1.weightsGrad')).toEqual(Float64Array.of(-0.25, 0.25, -0.5, 0.5));
    small.gradients(1);
    expect(small.read('dense1.weightsGrad')).toEqual(Float64Array.of(-0.5, 0.5, 0, 0));
  });

  test('a step takes over new values when all are computed', () => {
    const one = program(1);
    one.write('image', [1, 0], 0);
    one.write('target', [1, 0], 0);
    one.step(1);
    expect(one.read('dense1.weights')).toEqual(Float64Array.of(0.5, -0.5, 0, 0));
    expect(one.read('dense1.bias')).toEqual(Float64Array.of(0.5, -0.5));
  });

  test('shows where images lie, and reads copies', () => {
    const layers = cnn([conv({ filters: 1 }), dense()]);
    const images = buildGraph(buildNetwork(layers, { input: [4, 3, 2], classes: 2 }).nodes, [4, 3, 2]);
    const two = createReferenceProgram(images, { batchSize: 2, purpose: 'train' });
    const { values, start, strides } = two.place('image', 1);
    expect(strides).toEqual([6, 2, 1]);
    values[start + 1 * 6 + 2 * 2 + 1] = 7;
    const copy = two.read('image', 1);
    expect(copy[11]).toBe(7);
    copy[11] = 8;
    expect(two.read('image', 1)[11]).toBe(7);
    expect(two.read('image', 0)[11]).toBe(0);
  });

  test('refuses tensors and examples that it does not have', async () => {
    const made = await referenceEngine.create(graph, { batchSize: 2, purpose: 'predict' });
    expect(() => made.read('conv7.kernel')).toThrow(
      new EngineError('The program has no tensor conv7.kernel for example 0.'),
    );
    expect(() => made.write('image', [1, 2], 2)).toThrow(
      new EngineError('The program has no tensor image for example 2.'),
    );
  });
});
