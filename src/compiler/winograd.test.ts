import { describe, expect, test } from 'vitest';
import { compareEngines } from '../../test/compare-engines.ts';
import type { Engine } from '../engine/engine.ts';
import { createReferenceProgram, referenceEngine } from '../engine/reference.ts';
import { wasmEngine } from '../engine/wasm/index.ts';
import { apply, type Formula, rewrite } from '../formula/expression.ts';
import { printFormula } from '../formula/print.ts';
import { buildNetwork, type Network } from '../model/cnn.ts';
import { buildGraph, type Graph } from '../model/graph.ts';
import { parseNotation } from '../model/notation.ts';
import { adam } from '../optimizers/index.ts';
import { randomStream } from '../random.ts';
import type { Shape } from '../shape.ts';
import { withWinograd } from './winograd.ts';

const networkOf = (notation: string, input: Shape): Network =>
  buildNetwork({ layers: parseNotation(notation) }, { input, classes: 2 });

const graphOf = ({ nodes, input }: Network): Graph => withWinograd(buildGraph(nodes, input));

/** The tensors that are computed by it. */
const chosenIn = ({ tensors }: Graph): string[] =>
  [...tensors.keys()].flatMap((name) => (name.endsWith('.products') ? [name.replace('.products', '')] : []));

/** The reference engine running the rewritten formulas, in float64. */
const rewritten = (change: (formula: Formula) => Formula = (formula) => formula): Engine => ({
  name: 'reference',
  create: async (graph, options) => {
    const other = withWinograd(graph);
    return createReferenceProgram({ ...other, forward: other.forward.map(change) }, options);
  },
});

const comparison = { optimizer: adam(), counts: [1], observe: true };

