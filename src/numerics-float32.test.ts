import { describe, expect, test } from 'vitest';
import fixture from '../test/golden/numerics-table.json' with { type: 'json' };
import { type FunctionName, functions } from './formula/functions.ts';
import { type Arithmetic, float32Arithmetic, inFloat32, type Recipe } from './numerics-arithmetic.ts';
import { cosRecipe, erfRecipe, expRecipe, logRecipe, sinRecipe, tanhRecipe } from './numerics-float32.ts';
import { powRecipe } from './numerics-pow.ts';

const [exp, log, tanh] = [expRecipe, logRecipe, tanhRecipe].map(inFloat32) as [Unary, Unary, Unary];
const [sin, cos, erf] = [sinRecipe, cosRecipe, erfRecipe].map(inFloat32) as [Unary, Unary, Unary];
const pow = inFloat32(powRecipe);
type Unary = (x: number) => number;

const view = new DataView(new ArrayBuffer(4));
const SMALLEST = 2 ** -149;
const LARGEST = 3.4028234663852886e38;

function float32(bits: number): number {
  view.setInt32(0, bits);
  return view.getFloat32(0);
}

/** The distance between the neighbours of a real number in float32. */
function ulp(x: number): number {
  view.setFloat32(0, Math.max(Math.abs(x), 1.1754943508222875e-38));
  const bits = view.getInt32(0);
  const below = float32(bits) > Math.abs(x) ? bits - 1 : bits;
  return below === 0x7f7fffff ? 2 ** 104 : float32(below + 1) - float32(below);
}

const recipes = Object.entries(functions).flatMap(([name, form]) =>
  'recipe' in form ? [{ name: name as Recipes, recipe: form.recipe as Recipe, evaluate: form.evaluate }] : [],
);
type Recipes = keyof typeof bounds;
const bounds = { exp: 1, log: 0.84, sin: 0.98, cos: 0.96, tanh: 1.34, erf: 1.2, pow: 1.27 } satisfies Partial<
  Record<FunctionName, number>
>;

describe('errors', () => {
  test.each(recipes)('$name keeps its bound on the reference table, and comes close to it', ({ name, recipe }) => {
    const rows: readonly number[][] = fixture.float32[name];
    expect(rows.length).toBe(200);
    const errors = rows.map((row) => {
      const nearest = row.at(-2)!;
      return Math.abs(inFloat32(recipe)(row[0]!, row[1]!) - nearest) / ulp(nearest);
    });
    expect(Math.max(...errors)).toBe(errors[0]);
    expect(errors[0]).toBeLessThanOrEqual(bounds[name]);
    expect(errors[0]).toBeGreaterThan(bounds[name] - 0.012);
  });

  const ranges = { exp: [-87.33654022216797, 88.72283172607422], log: [1.1754943508222875e-38, LARGEST] } as const;
  const angles = [-8192, 8192] as const;
  const everywhere = [-Infinity, Infinity] as const;
  test.each([
    { name: 'exp', range: ranges.exp },
    { name: 'log', range: ranges.log },
    { name: 'sin', range: angles },
    { name: 'cos', range: angles },
    { name: 'tanh', range: everywhere },
    { name: 'erf', range: everywhere },
  ] as const)('$name keeps its bound over the whole range', ({ name, range: [low, high] }) => {
    const { recipe, evaluate } = functions[name];
    const ours = inFloat32(recipe);
    let worst = 0;
    for (let bits = -0x80000000; bits < 0x7f800000; bits += 4999) {
      const x = float32(bits);
      if (!(x >= low && x <= high)) continue;
      const value = (evaluate as Unary)(x);
      worst = Math.max(worst, Math.abs(ours(x) - value) / ulp(value));
    }
    expect(worst).toBeLessThanOrEqual(bounds[name]);
  });
});

