import { describe, expect, test } from 'vitest';
import { createReferenceProgram } from '../engine/reference.ts';
import { UsageError } from '../errors.ts';
import { printFormula } from '../formula/print.ts';
import { conv, maxPool, relu } from '../layers/index.ts';
import type { LayerRule } from '../layers/layer.ts';
import { adagrad, adam, ruleOf } from '../optimizers/index.ts';
import { checkNodeGradients } from '../training/gradient-check.ts';
import { buildNetwork, cnn } from './cnn.ts';
import { buildGraph, type GraphNode, lowerRule } from './graph.ts';

const printed = (formulas: Parameters<typeof printFormula>[0][]) => formulas.map(printFormula);

describe('buildGraph', () => {
  const { nodes, input } = buildNetwork(cnn([conv({ filters: 2 }), relu()]), { input: [4, 4, 1], classes: 3 });

  test('puts the layers and the loss one after the other, under names of their own', () => {
    const graph = buildGraph(nodes, input);
    expect(printed([...graph.forward])).toEqual([
      'conv1.output[y,x,f] = conv1.bias[f] + sum(i,j,c) image[y+i-p, x+j-p, c] * conv1.kernel[i,j,c,f]',
      'relu2.output[y,x,c] = max(conv1.output[y,x,c], 0)',
      'dense3.output[o] = dense3.bias[o] + sum(y,x,c) relu2.output[y,x,c] * dense3.weights[y,x,c,o]',
      'loss.top[] = max(k) dense3.output[k]',
      'loss.e[k] = exp(dense3.output[k] - loss.top[])',
      'loss.counted[k] = loss.e[k] * (loss.e[k] > tiny)',
      'loss.total[] = sum(k) loss.counted[k]',
      'loss.probabilities[k] = loss.e[k] / loss.total[]',
      'loss.output[] = log(loss.total[]) + loss.top[] - sum(k) target[k] * dense3.output[k]',
    ]);
    expect(printed([...graph.backward])).toEqual([
      'loss.outputGrad[] = exampleWeight[]',
      'loss.totalGrad[] = loss.outputGrad[] / loss.total[]',
      'dense3.outputGrad[k] = loss.totalGrad[] * (loss.e[k] > tiny) * loss.e[k] - target[k] * loss.outputGrad[]',
      'relu2.outputGrad[y,x,c] = sum(o) dense3.outputGrad[o] * dense3.weights[y,x,c,o]',
      'dense3.weightsGrad[y,x,c,o] = relu2.output[y,x,c] * dense3.outputGrad[o]',
      'dense3.biasGrad[o] = dense3.outputGrad[o]',
      'conv1.outputGrad[y,x,c] = relu2.outputGrad[y,x,c] * (relu2.output[y,x,c] > 0)',
      'imageGrad[y,x,c] = sum(i,j,f) conv1.outputGrad[y-i+p, x-j+p, f] * conv1.kernel[i,j,c,f]',
      'conv1.kernelGrad[i,j,c,f] = sum(y,x) image[y+i-p, x+j-p, c] * conv1.outputGrad[y,x,f]',
      'conv1.biasGrad[f] = sum(y,x) conv1.outputGrad[y,x,f]',
    ]);
  });

  test('knows which tensors every example has for itself', () => {
    const { tensors } = buildGraph(nodes, input, ruleOf(adagrad()));
    const shared = [...tensors.values()].filter(({ perExample }) => !perExample).map(({ name }) => name);
    for (const name of ['conv1.kernel', 'conv1.kernelGrad', 'conv1.kernel.squaredGradSum', 'optimizer.learningRate']) {
      expect(shared).toContain(name);
    }
    for (const name of ['image', 'target', 'conv1.output', 'relu2.outputGrad', 'loss.output', 'imageGrad']) {
      expect(shared).not.toContain(name);
    }
  });

  test('lists what is learned, with the deviations that it starts with', () => {
    expect(buildGraph(nodes, input).parameters).toEqual([
      { name: 'conv1.kernel', shape: [3, 3, 1, 2], gradient: 'conv1.kernelGrad', initialDeviation: Math.sqrt(2 / 9) },
      { name: 'conv1.bias', shape: [2], gradient: 'conv1.biasGrad', initialDeviation: 0 },
      { name: 'dense3.weights', shape: [4, 4, 2, 3], gradient: 'dense3.weightsGrad', initialDeviation: 1 / 32 },
      { name: 'dense3.bias', shape: [3], gradient: 'dense3.biasGrad', initialDeviation: 0 },
    ]);
  });

  test('writes the optimiser out over the axes of each parameter, its scalars once', () => {
    const [scalars, kernel] = buildGraph(nodes, input, ruleOf(adam())).updates;
    expect(scalars!.formulas.map(({ target }) => target.tensor)).toEqual(['optimizer.c1', 'optimizer.c2']);
    expect(scalars!.assign).toContainEqual(['optimizer.meanWeight', 'optimizer.c1']);
    expect(printed([...kernel!.formulas]).slice(0, 2)).toEqual([
      'conv1.kernel.g[n0,n1,n2,n3] = conv1.kernelGrad[n0,n1,n2,n3] + grain - grain',
      'conv1.kernel.m1[n0,n1,n2,n3] = beta1 * conv1.kernel.mean[n0,n1,n2,n3]' +
        ' + (1 - beta1) * conv1.kernel.g[n0,n1,n2,n3] + grain - grain',
    ]);
    expect(kernel!.assign).toContainEqual(['conv1.kernel', 'conv1.kernel.w1']);
    expect(kernel!.state.map(({ name, shape }) => [name, shape])).toEqual([
      ['conv1.kernel.mean', [3, 3, 1, 2]],
      ['conv1.kernel.square', [3, 3, 1, 2]],
    ]);
  });
});