describe('the formulas', () => {
  const { forward, backward } = graphOf(networkOf('conv(16) + conv(18)', [8, 7, 2]));
  const textsOf = (formulas: readonly Formula[], tensor: string): string[] =>
    formulas.filter(({ target }) => target.tensor === tensor).map(printFormula);

  test('transform kernels and tiles, multiply them, and put outputs together', () => {
    const kernels = textsOf(forward, 'conv2.output.kernels');
    expect(kernels).toHaveLength(9);
    expect(kernels[0]).toBe('conv2.output.kernels[3*i,3*j,c,f] = conv2.kernel[2*i,2*j,c,f]');
    expect(kernels[2]).toBe(
      'conv2.output.kernels[3*i,2,c,f] = (conv2.kernel[2*i,0,c,f] + conv2.kernel[2*i,2,c,f] - conv2.kernel[2*i,1,c,f]) * 0.5',
    );
    const tiles = textsOf(forward, 'conv2.output.tiles');
    expect(tiles).toHaveLength(9);
    expect(tiles[5]).toBe(
      'conv2.output.tiles[1,2,y,x,c] = conv1.output[2*y-p+1, 2*x-p+2, c] - conv1.output[2*y-p+1,2*x-p+1,c] + ' +
        '(conv1.output[2*y-p+2, 2*x-p+2, c] - conv1.output[2*y-p+2, 2*x-p+1, c])',
    );
    expect(textsOf(forward, 'conv2.output.products')).toEqual([
      'conv2.output.products[i,j,y,x,f] = sum(c) conv2.output.tiles[i,j,y,x,c] * conv2.output.kernels[i,j,c,f]',
    ]);
    const outputs = forward.filter(({ target }) => target.tensor === 'conv2.output');
    expect(outputs.map(({ ranges }) => [ranges.y, ranges.x])).toEqual([
      [4, 4],
      [4, 3],
      [4, 4],
      [4, 3],
    ]);
    expect(printFormula(outputs[0]!)).toMatch(
      /^conv2\.output\[2\*y,2\*x,f\] = conv2\.bias\[f\] \+ \(conv2\.output\.products\[0,0,y,x,f\] \+ /,
    );
  });

  test('walk the window of an input gradient backwards', () => {
    expect(textsOf(backward, 'conv1.outputGrad.kernels')[1]).toBe(
      'conv1.outputGrad.kernels[3*i,1,f,c] = ' +
        '(conv2.kernel[-2*i+2, 2, c, f] + conv2.kernel[-2*i+2, 0, c, f] + conv2.kernel[-2*i+2, 1, c, f]) * 0.5',
    );
  });
});

describe.each([
  ['conv(16) + conv(18)', [8, 7, 2], ['conv2.output', 'conv1.outputGrad']],
  ['conv(16, padding=valid) + averagePool', [8, 9, 16], ['conv1.output']],
  ['conv(33) + relu + pool', [7, 7, 16], ['conv1.output']],
])('%s on %j', (notation, input, chosen) => {
  const network = networkOf(notation, input);

  test('uses it, and gives in float64 what the sums give', async () => {
    expect(chosenIn(graphOf(network))).toEqual(expect.arrayContaining(chosen));
    const exact = { ...comparison, limit: 1e-12, roundings: 0 };
    expect(await compareEngines(referenceEngine, rewritten(), network, exact)).toEqual([]);
  });

  test('gives in float32 what the reference engine gives, to 1e-5', async () => {
    for (const observe of [false, true]) {
      const close = { ...comparison, observe, roundings: 0 };
      expect(await compareEngines(referenceEngine, wasmEngine, network, close)).toEqual([]);
    }
  });
});

test('gives equal outputs where the input is constant across', async () => {
  const { nodes, input } = networkOf('conv(16)', [8, 9, 16]);
  const graph = buildGraph(nodes, input);
  const program = await wasmEngine.create(graph, { batchSize: 1, purpose: 'predict', keep: ['conv1.output'] });
  const { normal } = randomStream(1, 'constant');
  program.write(
    'conv1.kernel',
    Float32Array.from({ length: 9 * 16 * 16 }, () => normal()),
  );
  const rows = Array.from({ length: 8 * 16 }, () => normal());
  const image = Array.from({ length: 8 * 9 * 16 }, (_, at) => rows[16 * Math.floor(at / (9 * 16)) + (at % 16)]!);
  program.write(graph.image, image);
  program.forward(1);
  const output = program.read('conv1.output');
  for (let y = 0; y < 8; y++) {
    const at = (x: number): number[] => [...output.slice((9 * y + x) * 16, (9 * y + x + 1) * 16)];
    for (let x = 2; x < 8; x++) expect(at(x), `row ${y}, column ${x}`).toEqual(at(1));
  }
});

test('a wrong sign in one of the transforms is seen', async () => {
  const network = networkOf('conv(16, padding=valid) + averagePool', [8, 9, 16]);
  for (const tensor of ['conv1.output.kernels', 'conv1.output.tiles', 'conv1.output']) {
    let isChanged = false;
    const wrong = rewritten((formula) => {
      if (formula.target.tensor !== tensor) return formula;
      const expression = rewrite(formula.expression, (node) => {
        if (isChanged || node.kind !== 'apply' || node.operation !== 'subtract') return node;
        isChanged = true;
        return apply('add', ...node.operands);
      });
      return { ...formula, expression };
    });
    const differences = await compareEngines(referenceEngine, wrong, network, comparison);
    expect(differences.map((difference) => difference.tensor)).toContain('conv1.output');
    expect(isChanged).toBe(true);
  }
});

describe('the choice', () => {
  const isChosen = (notation: string, input: Shape): boolean =>
    chosenIn(graphOf(networkOf(notation, input))).length > 0;

  test('falls on 3 × 3 with stride 1, many channels and filters, and an image of some size', () => {
    const chosen = [
      [14, 16, 16],
      [7, 64, 64],
      [6, 32, 32],
      [4, 64, 64],
      [56, 64, 64],
    ].filter(([size, channels, filters]) => isChosen(`conv(${filters})`, [size!, size!, channels!]));
    expect(chosen).toHaveLength(5);
    const others = [
      [14, 1, 64],
      [14, 8, 8],
      [14, 64, 1],
      [3, 64, 64],
      [1, 64, 64],
      [100, 64, 64],
    ].filter(([size, channels, filters]) => isChosen(`conv(${filters})`, [size!, size!, channels!]));
    expect(others).toEqual([]);
    for (const other of ['conv(32, 5)', 'conv(32, 1)', 'conv(32, stride=2)', 'averagePool(3, stride=1)'])
      expect(isChosen(other, [14, 14, 32]), other).toBe(false);
  });

  test('leaves a gradient alone that is mostly 0', () => {
    const chosen = chosenIn(graphOf(networkOf('conv(32) + conv(32) + relu + pool', [14, 14, 1])));
    expect(chosen).toEqual(['conv2.output']);
  });
});
