import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { simulateStudy } from '../../../test/simulate-study.ts';
import { randomStream } from '../../random.ts';
import { compareWithBest } from './compare-with-best.ts';
import { holm } from './holm.ts';
import { mcNemarExact } from './mcnemar.ts';
import { studentPValue } from './student-t.ts';
import { wilson } from './wilson.ts';

const errorsOf = (...digits: string[]) => digits.map((ofSeed) => Uint8Array.from(ofSeed, Number));

describe('compareWithBest', () => {
  test('tests one seed by McNemar, and says that it is too few', () => {
    const first = errorsOf('110000000000');
    const second = errorsOf('011111111000');
    const { best, comparisons, verdicts } = compareWithBest([second, first], 'nested');
    expect(best).toBe(1);
    expect(comparisons).toEqual([
      {
        difference: 6 / 12,
        interval: null,
        pValue: mcNemarExact(1, 7),
        adjustedPValue: mcNemarExact(1, 7),
        method: 'exact McNemar',
      },
      null,
    ]);
    expect(verdicts).toEqual(['too few to tell', 'too few to tell']);
  });

  // Differences 0.4, 0.2, 0.3: A = 0.01·2/3; within 0.24, 0.16, 0.21, the mean over 10 images; over 3, times 3/2.
  test('tests several seeds by the spread of their differences', () => {
    const first = errorsOf('1000000000', '0000000000', '0100000000');
    const second = errorsOf('1111100000', '0000000011', '0111100000');
    const [, comparison] = compareWithBest([first, second], 'nested').comparisons;
    const standardError = Math.sqrt(((0.01 * 2) / 3 + (0.24 + 0.16 + 0.21) / 3 / 10) / 2);
    expect(comparison!.difference).toBeCloseTo(0.3, 15);
    expect(comparison!.pValue).toBeCloseTo(studentPValue(0.3 / standardError, 2), 12);
    expect(comparison!.interval!.low).toBeCloseTo(0.3 - 4.302652729749462 * standardError, 12);
    expect(comparison!.interval!.high).toBeCloseTo(0.3 + 4.302652729749462 * standardError, 12);
    expect(comparison!.method).toBe('two-level bootstrap');
  });

  test('adjusts over all pairs, since all were looked at to find the best', () => {
    const digits = ['111110000000000', '100000000000000', '110111100000000'];
    const [a, b, c] = digits.map((ofSeed) => errorsOf(ofSeed)) as [Uint8Array[], Uint8Array[], Uint8Array[]];
    const { best, comparisons } = compareWithBest([a, b, c], 'nested');
    expect(best).toBe(1);
    // b with a, b with c, a with c.
    const expected = holm([mcNemarExact(0, 4), mcNemarExact(0, 5), mcNemarExact(2, 3)]);
    expect([comparisons[0]!.adjustedPValue, comparisons[2]!.adjustedPValue]).toEqual([expected[0], expected[1]]);
    expect(expected[1]).toBe(3 * comparisons[2]!.pValue);
  });

  test('cannot tell identical predictions apart', () => {
    const errors = errorsOf('1000100000', '0000000110', '1000000000');
    expect(compareWithBest([errors, errors], 'crossed')).toEqual({
      seeds: 3,
      best: 0,
      comparisons: [
        null,
        {
          difference: 0,
          interval: { low: -wilson(0, 10).high, high: wilson(0, 10).high },
          pValue: 1,
          adjustedPValue: 1,
          method: 'two-level bootstrap',
        },
      ],
      verdicts: ['best', 'not distinguishable from the best'],
    });
  });

  test('needs more than three images for certainty, even where all differ', () => {
    const comparisonOf = (images: number) => {
      const [right, wrong] = ['0', '1'].map((digit) => new Array(3).fill(digit.repeat(images)));
      return compareWithBest([errorsOf(...right!), errorsOf(...wrong!)], 'nested');
    };
    expect(comparisonOf(3).comparisons[1]).toMatchObject({ difference: 1, pValue: 0.25 });
    expect(comparisonOf(3).verdicts[1]).toBe('not distinguishable from the best');
    expect(comparisonOf(10).verdicts[1]).toBe('worse');
  });

  test('finds a clear difference with three seeds, but does not call it with two', () => {
    const study = { errorRates: [0.4, 0.05, 0.4], seedSpread: 0.05, images: 400, design: 'nested' as const };
    const verdictsOf = (seeds: number) =>
      compareWithBest(simulateStudy({ ...study, seeds }, randomStream(1, 'test')), 'nested').verdicts;
    expect(verdictsOf(3)).toEqual(['worse', 'best', 'worse']);
    expect(verdictsOf(2)).toEqual(['too few to tell', 'too few to tell', 'too few to tell']);
  });

  test('has nothing to say about one architecture', () => {
    const errors = errorsOf('100', '010', '000');
    expect(compareWithBest([errors], 'nested')).toEqual({
      seeds: 3,
      best: 0,
      comparisons: [null],
      verdicts: ['not compared'],
    });
  });

  test('says the same in any order of architectures and seeds', () => {
    const design = fc.constantFrom('nested' as const, 'crossed' as const);
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 5 }), design, (seed, seeds, design) => {
        const study = { errorRates: [0.1, 0.15, 0.3], seedSpread: 0.2, seeds, images: 40, design };
        const architectures = simulateStudy(study, randomStream(seed, 'test'));
        const { best, comparisons, verdicts } = compareWithBest(architectures, design);
        const reversed = compareWithBest(architectures.map((errors) => [...errors].reverse()).reverse(), design);
        const lowest = architectures.map((errors) => errors.flatMap((ofSeed) => [...ofSeed]).filter(Boolean).length);
        expect(lowest[best]).toBe(Math.min(...lowest));
        expect(lowest.indexOf(lowest[best]!)).toBe(best);
        if (lowest.filter((wrong) => wrong === lowest[best]).length > 1) return;
        expect(reversed.best).toBe(2 - best);
        expect([...reversed.verdicts].reverse()).toEqual(verdicts);
        for (const [architecture, comparison] of comparisons.entries()) {
          const other = reversed.comparisons[2 - architecture]!;
          if (comparison === null) expect(other).toBeNull();
          else {
            expect(other.difference).toBe(comparison.difference);
            expect(other.adjustedPValue).toBeCloseTo(comparison.adjustedPValue, 12);
          }
        }
      }),
    );
  });

  test('has an interval without 0 exactly where the p-value is below 0.05', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 2, max: 10 }), (seed, seeds) => {
        const study = { errorRates: [0.1, 0.25], seedSpread: 0.2, seeds, images: 60, design: 'crossed' as const };
        const { comparisons } = compareWithBest(simulateStudy(study, randomStream(seed, 'test')), 'crossed');
        const { interval, pValue } = comparisons.find((comparison) => comparison !== null)!;
        expect(interval!.low > 0).toBe(pValue < 0.05);
      }),
    );
  });
});
