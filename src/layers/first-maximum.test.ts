import { describe, expect, it } from 'vitest';
import { referenceEngine } from '../engine/reference.ts';
import { buildNetwork, cnn } from '../model/cnn.ts';
import { buildGraph } from '../model/graph.ts';
import { firstMaximum } from './first-maximum.ts';
import { maxPool, relu } from './index.ts';

/** The gradients of the pool's output and input for one image of 2 × 4. */
async function gradientsOf(image: number[]): Promise<[number[], number[]]> {
  const { nodes, input } = buildNetwork(cnn([maxPool()]), { input: [2, 4, 1], classes: 2 }, firstMaximum);
  const graph = buildGraph(nodes, input);
  const program = await referenceEngine.create(graph, { batchSize: 1, purpose: 'train' });
  program.write('image', image, 0);
  program.write('target', [1, 0], 0);
  program.write('dense2.weights', [3, -2, -5, 7]);
  program.gradients(1);
  // Without the sign of zeros.
  const values = (tensor: string): number[] => Array.from(program.read(tensor, 0), (value) => value + 0);
  return [values('maxPool1.outputGrad'), values('imageGrad')];
}

describe('firstMaximum', () => {
  it('gives the gradient to the first of equal maxima, row by row', async () => {
    const [[left, right], image] = await gradientsOf([4, 4, 1, 2, 4, 4, 2, 0]);
    expect(left).not.toBe(0);
    expect(image).toEqual([left, 0, 0, right, 0, 0, 0, 0]);
  });
  it('gives it to the maximum where there is only one', async () => {
    const [[left, right], image] = await gradientsOf([1, 2, 3, 4, 5, 9, 8, 7]);
    expect(image).toEqual([0, 0, 0, 0, 0, left, right, 0]);
  });
  it('leaves other layers as they are', () => {
    const rule = relu.definition.rule({}, [2, 2, 1]);
    expect(firstMaximum('relu', rule)).toBe(rule);
  });
});