describe('special values', () => {
  test('exp goes to 0 and Infinity where float32 ends', () => {
    expect(exp(-87.33654022216797)).toBe(Math.fround(1.1754997e-38));
    expect([-87.3365478515625, -1e38, -Infinity].map(exp)).toEqual([0, 0, 0]);
    expect(exp(88.72283172607422)).toBe(Math.fround(3.4027985e38));
    expect([88.72283935546875, 1e38, Infinity].map(exp)).toEqual([Infinity, Infinity, Infinity]);
    expect([exp(0), exp(-0), exp(NaN)]).toEqual([1, 1, NaN]);
  });

  test('log is -Infinity up to zero, and finite for subnormals', () => {
    expect([0, -0, -1, -Infinity].map(log)).toEqual([-Infinity, -Infinity, -Infinity, -Infinity]);
    expect([log(1), log(Infinity), log(NaN)]).toEqual([0, Infinity, NaN]);
    expect(log(SMALLEST)).toBe(Math.fround(-88.0296936));
  });

  test('sin, tanh and erf are odd, and cos is even, to the bit', () => {
    for (let bits = 0; bits <= 0x7f800000; bits += 1_000_003) {
      const x = float32(bits);
      for (const odd of [sin, tanh, erf]) expect(odd(-x)).toBe(-odd(x));
      expect(cos(-x)).toBe(cos(x));
    }
  });

  test('sin, tanh and erf give 0 and the smallest number back', () => {
    for (const f of [sin, tanh, erf]) expect([0, -0, SMALLEST].map(f)).toEqual([0, -0, SMALLEST]);
    expect([cos(0), cos(-0), cos(SMALLEST)]).toEqual([1, 1, 1]);
  });

  test('tanh and erf end at 1', () => {
    expect([20, -Infinity, NaN].map(tanh)).toEqual([1, -1, NaN]);
    expect([4, 1e38, Infinity, -Infinity, NaN].map(erf)).toEqual([1, 1, 1, -1, NaN]);
  });

  test('erf never falls by more than one ulp', () => {
    let greatest = 0;
    let fall = 0;
    for (let bits = 0x3e000000; bits < 0x40900000; bits += 97) {
      const value = erf(float32(bits));
      fall = Math.max(fall, greatest - value);
      greatest = Math.max(greatest, value);
    }
    expect(fall).toBeLessThanOrEqual(2 ** -24);
    expect(greatest).toBe(1);
  });

  test('sin and cos of more than 8192 are right to one rounding of the angle, and NaN from 2^22 on', () => {
    let [worst, greatest] = [0, 0];
    for (let bits = 0x46000000; bits <= 0x4a800000; bits += 1997) {
      const x = float32(bits);
      for (const [value, exact] of [
        [sin(x), functions.sin.evaluate(x)] as const,
        [cos(x), functions.cos.evaluate(x)] as const,
      ]) {
        worst = Math.max(worst, Math.abs(value - exact) / x);
        greatest = Math.max(greatest, Math.abs(value));
      }
    }
    expect(worst).toBeLessThanOrEqual(2 ** -24);
    expect(greatest).toBe(1);
    for (const x of [4194304.5, 1e38, Infinity, NaN].map(Math.fround)) {
      expect([sin(x), sin(-x), cos(x), cos(-x)]).toEqual([NaN, NaN, NaN, NaN]);
    }
  });
});

describe('pow', () => {
  test('has the special cases of ECMAScript', () => {
    const bases = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 2, -2, 0.5, -0.5, SMALLEST, -SMALLEST, LARGEST];
    const exponents = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 2, -2, 3, -3, 0.5, -0.5];
    const large = [2 ** 22 + 0.5, 2 ** 23 - 1, 2 ** 23 + 1, 2 ** 24 - 1, 2 ** 24, 2 ** 25, LARGEST, -LARGEST, SMALLEST];
    for (const base of bases) {
      for (const exponent of [...exponents, ...large]) {
        const value = Math.fround(base ** exponent);
        const ours = pow(base, exponent);
        const isExact = !Number.isFinite(value) || value === 0 || Math.abs(value) === 1;
        if (isExact) expect(ours, `${base} ** ${exponent}`).toBe(value);
        else expect(Math.abs(ours - value), `${base} ** ${exponent}`).toBeLessThanOrEqual(1.5 * ulp(value));
      }
    }
  });

  test('takes the sign of a negative base to odd exponents, and is NaN for exponents that are no integers', () => {
    expect([pow(-2, 3), pow(-2, 4), pow(-2, -3), pow(-1, 2 ** 24 - 1), pow(-1, 2 ** 24)]).toEqual([
      -8, 16, -0.125, -1, 1,
    ]);
    expect([pow(-8, 0.5), pow(-1, 2 ** 22 + 0.5), pow(-1e-30, SMALLEST)]).toEqual([NaN, NaN, NaN]);
  });

  test('gives powers of two exactly, down to the smallest number', () => {
    for (let k = -149; k <= 127; k++) expect(pow(2, k)).toBe(2 ** k);
    for (let k = -149; k <= 127; k++) expect(pow(2 ** k, 1)).toBe(2 ** k);
    expect([pow(2, 128), pow(2, -151), pow(LARGEST, 2), pow(SMALLEST, 2)]).toEqual([Infinity, 0, Infinity, 0]);
  });
});

describe('recipes', () => {
  test('build the same program whatever the arithmetic, from all that there is', () => {
    let used: string[] = [];
    const traced = Object.fromEntries(
      Object.entries(float32Arithmetic).map(([name, operation]) => [
        name,
        (...operands: number[]) => {
          used.push(name);
          return (operation as (...operands: number[]) => number)(...operands);
        },
      ]),
    ) as unknown as Arithmetic<number>;
    const operations = [-100, -0.2, 0, 1, 100, NaN].map((x) => {
      used = [];
      for (const { recipe } of recipes) recipe(traced, x, x);
      return used;
    });
    for (const list of operations) expect(list).toEqual(operations[0]);
    expect(new Set(used)).toEqual(new Set(Object.keys(float32Arithmetic)));
  });

  test('are stated for all functions that are not one instruction', () => {
    expect(recipes.map(({ name }) => name).sort()).toEqual(Object.keys(bounds).sort());
  });
});
