/** @file The native engine computes what WebAssembly does, to the last bit, at every width of vectors. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Engine } from '../src/engine/engine.ts';
import { nativeEngine, nativeEngineWith } from '../src/engine/native/node/index.ts';
import { referenceEngine } from '../src/engine/reference.ts';
import { disturbedEngine, wasmEngine } from '../src/engine/wasm/index.ts';
import { EngineError, UsageError } from '../src/errors.ts';
import type { LayerRule } from '../src/layers/layer.ts';
import { buildNetwork } from '../src/model/cnn.ts';
import { buildGraph } from '../src/model/graph.ts';
import { parseNotation } from '../src/model/notation.ts';
import { adam, optimizers } from '../src/optimizers/index.ts';
import { randomStream } from '../src/random.ts';
import { compareEngines } from './compare-engines.ts';
import { cases, hashOf, open } from './contract/cases.ts';
import { expectNoWorkers } from './contract/disturbance.ts';
import { lacksCompiler, widths } from './native-machine.ts';
import { randomNetwork } from './random-network.ts';

afterEach(expectNoWorkers);

const caseOf = (name: string) => cases.find((one) => one.name === name)!;
const some = ['W1, batch 1', 'W2, batch 32', 'wide, batch 41', 'tiled, batch 19', 'random 3', 'random 8', 'random 15'];
const everyOptimizer = Object.values(optimizers).map((optimizer) => optimizer());

/** Zeros of both signs, the smallest and the largest numbers, infinities, none at all; and ordinary ones. */
const { NaN: none, POSITIVE_INFINITY: infinite } = Number;
const special = [0, -0, 1e-45, -1e-45, 1.17e-38, 3.4e38, -3.4e38, infinite, -infinite, none, 1, -1, 0.5, -2.5, 87, -87];
/** Every pair of them, and 27 more, so that each width of vectors has some: 17 * 16 + 8 + 3. */
const pairs = [
  ...special.flatMap((a) => special.map((b) => [a, b] as const)),
  ...Array.from({ length: 27 }, (_, place) => [special[place % 16]!, special[(5 * place + 9) % 16]!] as const),
];

const operations: Readonly<Record<string, string>> = {
  sum: 'a + b',
  difference: 'a - b',
  product: 'a * b',
  quotient: 'a / b',
  larger: 'max(a, b)',
  smaller: 'min(a, b)',
  same: 'a == b',
  more: 'a > b',
  atLeast: 'a >= b',
  taken: '(a > b) * a',
  negated: '-a',
  root: 'sqrt(a)',
  exponential: 'exp(a)',
  logarithm: 'log(a)',
  tangent: 'tanh(a)',
};

/** What each operation makes of each pair. */
async function valuesOf(engine: Engine): Promise<Record<string, Float32Array | Float64Array>> {
  const forward = Object.entries(operations).map(([name, text]) => {
    const read = (letter: string, row: number) => (all: string) =>
      all.replace(new RegExp(`\\b${letter}\\b`, 'g'), `input[${row},n]`);
    return `${name}[n] = ${read('b', 1)(read('a', 0)(text))}`;
  });
  const input = [2, pairs.length];
  const rule: LayerRule = {
    output: [pairs.length],
    axes: { n: pairs.length },
    forward: [...forward, 'output[n] = sum[n]'],
  };
  const head = buildNetwork({ layers: [] }, { input: rule.output, classes: 2 }).nodes[0]!;
  const graph = buildGraph(
    [
      { name: 'own1', rule, inputs: [-1] },
      { ...head, name: 'head', inputs: [0] },
    ],
    input,
  );
  const names = Object.keys(operations);
  const keep = names.map((name) => `own1.${name}`);
  const program = await engine.create(graph, { batchSize: 1, purpose: 'predict', keep });
  program.write(graph.image, [...pairs.map(([a]) => a), ...pairs.map(([, b]) => b)]);
  program.forward(1);
  return Object.fromEntries(names.map((name, place) => [name, program.read(keep[place]!)]));
}

