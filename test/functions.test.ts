/** @file The functions of formulas, compiled by either engine: the bits of their recipes in TypeScript, lane by lane. */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../src/engine/engine.ts';
import { nativeEngineWith } from '../src/engine/native/node/index.ts';
import { wasmEngine } from '../src/engine/wasm/index.ts';
import { type FunctionForm, functions } from '../src/formula/functions.ts';
import { buildNetwork } from '../src/model/cnn.ts';
import { buildGraph } from '../src/model/graph.ts';
import { inFloat32 } from '../src/numerics-arithmetic.ts';
import { randomStream } from '../src/random.ts';
import { widths } from './native-machine.ts';

const recipes = Object.entries(functions as Readonly<Record<string, FunctionForm>>).filter(([, { recipe }]) => recipe);

const special = [
  ...[NaN, Infinity, 0, 1, 2, 3, 0.5, 0.625, 0.9140625, 0.9140626, 4, 22, 87.33655, 88.72284, 8192],
  ...[2 ** -149, 2 ** -126, 1e-30, 4194304, 4194305, 2 ** 24 - 1, 2 ** 24, 1e22, 3.4e38],
].flatMap((x) => [x, -x]);
/** Every pair of special values; then numbers of all binades, and of the range in which functions change. */
const count = 10_007;
const [first, second] = ['first', 'second'].map((name, operand) => {
  const random = randomStream(1, name);
  const draw = [
    () => (random.uniform() * 2 - 1) * 2 ** (random.integer(276) - 149),
    () => random.normal(),
    () => random.normal() * 30,
  ];
  return Float32Array.from({ length: count }, (_, place) => {
    const other = Math.floor(place / special.length);
    return other < special.length ? special[operand === 0 ? place % special.length : other]! : draw[place % 3]!();
  });
}) as [Float32Array, Float32Array];

const expected = recipes.map(
  ([name, { recipe }]) => [name, Array.from(first, (a, place) => inFloat32(recipe!)(a, second[place]!))] as const,
);

/** What an engine makes of every function of input[0,k] and input[1,k], in tensors of either precision. */
async function valuesOf(engine: Engine, isDouble: boolean): Promise<Map<string, ArrayLike<number>>> {
  const reads = ['input[0,k]', 'input[1,k]'];
  const forward = recipes.map(
    ([name, { operands }]) => `${name}Of[k] = ${name}(${reads.slice(0, operands).join(', ')})`,
  );
  const tensors = recipes.map(([name]) => `${name}Of`);
  const rule = {
    output: [count],
    forward: [...forward, 'output[k] = input[0,k]'],
    ...(isDouble ? { double: tensors } : {}),
  };
  const head = buildNetwork({ layers: [] }, { input: rule.output, classes: 2 }).nodes[0]!;
  const nodes = [
    { name: 'own1', rule, inputs: [-1] },
    { ...head, name: 'head2', inputs: [0] },
  ];
  const keep = tensors.map((tensor) => `own1.${tensor}`);
  const program = await engine.create(buildGraph(nodes, [2, count]), { batchSize: 1, purpose: 'predict', keep });
  program.write('image', Float32Array.from([...first, ...second]), 0);
  program.forward(1);
  const values = new Map(recipes.map(([name], place) => [name, program.read(keep[place]!, 0).slice()]));
  program.close();
  return values;
}

const engines = [
  { name: 'wasm', engine: wasmEngine, lacking: false },
  ...widths.map(({ lanes, lacking, needs }) => {
    return { name: `native, ${lanes} lanes (${needs})`, engine: nativeEngineWith(lanes), lacking };
  }),
];

describe.each(engines)('the $name engine', ({ engine, lacking }) => {
  test.skipIf(lacking).each([false, true])('has the bits of the recipes; in double: %s', async (isDouble) => {
    const values = await valuesOf(engine, isDouble);
    for (const [name, right] of expected) {
      const ours = values.get(name)!;
      expect(ours.length).toBe(count);
      // A zero's sign counts; a NaN's does not.
      const wrong = right.flatMap((value, place) =>
        Object.is(ours[place], value)
          ? []
          : [`${name}(${first[place]}, ${second[place]}) = ${ours[place]}, not ${value}`],
      );
      expect(wrong.slice(0, 5)).toEqual([]);
    }
  });
});
