/**
 * @file What every layer has to keep, as a suite of tests that a layer's own test file calls once.
 *
 * A layer's literal examples and its golden derived formulas stand beside it; this is what can be asked of any layer.
 */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../src/engine/engine.ts';
import { createReferenceProgram, referenceEngine } from '../src/engine/reference.ts';
import { wasmEngine } from '../src/engine/wasm/index.ts';
import { ShapeError } from '../src/errors.ts';
import { gradientName } from '../src/formula/derive.ts';
import { printFormula } from '../src/formula/print.ts';
import type { Layer, LayerRule } from '../src/layers/layer.ts';
import { buildNetwork, cnn, definitionOf } from '../src/model/cnn.ts';
import { buildGraph, type Graph, lowerRule } from '../src/model/graph.ts';
import { optimizers } from '../src/optimizers/index.ts';
import { type RandomStream, randomStream } from '../src/random.ts';
import { type Shape, sizeOf } from '../src/shape.ts';
import { checkRuleGradients, gradientErrorLimit } from '../src/training/gradient-check.ts';
import { compareEngines } from './compare-engines.ts';
import { type PlacedLayer, randomPlacedLayer } from './random-network.ts';

export interface LayerExpectations {
  readonly input: Shape;
  /** What the layer makes of it. */
  readonly output: Shape;
  /** Inputs that it has to refuse, with the message. */
  readonly refuses?: readonly (readonly [Shape, string])[];
  /** How many random options and inputs to check gradients on. */
  readonly shapes?: number;
  /** Draws options and an input; values that the options accept are tried where it is left out. */
  readonly random?: (random: RandomStream) => PlacedLayer;
  /** Engines to hold to the reference; all that there are where it is left out. */
  readonly engines?: readonly Engine[];
}

export function checkLayer(layer: Layer, expectations: LayerExpectations): void {
  const { input, output, refuses = [], shapes = 1000, engines = [wasmEngine] } = expectations;
  const { kind, ...options } = layer;
  const draw = expectations.random ?? ((random: RandomStream) => randomPlacedLayer(kind, random));
  const rule = definitionOf(kind).rule(options, input);

  describe(`${kind}, as any layer`, () => {
    test('gives the shape that it promises, and writes all of it', () => {
      expect(rule.output).toEqual(output);
      expect(unwritten(rule, input)).toBe(0);
      const random = randomStream(1, kind);
      for (let place = 0; place < 50; place++) {
        const placed = draw(random);
        expect(unwritten(placed.rule, placed.input), JSON.stringify(placed)).toBe(0);
      }
    });

    test(`has the gradients that differences show, on ${shapes} random shapes`, () => {
      const random = randomStream(0, kind);
      let worst = { error: 0, at: '' };
      for (let place = 0; place <= shapes; place++) {
        const placed = place === 0 ? { layer, input, rule } : draw(random);
        for (const { tensor, error } of checkRuleGradients(placed.rule, [placed.input], { seed: place, samples: 5 })) {
          if (error <= worst.error) continue;
          worst = { error, at: `${tensor} of ${JSON.stringify(placed.layer)} on ${placed.input.join(' × ')}` };
        }
      }
      expect(worst.error, worst.at).toBeLessThanOrEqual(gradientErrorLimit);
    });

    test('treats a batch as it treats its examples one by one', () => {
      const network = buildNetwork(cnn([layer] as never), { input, classes: 3 });
      const graph = buildGraph(network.nodes, input);
      const batch = runBatch(graph, [0, 1, 2]);
      const singles = [0, 1, 2].map((example) => runBatch(graph, [example]));
      expect(batch.outputs).toEqual(singles.map(({ outputs }) => outputs[0]));
      for (const [name, gradient] of batch.gradients) {
        gradient.forEach((value, element) => {
          const mean = singles.reduce((sum, { gradients }) => sum + gradients.get(name)![element]!, 0) / 3;
          expect(value).toBeCloseTo(mean, 12);
        });
      }
    });

    test('is a record that survives JSON', () => {
      const copy = JSON.parse(JSON.stringify(layer)) as Layer;
      expect(copy).toEqual(layer);
      expect(Object.isFrozen(layer)).toBe(true);
      expect(cnn([copy] as never).layers[0]).toEqual(layer);
    });

    test.each(refuses)('refuses %j', (shape, message) => {
      expect(() => definitionOf(kind).rule(options, shape)).toThrow(new ShapeError(message));
    });

    for (const engine of engines) {
      test(`computes the same with the ${engine.name} engine`, async () => {
        const random = randomStream(2, kind);
        for (let place = 0; place < 40; place++) {
          const placed = place === 0 ? { layer, input } : draw(random);
          const network = buildNetwork(cnn([placed.layer] as never), { input: placed.input, classes: 3 });
          const optimizer = Object.values(optimizers)[place % 3]!();
          const batchSize = 1 + random.integer(9);
          const counts = [batchSize, batchSize, 1 + random.integer(batchSize)];
          const comparison = { optimizer, counts, seed: place, observe: place % 2 === 0 };
          const differences = await compareEngines(referenceEngine, engine, network, comparison);
          expect(differences, JSON.stringify(placed)).toEqual([]);
        }
      });
    }
  });
}

