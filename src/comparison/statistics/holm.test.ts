import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holm } from './holm.ts';

const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });

describe('holm', () => {
  test('multiplies the smallest by all, the next by one less, and never goes down', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    for (const [index, expected] of [0.03, 0.06, 0.06, 0.02].entries())
      expect(adjusted[index]).toBeCloseTo(expected, 15);
  });

  test('leaves one alone, has nothing for none, and stops at 1', () => {
    expect(holm([0.2])).toEqual([0.2]);
    expect(holm([])).toEqual([]);
    expect(holm([0.9, 0.4, 1])).toEqual([1, 1, 1]);
  });

  test('refuses what stepping down from the smallest refuses', () => {
    fc.assert(
      fc.property(pValues, fc.double({ min: 0.001, max: 0.999, noNaN: true }), (values, level) => {
        const ascending = [...values].sort((a, b) => a - b);
        const kept = ascending.findIndex((value, rank) => (values.length - rank) * value > level);
        const refused = kept < 0 ? values.length : kept;
        expect(holm(values).filter((value) => value <= level)).toHaveLength(refused);
      }),
    );
  });

  test('keeps the order, is at least what was given, at most what Bonferroni gives', () => {
    fc.assert(
      fc.property(pValues, (values) => {
        const adjusted = holm(values);
        for (const [i, value] of values.entries()) {
          expect(adjusted[i]).toBeGreaterThanOrEqual(value);
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, values.length * value));
          for (const [j, other] of values.entries())
            if (value <= other) expect(adjusted[i]! <= adjusted[j]!).toBe(true);
        }
      }),
    );
  });
});