describe.each(widths)('with $lanes lanes ($needs)', ({ lanes, lacking }) => {
  test.skipIf(lacking).each(some)('the golden bits of %s', async (name) => {
    const of = caseOf(name);
    for (const threads of [1, 2, 3]) {
      expect(await hashOf(of, nativeEngineWith(lanes), threads), `${threads} threads`).toBe(of.sha256);
    }
  });

  test.skipIf(lacking)('every operation on every kind of number', async () => {
    const [right, ours] = [await valuesOf(wasmEngine), await valuesOf(nativeEngineWith(lanes))];
    for (const name of Object.keys(operations)) {
      for (const [place, [a, b]] of pairs.entries()) {
        // A zero's sign counts; a NaN's does not.
        expect(ours[name]![place], `${name} of ${a} and ${b}`).toBe(right[name]![place]);
      }
    }
  });

  test.skipIf(lacking)('lists of live elements', async () => {
    // 28 elements to a row: vectors of 16, of 8 and of 4, or of fewer lanes.
    const network = buildNetwork(
      { layers: parseNotation('conv(6) + conv(28) + relu + pool') },
      { input: [8, 7, 2], classes: 4 },
    );
    const of = { name: 'lists', network, optimizer: adam(), batchSize: 9, counts: [9, 4], sha256: '' };
    const hooks = { sparse: { everywhere: true } };
    expect(await hashOf(of, nativeEngineWith(lanes, hooks))).toBe(await hashOf(of, disturbedEngine(hooks)));
  });

  test.skipIf(lacking)('random networks, tensor by tensor', async () => {
    for (let seed = 100; seed < 104; seed++) {
      const random = randomStream(seed, 'network');
      const { network, model } = randomNetwork(random);
      const batchSize = 1 + random.integer(20);
      const counts = [batchSize, 1 + random.integer(batchSize)];
      const optimizer = everyOptimizer[seed % everyOptimizer.length]!;
      const comparison = { optimizer, counts, observe: seed % 2 === 1, seed };
      const facts = JSON.stringify({ ...comparison, ...model, input: network.input });
      const native = nativeEngineWith(lanes);
      const exact = { ...comparison, limit: 0, roundings: 0 };
      expect(await compareEngines(wasmEngine, native, network, exact), facts).toEqual([]);
      expect(await compareEngines(referenceEngine, native, network, comparison), facts).toEqual([]);
    }
  });
});

describe.skipIf(lacksCompiler)('a native program (needs a C compiler)', () => {
  const small = caseOf('W2, batch 32');

  test('says what it is, and refuses to run when it is closed', async () => {
    const { program, step } = await open(small, nativeEngine, 3);
    expect([program.engine, program.threads]).toEqual(['native', 3]);
    step(32);
    program.close();
    const message = 'The program is closed and cannot run any more; create another one.';
    expect(() => step(32)).toThrow(new EngineError(message));
  });

  test('names a parameter that is no longer finite, whichever of its numbers it is', async () => {
    const { program, graph, step } = await open(caseOf('W2, batch 1'), nativeEngine);
    // 10 numbers: vectors of 8 and of 4 lanes, or of 4 alone.
    const { name } = graph.parameters.at(-1)!;
    const zeros = new Float32Array(10);
    for (const place of zeros.keys()) {
      step(1);
      expect(program.broken()).toEqual([]);
      program.write(`${name}.squaredGradSum`, zeros.with(place, none));
      step(1);
      expect(program.broken(), String(place)).toEqual([name]);
      for (const tensor of [name, `${name}.squaredGradSum`]) program.write(tensor, zeros);
    }
    program.close();
  });

  test('refuses vectors that no CPU has', async () => {
    await expect(open(small, nativeEngineWith(32))).rejects.toThrow(UsageError);
    await expect(open(small, nativeEngineWith(32))).rejects.toThrow(
      /^This CPU has vectors of \d+ lanes at most, but 32 are asked for\.$/,
    );
  });
});
