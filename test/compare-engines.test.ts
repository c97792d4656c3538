import { describe, expect, test } from 'vitest';
import type { Engine } from '../src/engine/engine.ts';
import { createReferenceProgram, referenceEngine } from '../src/engine/reference.ts';
import { wasmEngine } from '../src/engine/wasm/index.ts';
import { apply, type Formula, numberNode } from '../src/formula/expression.ts';
import { conv, maxPool, relu } from '../src/layers/index.ts';
import { buildNetwork, cnn } from '../src/model/cnn.ts';
import type { Graph } from '../src/model/graph.ts';
import { optimizers } from '../src/optimizers/index.ts';
import { randomStream } from '../src/random.ts';
import { compareEngines, type Difference } from './compare-engines.ts';
import { randomNetwork } from './random-network.ts';

const network = buildNetwork(cnn([conv({ filters: 2 }), relu(), maxPool()]), { input: [5, 4, 1], classes: 3 });
const everyOptimizer = Object.values(optimizers).map((optimizer) => optimizer());
const tensorsOf = (differences: readonly Difference[]) => [...new Set(differences.map(({ tensor }) => tensor))];

/** The reference engine running another graph than it is given. */
const twin = (change: (graph: Graph) => Graph): Engine => ({
  name: 'reference',
  create: async (graph, options) => createReferenceProgram(change(graph), options),
});

/** The reference engine with one tensor 0.01 % too large. */
const perturbed = (tensor: string): Engine => {
  const scale = (formula: Formula): Formula =>
    formula.target.tensor === tensor
      ? { ...formula, expression: apply('multiply', numberNode(1.0001), formula.expression) }
      : formula;
  return twin((graph) => ({
    ...graph,
    forward: graph.forward.map(scale),
    backward: graph.backward.map(scale),
    updates: graph.updates.map((update) => ({ ...update, formulas: update.formulas.map(scale) })),
  }));
};

describe('compareEngines', () => {
  test('finds the reference engine equal to itself, with ragged batches, for every optimiser', async () => {
    for (const optimizer of everyOptimizer) {
      for (const observe of [false, true]) {
        const comparison = { optimizer, counts: [7, 7, 3], observe, limit: 0, roundings: 0 };
        expect(await compareEngines(referenceEngine, referenceEngine, network, comparison)).toEqual([]);
      }
    }
  });

  /** Counts of batches up to 20, the last one ragged, for each optimiser in turn. */
  function randomCase(seed: number) {
    const random = randomStream(seed, 'network');
    const batchSize = 1 + random.integer(20);
    const optimizer = everyOptimizer[seed % everyOptimizer.length]!;
    const counts = [batchSize, batchSize, 1 + random.integer(batchSize)];
    return { comparison: { optimizer, counts, observe: seed % 2 === 1, seed }, ...randomNetwork(random) };
  }

  test('finds random networks equal to themselves', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const { comparison, network: drawn } = randomCase(seed);
      expect(
        await compareEngines(referenceEngine, referenceEngine, drawn, { ...comparison, limit: 0, roundings: 0 }),
      ).toEqual([]);
    }
  });

  test('finds the WebAssembly engine equal to the reference on random networks', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const { comparison, network: drawn, model } = randomCase(seed);
      const differences = await compareEngines(referenceEngine, wasmEngine, drawn, comparison);
      expect(differences, JSON.stringify({ ...comparison, ...model, input: drawn.input })).toEqual([]);
    }
  });

  const comparison = { optimizer: everyOptimizer[1]!, counts: [4, 4, 2] };

  test('sees a gradient that is 0.01 % too large, and what comes of it', async () => {
    const differences = await compareEngines(referenceEngine, perturbed('conv1.kernelGrad'), network, comparison);
    expect(differences[0]).toMatchObject({ step: 1, tensor: 'conv1.kernelGrad' });
    expect(differences[0]!.difference).toBeCloseTo(1e-4, 8);
    expect(tensorsOf(differences)).toContain('conv1.kernel.squaredGradSum');
  });

  test('sees a wrong output of an inner layer where it is kept', async () => {
    const differences = await compareEngines(referenceEngine, perturbed('relu2.output'), network, {
      ...comparison,
      observe: true,
    });
    expect(tensorsOf(differences)).toEqual(expect.arrayContaining(['relu2.output', 'maxPool3.output', 'loss.output']));
  });

  test('sees a wrong update', async () => {
    const differences = await compareEngines(referenceEngine, perturbed('dense4.weights.w1'), network, comparison);
    expect(differences[0]).toMatchObject({ step: 1, tensor: 'dense4.weights' });
  });

  test('sees a mean over the whole batch where the last batch is ragged', async () => {
    const ignoresCount: Engine = {
      ...referenceEngine,
      create: async (graph, options) => {
        const program = createReferenceProgram(graph, options);
        return { ...program, gradients: () => program.gradients(options.batchSize) };
      },
    };
    const differences = await compareEngines(referenceEngine, ignoresCount, network, comparison);
    expect(new Set(differences.map(({ step }) => step))).toEqual(new Set([3]));
  });

  test('sees NaN', async () => {
    const nan = twin((graph) => ({
      ...graph,
      forward: graph.forward.map((formula) =>
        formula.target.tensor === 'loss.output' ? { ...formula, expression: numberNode(Number.NaN) } : formula,
      ),
    }));
    expect(tensorsOf(await compareEngines(referenceEngine, nan, network, comparison))).toContain('loss.output');
  });
});
