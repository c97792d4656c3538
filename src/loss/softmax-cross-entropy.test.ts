import { describe, expect, test } from 'vitest';
import { createReferenceProgram } from '../engine/reference.ts';
import { printFormula } from '../formula/print.ts';
import { buildGraph, type GraphNode, lowerRule } from '../model/graph.ts';
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts';

/** The loss, probabilities and gradient of some logits, through a node that only hands them on. */
function lossOf(logits: readonly number[], target: readonly number[]) {
  const shape = [logits.length];
  const node: GraphNode = { name: 'copy', rule: { output: shape, forward: ['output[k] = input[k]'] }, inputs: [-1] };
  const graph = buildGraph([node], shape);
  const program = createReferenceProgram(graph, { batchSize: 1, purpose: 'train' });
  program.write(graph.image, logits, 0);
  program.write(graph.target, target, 0);
  program.gradients(1);
  return {
    loss: program.read(graph.loss, 0)[0]!,
    probabilities: [...program.read(graph.probabilities, 0)],
    gradient: [...program.read('copy.outputGrad', 0)],
  };
}

const oneHot = (at: number, classes: number) => Array.from({ length: classes }, (_, k) => (k === at ? 1 : 0));

describe('softmaxCrossEntropy', () => {
  test('is ln 10 for ten equal logits', () => {
    const { loss, probabilities } = lossOf(new Array(10).fill(3), oneHot(4, 10));
    expect(loss).toBeCloseTo(Math.LN10, 15);
    for (const probability of probabilities) expect(probability).toBeCloseTo(0.1, 15);
  });

  test('has the gradient p - target, for smoothed targets too', () => {
    const target = [0.7, 0.2, 0.1];
    const { loss, probabilities, gradient } = lossOf([1, -2, 0.5], target);
    expect(loss).toBeCloseTo(-target.reduce((sum, share, k) => sum + share * Math.log(probabilities[k]!), 0), 14);
    for (const [k, value] of gradient.entries()) expect(value).toBeCloseTo(probabilities[k]! - target[k]!, 15);
  });

  test.each([1000, 1e30])('is finite for logits of ±%d', (size) => {
    const [right, wrong] = [lossOf([size, -size, 0], oneHot(0, 3)), lossOf([size, -size, 0], oneHot(1, 3))];
    expect(right).toEqual({ loss: 0, probabilities: [1, 0, 0], gradient: [0, 0, 0] });
    expect(wrong).toEqual({ loss: 2 * size, probabilities: [1, 0, 0], gradient: [1, -1, 0] });
  });

  test('needs no count of ties, and carries no gradient through its shift', () => {
    expect(lowerRule(softmaxCrossEntropy, [[10]], true).backward.map(printFormula)).toEqual([
      'totalGrad[] = outputGrad[] / total[]',
      'inputGrad[k] = totalGrad[] * (e[k] > tiny) * e[k] - target[k] * outputGrad[]',
    ]);
    expect(lossOf([2, 2, 0], [0.5, 0.5, 0]).gradient[0]).toBeCloseTo(lossOf([2, 2, 0], [0.5, 0.5, 0]).gradient[1]!, 15);
  });
});
