import { describe, expect, test } from 'vitest';
import table from '../test/golden/numerics-table.json' with { type: 'json' };
import {
  type Arithmetic,
  cos,
  erf,
  exp,
  expFloat32,
  float32Arithmetic,
  log,
  logFloat32,
  pow,
  recipes,
  sin,
  tanh,
  tanhFloat32,
} from './numerics.ts';

const view = new DataView(new ArrayBuffer(8));
const SMALLEST = 5e-324;

/** The distance from |x| to the next float64 up. */
function ulp64(x: number): number {
  view.setFloat64(0, Math.abs(x));
  view.setBigInt64(0, view.getBigInt64(0) + 1n);
  return Number.isFinite(view.getFloat64(0)) ? view.getFloat64(0) - Math.abs(x) : 1.99584030953472e292;
}

function float32(bits: number): number {
  view.setInt32(0, bits);
  return view.getFloat32(0);
}

/** The distance between the neighbours of a real number in float32. */
function ulp32(x: number): number {
  view.setFloat32(0, Math.max(Math.abs(x), 1.1754943508222875e-38));
  const bits = view.getInt32(0);
  const below = float32(bits) > Math.abs(x) ? bits - 1 : bits;
  return below === 0x7f7fffff ? 2 ** 104 : float32(below + 1) - float32(below);
}

describe('float64 functions', () => {
  test('take the values that everyone knows', () => {
    expect([exp(0), exp(1), exp(-1)]).toEqual([1, Math.E, 0.36787944117144233]);
    expect([log(1), log(2), log(10)]).toEqual([0, Math.LN2, Math.LN10]);
    expect([sin(0), sin(1), cos(0), cos(1)]).toEqual([0, 0.8414709848078965, 1, 0.5403023058681398]);
    expect([sin(Math.PI), cos(Math.PI / 2)]).toEqual([1.2246467991473532e-16, 6.123233995736766e-17]);
    expect([tanh(0), tanh(0.5), tanh(30)]).toEqual([0, 0.46211715726000974, 1]);
    expect([erf(0), erf(0.5), erf(7)]).toEqual([0, 0.5204998778130465, 1]);
    expect([pow(2, 10), pow(2, 0.5), pow(10, -3), pow(-3, 3)]).toEqual([1024, Math.SQRT2, 0.001, -27]);
  });

  test('pow is exact where the result is an integer of at most 53 bits', () => {
    for (let base = 1n; base < 400n; base++) {
      for (let exponent = 1n; base ** exponent <= 2n ** 53n && exponent < 54n; exponent++) {
        expect(BigInt(pow(Number(base), Number(exponent)))).toBe(base ** exponent);
      }
    }
  });

  test('give powers of two exactly, down to the smallest subnormal', () => {
    let power = 1;
    for (let k = 0; k <= 1023; k++, power *= 2) expect(pow(2, k)).toBe(power);
    power = 1;
    for (let k = 0; k >= -1074; k--, power /= 2) expect(pow(2, k)).toBe(power);
    expect([pow(2, 1024), pow(2, -1076)]).toEqual([Infinity, 0]);
    expect([log(SMALLEST), exp(-745.1)]).toEqual([-744.4400719213812, SMALLEST]);
  });

  test('agree with Math on NaN, infinities, zeros and extreme arguments', () => {
    const roughly = (x: number) => Number(x.toPrecision(13));
    for (const x of [
      NaN,
      Infinity,
      -Infinity,
      0,
      -0,
      1,
      -1,
      1e308,
      -1e308,
      SMALLEST,
      -SMALLEST,
      709,
      710,
      -745,
      -746,
    ]) {
      for (const [name, ours] of Object.entries({ exp, log, sin, cos, tanh })) {
        expect(roughly(ours(x)), `${name}(${x})`).toBe(roughly(Math[name as 'exp'](x)));
      }
    }
    expect([NaN, Infinity, -Infinity, -0, SMALLEST].map(erf)).toEqual([NaN, 1, -1, -0, SMALLEST]);
  });

  test('pow has the special cases of ECMAScript', () => {
    const bases = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 2, -2, 0.5, -0.5, SMALLEST, 1e308];
    const exponents = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 2, -2, 3, -3, 1e300, -1e300, 2 ** 53, SMALLEST];
    for (const base of bases) {
      for (const exponent of exponents) expect(pow(base, exponent), `${base} ** ${exponent}`).toBe(base ** exponent);
    }
    expect(pow(-8, 0.5)).toBe(NaN);
    expect(pow(-Infinity, 0.5)).toBe(Infinity);
  });

  test('tell sine and cosine apart in every quadrant, either sign', () => {
    const angles = [0, 1, 2, 3, 4, -1, -2, -3, -4].map((quarter) => (quarter * Math.PI) / 2 + 0.1);
    const [s, c] = [0.09983341664682815, 0.9950041652780258];
    [s, c, -s, -c, s, -c, -s, c, s].forEach((value, i) => {
      expect(sin(angles[i]!)).toBeCloseTo(value, 14);
    });
    [c, -s, -c, s, c, s, -c, -s, c].forEach((value, i) => {
      expect(cos(angles[i]!)).toBeCloseTo(value, 14);
    });
  });

  const bounds = { exp: 0.74, log: 0.8, sin: 0.76, cos: 0.74, tanh: 1.28, erf: 1.37, pow: 0.72 };
  const functions: Record<keyof typeof bounds, (...args: number[]) => number> = {
    exp: (x) => exp(x!),
    log: (x) => log(x!),
    sin: (x) => sin(x!),
    cos: (x) => cos(x!),
    tanh: (x) => tanh(x!),
    erf: (x) => erf(x!),
    pow: (base, exponent) => pow(base!, exponent!),
  };
  test.each(Object.keys(bounds) as (keyof typeof bounds)[])(
    '%s keeps its error bound on the reference table',
    (name) => {
      expect(table[name].length).toBe(200);
      for (const row of table[name]) {
        const [nearest, rest] = row.slice(-2) as [number, number];
        const value = functions[name](...row.slice(0, -2));
        const error = Math.abs((value - nearest) / ulp64(nearest) - rest);
        expect(error, `${name}(${row.slice(0, -2)}) = ${value}, not ${nearest}`).toBeLessThanOrEqual(bounds[name]);
      }
    },
  );
});

