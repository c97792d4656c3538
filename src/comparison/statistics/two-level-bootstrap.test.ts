import fc from 'fast-check';
import { mean, sampleStandardDeviation, standardDeviation, variance } from 'simple-statistics';
import { describe, expect, test } from 'vitest';
import { resampledMean, simulateStudy } from '../../../test/simulate-study.ts';
import { randomStream } from '../../random.ts';
import { studentInterval, twoLevelMean } from './two-level-bootstrap.ts';

/** All sequences of `length` numbers below `below`. */
function sequences(below: number, length: number): number[][] {
  if (length === 0) return [[]];
  return sequences(below, length - 1).flatMap((start) => Array.from({ length: below }, (_, last) => [...start, last]));
}

/** The means of every draw there is: seeds, and images once for all of them. */
function allCrossedMeans(values: readonly Int8Array[]): number[] {
  return sequences(values.length, values.length).flatMap((seeds) =>
    sequences(values[0]!.length, values[0]!.length).map((images) =>
      mean(seeds.flatMap((seed) => images.map((image) => values[seed]![image]!))),
    ),
  );
}

/** The means of every draw there is: seeds, and images within each. */
function allNestedMeans(values: readonly Int8Array[]): number[] {
  const ofOneDraw = values.flatMap((ofSeed) =>
    sequences(ofSeed.length, ofSeed.length).map((images) => mean(images.map((image) => ofSeed[image]!))),
  );
  return sequences(ofOneDraw.length, values.length).map((draws) => mean(draws.map((draw) => ofOneDraw[draw]!)));
}

const smallValues = fc.constantFrom([2, 1], [2, 2], [2, 3], [3, 2]).chain(([seeds, images]) =>
  fc.array(
    fc.array(fc.integer({ min: -1, max: 1 }), { minLength: images!, maxLength: images! }).map((x) => Int8Array.from(x)),
    { minLength: seeds!, maxLength: seeds! },
  ),
);

describe('twoLevelMean', () => {
  test.each([
    ['nested', allNestedMeans],
    ['crossed', allCrossedMeans],
  ] as const)('%s: has the variance of all draws there are, widened by S / (S − 1)', (design, allMeans) => {
    fc.assert(
      fc.property(smallValues, (values) => {
        const { standardError } = twoLevelMean(values, design);
        const widening = values.length / (values.length - 1);
        expect(standardError ** 2).toBeCloseTo(widening * variance(allMeans(values)), 12);
      }),
    );
  });

  test.each(['nested', 'crossed'] as const)('%s: has the spread of two thousand draws', (design) => {
    const random = randomStream(5, 'test');
    const study = { errorRates: [0.1], seedSpread: 0.3, seeds: 8, images: 150, design };
    const [errors] = simulateStudy(study, random) as [Uint8Array[]];
    const drawn = Array.from({ length: 2000 }, () => resampledMean(errors, design, random));
    const estimate = twoLevelMean(errors, design);
    expect(Math.abs((standardDeviation(drawn) * Math.sqrt(8 / 7)) / estimate.standardError - 1)).toBeLessThan(0.05);
    expect(Math.abs(mean(drawn) - estimate.mean)).toBeLessThan(0.1 * estimate.standardError);
  });

  test('has the mean and the standard deviation of the seeds', () => {
    const values = [
      [1, 0, 0, 0],
      [1, 1, 0, 1],
      [0, 0, 0, 0],
    ].map((ofSeed) => Uint8Array.from(ofSeed));
    for (const design of ['nested', 'crossed'] as const) {
      const estimate = twoLevelMean(values, design);
      expect(estimate.mean).toBe(4 / 12);
      expect(estimate.sd).toBeCloseTo(sampleStandardDeviation([0.25, 0.75, 0]), 15);
    }
  });

  test('keeps the chance of the images where all seeds happen to be equal', () => {
    const values = [0, 1, 2].map((shift) =>
      Uint8Array.from({ length: 100 }, (_, image) => (image % 10 === shift ? 1 : 0)),
    );
    const ofImages = Math.sqrt((0.1 * 0.9) / 300);
    for (const design of ['nested', 'crossed'] as const) {
      const { sd, standardError } = twoLevelMean(values, design);
      expect(sd).toBe(0);
      expect(standardError).toBeGreaterThanOrEqual(ofImages);
      expect(standardError).toBeLessThan(2 * ofImages);
    }
  });

  test('does not take more seeds on the same images for more images', () => {
    const ofSeed = Uint8Array.from({ length: 100 }, (_, image) => (image < 10 ? 1 : 0));
    const values = new Array<Uint8Array>(20).fill(ofSeed);
    expect(twoLevelMean(values, 'crossed').standardError).toBeGreaterThan(Math.sqrt((0.1 * 0.9) / 100));
    expect(twoLevelMean(values, 'nested').standardError).toBeLessThan(0.3 * Math.sqrt((0.1 * 0.9) / 100));
  });

  test('has a standard error of 0 for equal values, and only there', () => {
    fc.assert(
      fc.property(smallValues, fc.constantFrom('nested' as const, 'crossed' as const), (values, design) => {
        const distinct = new Set(values.flatMap((ofSeed) => [...ofSeed]));
        expect(twoLevelMean(values, design).standardError === 0).toBe(distinct.size === 1);
      }),
    );
  });
});

describe('studentInterval', () => {
  const estimate = { mean: 0.1, sd: 0.02, standardError: 0.01 };

  test('is mean ± t · standard error', () => {
    const interval = studentInterval(estimate, 10, 0, 1);
    expect(interval.low).toBeCloseTo(0.1 - 0.02262157, 8);
    expect(interval.high).toBeCloseTo(0.1 + 0.02262157, 8);
  });

  test('ends where means end', () => {
    expect(studentInterval(estimate, 2, 0, 1)).toEqual({ low: 0, high: expect.closeTo(0.227, 3) });
    expect(studentInterval({ ...estimate, mean: 0.99 }, 2, 0, 1).high).toBe(1);
    expect(studentInterval({ ...estimate, mean: -0.99 }, 2, -1, 1).low).toBe(-1);
  });
});
