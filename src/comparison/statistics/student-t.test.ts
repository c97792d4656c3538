import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../errors.ts';
import { studentCriticalValue, studentPValue } from './student-t.ts';

describe('studentCriticalValue', () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, columns 0.975 and 0.995.
  test.each([
    [1, 12.706, 63.657],
    [2, 4.303, 9.925],
    [3, 3.182, 5.841],
    [4, 2.776, 4.604],
    [9, 2.262, 3.25],
    [19, 2.093, 2.861],
    [29, 2.045, 2.756],
    [100, 1.984, 2.626],
  ])('has the published values for %d degrees of freedom', (degrees, at5Percent, at1Percent) => {
    expect(studentCriticalValue(degrees, 0.05)).toBeCloseTo(at5Percent, 3);
    expect(studentCriticalValue(degrees, 0.01)).toBeCloseTo(at1Percent, 3);
  });

  test.each([
    [1, 12.706204736174694],
    [2, 4.302652729749462],
    [9, 2.262157162798205],
    [1000, 1.9623390808264083],
  ])('has the value of SciPy 1.17 for %d degrees of freedom', (degrees, expected) => {
    expect(Math.abs(studentCriticalValue(degrees, 0.05) / expected - 1)).toBeLessThan(1e-12);
  });

  test('comes down to the normal distribution', () => {
    expect(studentCriticalValue(1_000_000, 0.05)).toBeCloseTo(1.959963984540054, 5);
  });

  test('refuses a level that is none', () => {
    for (const level of [0, 1, -0.05, NaN]) {
      expect(() => studentCriticalValue(3, level)).toThrow(
        new UsageError(`studentCriticalValue needs a level between 0 and 1, but gets ${level}.`),
      );
    }
  });
});

describe('studentPValue', () => {
  test.each([
    [2.5, 1, 0.24223788318168682],
    [2.5, 2, 0.12961172022151082],
    [2.5, 9, 0.033861827682985735],
    [2.5, 1000, 0.012578567801090807],
    [40, 2, 0.0006244146721847406],
    [40, 9, 1.8982998449339822e-11],
    [40, 120, 3.1336483986165005e-71],
  ])('has the value of SciPy 1.17 for t = %d and %d degrees of freedom', (t, degrees, expected) => {
    expect(Math.abs(studentPValue(t, degrees) / expected - 1)).toBeLessThan(1e-12);
    expect(studentPValue(-t, degrees)).toBe(studentPValue(t, degrees));
  });

  test('is 1 at 0, and 0 where t is beyond all numbers', () => {
    for (const degrees of [1, 2, 50]) {
      expect(studentPValue(0, degrees)).toBe(1);
      expect(studentPValue(1e200, degrees)).toBe(0);
    }
  });

  test('is 1 − 2/π atan t for one degree of freedom, 1 − t / √(2 + t²) for two', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 50, noNaN: true }), (t) => {
        expect(studentPValue(t, 1)).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(t), 13);
        expect(studentPValue(t, 2)).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 13);
      }),
    );
  });

  test('falls as t rises, across the change of the fraction too', () => {
    for (const degrees of [1, 2, 5, 30]) {
      let before = 1;
      for (let t = 0.01; t < 6; t += 0.01) {
        const value = studentPValue(t, degrees);
        expect(value).toBeLessThan(before);
        before = value;
      }
    }
  });

  test.each([0, 1.5, NaN])('refuses %d degrees of freedom', (degrees) => {
    expect(() => studentPValue(1, degrees)).toThrow(
      new UsageError(
        `Student's t distribution needs degrees of freedom that are a whole number from 1 up, but gets ${degrees}.`,
      ),
    );
  });
});