describe('float32 recipes', () => {
  test.each([
    { name: 'exp', recipe: expFloat32, exact: exp, low: -87.33654022216797, high: 88.72283172607422, bound: 0.98 },
    {
      name: 'log',
      recipe: logFloat32,
      exact: log,
      low: 1.1754943508222875e-38,
      high: 3.4028234663852886e38,
      bound: 0.78,
    },
    { name: 'tanh', recipe: tanhFloat32, exact: tanh, low: -Infinity, high: Infinity, bound: 1.3 },
  ])('$name stays within $bound ulp over the whole range', ({ recipe, exact, low, high, bound }) => {
    let worst = 0;
    for (let bits = -0x80000000; bits < 0x7f800000; bits += 4999) {
      const x = float32(bits);
      if (!(x >= low && x <= high)) continue;
      const value = exact(x);
      worst = Math.max(worst, Math.abs(recipe(x) - value) / ulp32(value));
    }
    expect(worst).toBeGreaterThan(0.5);
    expect(worst).toBeLessThanOrEqual(bound);
  });

  test('exp goes to 0 and Infinity where float32 ends', () => {
    expect(expFloat32(-87.33654022216797)).toBe(Math.fround(1.1754997e-38));
    expect([-87.3365478515625, -1e38, -Infinity].map(expFloat32)).toEqual([0, 0, 0]);
    expect(expFloat32(88.72283172607422)).toBe(Math.fround(3.4027985e38));
    expect([88.72283935546875, 1e38, Infinity].map(expFloat32)).toEqual([Infinity, Infinity, Infinity]);
    expect([expFloat32(0), expFloat32(-0), expFloat32(NaN)]).toEqual([1, 1, NaN]);
  });

  test('log is -Infinity up to zero, and finite for subnormals', () => {
    expect([0, -0, -1, -Infinity].map(logFloat32)).toEqual([-Infinity, -Infinity, -Infinity, -Infinity]);
    expect([logFloat32(1), logFloat32(Infinity), logFloat32(NaN)]).toEqual([0, Infinity, NaN]);
    expect(logFloat32(float32(1))).toBe(Math.fround(-88.0296936));
  });

  test('tanh is odd to the bit and saturates', () => {
    for (const x of [1e-30, 0.3, 0.625, 0.7, 3, 50].map(Math.fround)) expect(tanhFloat32(-x)).toBe(-tanhFloat32(x));
    expect([0, -0, 20, -Infinity, NaN].map(tanhFloat32)).toEqual([0, -0, 1, -1, NaN]);
  });

  test('build the same program whatever the arithmetic', () => {
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
      for (const recipe of Object.values(recipes)) recipe(traced, x);
      return used;
    });
    for (const list of operations) expect(list).toEqual(operations[0]);
    expect(new Set(used)).toEqual(new Set(Object.keys(float32Arithmetic)));
  });
});