/** The derived formulas of a layer, as printed, one a line. */
export function derivedFormulas({ kind, ...options }: Layer, input: Shape): string[] {
  return lowerRule(definitionOf(kind).rule(options, input), [input]).backward.map(printFormula);
}

/** A rule run by the reference engine on what is given; `outputGrad` is 1 everywhere unless it is given. */
export function runRule(
  rule: LayerRule,
  given: Readonly<Record<string, ArrayLike<number>>>,
  input: Shape,
): (tensor: string) => number[] {
  const graph = ruleGraph(rule, input);
  const program = createReferenceProgram(graph, { batchSize: 1, purpose: 'train' });
  program.write(gradientName('output'), new Float64Array(sizeOf(rule.output)).fill(1));
  for (const [tensor, values] of Object.entries(given)) {
    expect(values.length, tensor).toBe(sizeOf(graph.tensors.get(tensor)!.shape));
    program.write(tensor, values);
  }
  program.gradients(1);
  return (tensor) => [...program.read(tensor)];
}

/** Like `runRule`, for a layer. */
export function runLayer(
  { kind, ...options }: Layer,
  input: Shape,
  given: Readonly<Record<string, ArrayLike<number>>>,
): (tensor: string) => number[] {
  return runRule(definitionOf(kind).rule(options, input), given, input);
}

function ruleGraph(rule: LayerRule, input: Shape): Graph {
  const { forward, backward, shapes } = lowerRule(rule, [input]);
  const tensors = [...shapes, ['one', []] as const].map(
    ([name, shape]) => [name, { name, shape, perExample: false }] as const,
  );
  return {
    tensors: new Map(tensors),
    parameters: [],
    image: 'input',
    target: 'input',
    logits: 'output',
    probabilities: 'output',
    loss: 'output',
    exampleWeight: 'one',
    forward,
    backward,
    updates: [],
  };
}

/** How many elements of the output no formula writes. */
function unwritten(rule: LayerRule, input: Shape): number {
  const program = createReferenceProgram(ruleGraph(rule, input), { batchSize: 1, purpose: 'predict' });
  program.write('output', new Float64Array(sizeOf(rule.output)).fill(Number.NaN));
  program.forward(1);
  return program.read('output').filter(Number.isNaN).length;
}

function runBatch(graph: Graph, examples: readonly number[]) {
  const program = createReferenceProgram(graph, { batchSize: examples.length, purpose: 'train' });
  const { normal } = randomStream(0, 'weights');
  for (const { name, shape } of graph.parameters) program.write(name, Array.from({ length: sizeOf(shape) }, normal));
  examples.forEach((example, place) => {
    const random = randomStream(example, 'example');
    const size = sizeOf(graph.tensors.get(graph.image)!.shape);
    program.write(graph.image, Array.from({ length: size }, random.normal), place);
    program.write(graph.target, [0.5, 0.25, 0.25], place);
  });
  program.gradients(examples.length);
  return {
    outputs: examples.map((_, place) => [...program.read(graph.logits, place)]),
    gradients: new Map(graph.parameters.map(({ gradient }) => [gradient, [...program.read(gradient)]])),
  };
}