describe('a fan-out', () => {
  const twice: LayerRule = { output: [3], forward: ['output[k] = 2 * input[k]'] };
  const square: LayerRule = { output: [3], forward: ['output[k] = input[k] * input[k]'] };
  const add: LayerRule = { output: [3], forward: ['output[k] = input1[k] + input2[k]'] };
  const multiply: LayerRule = { output: [3], forward: ['output[k] = input1[k] * input2[k]'] };
  const weigh: LayerRule = {
    output: [3],
    parameters: { w: [3] },
    initialDeviation: { w: 1 },
    forward: ['output[k] = input[k] * w[k]'],
  };
  const residual: readonly GraphNode[] = [
    { name: 'weigh', rule: weigh, inputs: [-1] },
    { name: 'square', rule: square, inputs: [0] },
    { name: 'twice', rule: twice, inputs: [0] },
    { name: 'add', rule: add, inputs: [1, 2] },
  ];

  test('sums the gradients that meet, in node order', () => {
    const { backward } = buildGraph(residual, [3]);
    const about = printed(backward.filter(({ target }) => target.tensor.startsWith('weigh.outputGrad')));
    expect(about).toEqual([
      'weigh.outputGrad.twice[k] = 2 * twice.outputGrad[k]',
      'weigh.outputGrad.square[k] = square.outputGrad[k] * weigh.output[k] + weigh.output[k] * square.outputGrad[k]',
      'weigh.outputGrad[n0] = weigh.outputGrad.square[n0] + weigh.outputGrad.twice[n0]',
    ]);
  });

  test('has the gradients that differences show', () => {
    const errors = checkNodeGradients(residual, [3]);
    expect(errors.map(({ layer, tensor }) => `${layer} ${tensor}`)).toEqual([
      'weigh input',
      'weigh w',
      'square input',
      'add input1',
      'add input2',
    ]);
    expect(errors.filter(({ passed }) => !passed)).toEqual([]);
  });

  test('of the image, and to one node twice', () => {
    const nodes: readonly GraphNode[] = [
      { name: 'weigh', rule: weigh, inputs: [-1] },
      { name: 'product', rule: multiply, inputs: [0, 0] },
      { name: 'add', rule: add, inputs: [1, -1] },
      { name: 'again', rule: multiply, inputs: [2, 1] },
    ];
    const { tensors } = buildGraph(nodes, [3]);
    expect([...tensors.keys()].filter((name) => name.startsWith('weigh.outputGrad'))).toEqual([
      'weigh.outputGrad',
      'weigh.outputGrad.product.1',
      'weigh.outputGrad.product.2',
    ]);
    expect(checkNodeGradients(nodes, [3]).filter(({ passed }) => !passed)).toEqual([]);
  });

  test('to the loss and to nothing else is none', () => {
    const dead: readonly GraphNode[] = [
      { name: 'weigh', rule: weigh, inputs: [-1] },
      { name: 'unread', rule: twice, inputs: [0] },
      { name: 'square', rule: square, inputs: [0] },
    ];
    expect(checkNodeGradients(dead, [3]).filter(({ passed }) => !passed)).toEqual([]);
  });
});

describe('lowerRule', () => {
  test('lets a stated gradient stand in for the derived one', () => {
    const rule = { ...relu.definition.rule({}, [4]), backward: ['inputGrad[k] = outputGrad[k]'] };
    expect(printed(lowerRule(rule, [[4]]).backward)).toEqual(['inputGrad[k] = outputGrad[k]']);
  });

  test('refuses a double that no forward formula computes', () => {
    const rule = { output: [4], parameters: { scale: [4] }, forward: ['output[k] = input[k] * scale[k]'] };
    expect(() => lowerRule({ ...rule, double: ['output', 'scale'] }, [[4]])).toThrow(
      new UsageError("double needs names of what a rule's forward formulas compute (output), but has scale."),
    );
  });

  test('gives the shapes of all temporaries', () => {
    const { shapes } = lowerRule(maxPool.definition.rule(maxPool(), [4, 6, 2]), [[4, 6, 2]]);
    expect(shapes.get('ties')).toEqual([2, 3, 2]);
    expect(shapes.get('inputGrad')).toEqual([4, 6, 2]);
  });
});

test('a gradient of a batch is the sum over its examples of the weight times their own', () => {
  const { nodes, input } = buildNetwork(cnn([]), { input: [1], classes: 2 });
  const program = createReferenceProgram(buildGraph(nodes, input), { batchSize: 4, purpose: 'train' });
  for (const [example, value] of [1, 2, 3, 4].entries()) {
    program.write('image', [value], example);
    program.write('target', [1, 0], example);
  }
  program.gradients(4);
  expect([...program.read('dense1.weightsGrad')]).toEqual([-1.25, 1.25]);
});
