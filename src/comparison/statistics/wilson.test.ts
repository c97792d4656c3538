import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../errors.ts';
import { wilson } from './wilson.ts';

const countsOf = fc.integer({ min: 1, max: 100_000 }).chain((count) => fc.tuple(fc.nat(count), fc.constant(count)));

describe('wilson', () => {
  // R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statist. Med. 17 (1998) 857, Table I,
  // method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('has the published interval for %d of %d', (wrong, count, low, high) => {
    const interval = wilson(wrong, count);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  test('starts at 0 where none is wrong, ends at 1 where all are', () => {
    expect(wilson(0, 10_000)).toEqual({ low: 0, high: expect.closeTo(0.00038399837, 11) });
    expect(wilson(7, 7).high).toBe(1);
    expect(wilson(1, 1).low).toBeCloseTo(0.2065, 4);
  });

  test('has the rates as its ends whose score test just refuses what was seen', () => {
    fc.assert(
      fc.property(countsOf, ([wrong, count]) => {
        const { low, high } = wilson(wrong, count);
        const score = (rate: number) => (wrong / count - rate) / Math.sqrt((rate * (1 - rate)) / count);
        if (wrong > 0) expect(score(low)).toBeCloseTo(1.959963984540054, 6);
        if (wrong < count) expect(score(high)).toBeCloseTo(-1.959963984540054, 6);
      }),
    );
  });

  test('mirrors wrong and right', () => {
    fc.assert(
      fc.property(countsOf, ([wrong, count]) => {
        const [interval, mirrored] = [wilson(wrong, count), wilson(count - wrong, count)];
        expect(mirrored.low).toBeCloseTo(1 - interval.high, 12);
        expect(mirrored.high).toBeCloseTo(1 - interval.low, 12);
      }),
    );
  });

  test.each([
    [0, 0],
    [-1, 5],
    [6, 5],
    [0.5, 5],
    [1, NaN],
  ])('refuses %d of %d', (wrong, count) => {
    expect(() => wilson(wrong, count)).toThrow(
      new UsageError(
        'wilson(wrong, count) needs a count of at least 1 and from 0 to count of them wrong, ' +
          `but gets ${wrong} of ${count}.`,
      ),
    );
  });
});
