/** @file The functions of formulas, compiled: the bits of their recipes in TypeScript, lane by lane. */
import { describe, expect, test } from 'vitest';
import { wasmEngine } from '../src/engine/wasm/index.ts';
import { type FunctionForm, functions } from '../src/formula/functions.ts';
import { buildNetwork } from '../src/model/cnn.ts';
import { buildGraph } from '../src/model/graph.ts';
import { inFloat32 } from '../src/numerics-arithmetic.ts';
import { randomStream } from '../src/random.ts';

const special = [NaN, Infinity, 0, 1, 2, 3, 0.5, 0.625, 0.9140625, 0.9140626, 4, 22, 87.33655, 88.72284, 8192].flatMap(
  (x) => [x, -x],
);
const extreme = [2 ** -149, 2 ** -126, 1e-30, 4194304, 4194305, 2 ** 24 - 1, 2 ** 24, 1e22, 3.4e38].flatMap((x) => [
  x,
  -x,
]);

/** Of each kind some: special values, all binades, and the range in which functions change. */
function arguments_(count: number, purpose: string): Float32Array {
  const random = randomStream(1, purpose);
  const draw = [
    () => (random.uniform() * 2 - 1) * 2 ** (random.integer(276) - 149),
    () => random.normal(),
    () => random.normal() * 30,
  ];
  return Float32Array.from({ length: count }, (_, place) => [...special, ...extreme][place] ?? draw[place % 3]!());
}

/** What compiled code makes of f(input[0,k], input[1,k]), in a tensor of either precision. */
async function compiled(call: string, input: Float32Array, isDouble: boolean): Promise<ArrayLike<number>> {
  const shape = [2, input.length / 2];
  const rule = { output: [shape[1]!], forward: [`output[k] = ${call}`], ...(isDouble ? { double: ['output'] } : {}) };
  const head = buildNetwork({ layers: [] }, { input: rule.output, classes: 2 }).nodes[0]!;
  const nodes = [
    { name: 'own1', rule, inputs: [-1] },
    { ...head, name: 'head2', inputs: [0] },
  ];
  const keep = ['own1.output'];
  const program = await wasmEngine.create(buildGraph(nodes, shape), { batchSize: 1, purpose: 'predict', keep });
  program.write('image', input, 0);
  program.forward(1);
  const output = program.read('own1.output', 0).slice();
  program.close();
  return output;
}

const recipes = Object.entries(functions as Readonly<Record<string, FunctionForm>>).filter(([, { recipe }]) => recipe);

describe.each(recipes)('%s', (name, { operands, recipe }) => {
  const count = 30_003;
  const first = arguments_(count, 'first');
  // Behind each special value each other one, as the other operand.
  const second = arguments_(count, 'second');
  const known = special.length + extreme.length;
  for (let place = 0; place < known * known; place++) {
    first[place] = first[place % known]!;
    second[place] = [...special, ...extreme][Math.floor(place / known)]!;
  }
  const expected = Array.from(first, (a, place) => inFloat32(recipe!)(a, second[place]!));

  test.each([false, true])('has the bits of its recipe when it is compiled; in double: %s', async (isDouble) => {
    const call = `${name}(${['input[0,k]', 'input[1,k]'].slice(0, operands).join(', ')})`;
    const output = await compiled(call, Float32Array.from([...first, ...second]), isDouble);
    const differing = expected.flatMap((value, place) =>
      Object.is(output[place], value)
        ? []
        : [`${name}(${first[place]}, ${second[place]}) = ${output[place]}, not ${value}`],
    );
    expect(output.length).toBe(count);
    expect(differing.slice(0, 5)).toEqual([]);
  });
});
