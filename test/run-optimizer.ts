/** @file Runs an optimiser by hand-picked gradients, through the reference engine. */
import { createReferenceProgram } from '../src/engine/reference.ts';
import { buildGraph, type Graph } from '../src/model/graph.ts';
import { ruleOf } from '../src/optimizers/index.ts';
import type { Optimizer } from '../src/optimizers/optimizer.ts';

/**
 * The values of two weights after each step, when their gradients are what `gradients` says.
 *
 * They belong to a layer that states its image as its gradient, so that a batch of one image writes the gradients.
 */
export function runOptimizer(
  optimizer: Optimizer,
  start: readonly [number, number],
  gradients: readonly (readonly [number, number])[],
): { weights: number[][]; state: (name: string) => number[]; broken: readonly string[] } {
  const rule = {
    output: [2],
    parameters: { w: [2] },
    forward: ['output[k] = w[k]'],
    backward: ['wGrad[k] = input[k]', 'inputGrad[k] = outputGrad[k]'],
  };
  const graph: Graph = buildGraph([{ name: 'layer', rule, inputs: [-1] }], [2], ruleOf(optimizer));
  const program = createReferenceProgram(graph, { batchSize: 1, purpose: 'train' });
  program.write('layer.w', start);
  const weights = gradients.map((gradient) => {
    program.write(graph.image, gradient, 0);
    program.step(1);
    return [...program.read('layer.w')];
  });
  return { weights, state: (name) => [...program.read(name)], broken: program.broken() };
}
