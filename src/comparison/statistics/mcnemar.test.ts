import fc from 'fast-check';
import { binomialDistribution } from 'simple-statistics';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../errors.ts';
import { mcNemarExact } from './mcnemar.ts';

/** The same from whole binomial coefficients, divided once at the end. */
function inIntegers(b: number, c: number): number {
  const trials = BigInt(b + c);
  let coefficient = 1n;
  let tail = 0n;
  for (let i = 0n; i <= Math.min(b, c); i++) {
    tail += coefficient;
    coefficient = (coefficient * (trials - i)) / (i + 1n);
  }
  const DIGITS = 10n ** 30n;
  return Math.min(1, Number((2n * tail * DIGITS) / (1n << trials)) / 1e30);
}

describe('mcNemarExact', () => {
  // M. W. Fagerland, S. Lydersen and P. Laake, "The McNemar test for binary matched-pairs data: mid-p and asymptotic are
  // better than exact conditional", BMC Med. Res. Methodol. 13 (2013) 91: airway measurements of 21 children, 1 and 7
  // discordant pairs, p = 0.070.
  test('has the published value for 1 and 7', () => {
    expect(mcNemarExact(1, 7)).toBeCloseTo(18 / 256, 15);
  });

  test.each([
    [6, 16, 0.052478790283203125],
    [0, 6, 0.03125],
    [59, 16, 6.114156572521501e-7],
    [86, 150, 3.7159361395713866e-5],
  ])('has the binomial test of SciPy 1.17 for %d and %d', (b, c, pValue) => {
    expect(Math.abs(mcNemarExact(b, c) / pValue - 1)).toBeLessThan(1e-12);
  });

  test('is 1 where each is wrong alone equally often, or never', () => {
    for (const count of [0, 1, 2, 3, 1000, 100_000]) expect(mcNemarExact(count, count)).toBe(1);
    expect(mcNemarExact(0, 1)).toBe(1);
  });

  test('agrees with exact integers, whichever comes first', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(60), (b, c) => {
        const expected = inIntegers(b, c);
        expect(Math.abs(mcNemarExact(b, c) - expected)).toBeLessThan(1e-13 * expected + 1e-29);
        expect(mcNemarExact(c, b)).toBe(mcNemarExact(b, c));
      }),
    );
    for (const [b, c] of [
      [4000, 4200],
      [990, 1100],
    ] as const) {
      expect(Math.abs(mcNemarExact(b, c) / inIntegers(b, c) - 1)).toBeLessThan(1e-11);
    }
  });

  test('agrees with the binomial distribution of simple-statistics', () => {
    const probabilities = binomialDistribution(30, 0.5)!;
    for (const fewer of [8, 10, 14]) {
      const tail = probabilities.slice(0, fewer + 1).reduce((sum, probability) => sum + probability, 0);
      expect(mcNemarExact(fewer, 30 - fewer)).toBeCloseTo(2 * tail, 12);
    }
  });

  test('neither overflows nor loses small values where the counts are large', () => {
    expect(mcNemarExact(0, 1000)).toBeGreaterThan(0);
    expect(Math.abs(mcNemarExact(0, 1000) / (2 * 2 ** -1000) - 1)).toBeLessThan(1e-11);
    expect(mcNemarExact(0, 1_000_000)).toBe(0);
    // SciPy 1.17.
    expect(mcNemarExact(499_750, 500_250)).toBeCloseTo(0.6177794060504495, 10);
  });

  test.each([-1, 0.5, NaN])('refuses a count of %d', (count) => {
    const error = new UsageError(
      `mcNemarExact needs two counts of images, whole numbers from 0 up, but gets ${count}.`,
    );
    expect(() => mcNemarExact(count, 1)).toThrow(error);
    expect(() => mcNemarExact(1, count)).toThrow(error);
  });
});
