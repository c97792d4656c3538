import { describe, expect, test } from 'vitest';
import table from '../test/golden/numerics-table.json' with { type: 'json' };
import { functions } from './formula/functions.ts';
import { cos, erf, exp, log, pow, sin, tanh } from './numerics.ts';

const view = new DataView(new ArrayBuffer(8));
const SMALLEST = 5e-324;

/** The distance from |x| to the next float64 up. */
function ulp64(x: number): number {
  view.setFloat64(0, Math.abs(x));
  view.setBigInt64(0, view.getBigInt64(0) + 1n);
  return Number.isFinite(view.getFloat64(0)) ? view.getFloat64(0) - Math.abs(x) : 1.99584030953472e292;
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
    expect([NaN, Infinity, -Infinity, SMALLEST].map(erf)).toEqual([NaN, 1, -1, SMALLEST]);
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

  test('are odd or even to the bit, zeros included', () => {
    for (const x of [0, SMALLEST, 1e-300, 0.3, 0.625, 0.7, 1, 3, 50, 1e22]) {
      for (const odd of [sin, tanh, erf]) expect(odd(-x)).toBe(-odd(x));
      expect(cos(-x)).toBe(cos(x));
    }
  });

  const bounds = { exp: 0.74, log: 0.8, sin: 0.76, cos: 0.74, tanh: 1.28, erf: 1.37, pow: 0.72 };
  test.each(Object.keys(bounds) as (keyof typeof bounds)[])(
    '%s keeps its error bound on the reference table',
    (name) => {
      expect(table[name].length).toBe(200);
      for (const row of table[name]) {
        const [nearest, rest] = row.slice(-2) as [number, number];
        const value = functions[name].evaluate(row[0]!, row[1]!);
        const error = Math.abs((value - nearest) / ulp64(nearest) - rest);
        expect(error, `${name}(${row.slice(0, -2)}) = ${value}, not ${nearest}`).toBeLessThanOrEqual(bounds[name]);
      }
    },
  );
});
