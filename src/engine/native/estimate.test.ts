import { expect, test } from 'vitest';
import { compileProgram, type SparseOptions } from '../../compiler/program.ts';
import { conv, maxPool, relu } from '../../layers/index.ts';
import { buildNetwork } from '../../model/cnn.ts';
import { buildGraph } from '../../model/graph.ts';
import { adam, ruleOf } from '../../optimizers/index.ts';
import { secondsOfStep } from './estimate.ts';

test('counts of a sum that walks live elements only these', () => {
  const layers = [conv({ filters: 32 }), conv({ filters: 32 }), relu(), maxPool()];
  const { nodes, input } = buildNetwork({ layers }, { input: [16, 16, 1], classes: 10 });
  const graph = buildGraph(nodes, input, ruleOf(adam()));
  const secondsWith = (sparse: SparseOptions): number =>
    secondsOfStep(compileProgram(graph, { batchSize: 8, purpose: 'train', keep: [], sparse }), 8);
  // Three passes of as many terms: a ReLU and a pool leave an eighth of two, at twice the time.
  expect(secondsWith({}) / secondsWith({ walksLive: false })).toBeCloseTo((1 + 2 / 4) / 3, 1);
});
