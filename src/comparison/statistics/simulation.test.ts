/**
 * @file Whether the statistics keep their promise, on simulated studies whose truth is known: equal architectures are
 * called different in at most 5 % of studies, real differences are found. Each known-bad twin breaks the promise.
 */
import { describe, expect, test } from 'vitest';
import { resampledMean, type SimulatedStudy, simulateStudy } from '../../../test/simulate-study.ts';
import { type RandomStream, randomStream } from '../../random.ts';
import { compareWithBest } from './compare-with-best.ts';
import { estimateErrorRate } from './error-rate.ts';
import { holm } from './holm.ts';
import { mcNemarExact } from './mcnemar.ts';

const STUDIES = 400;

/** The share of studies in which `isFound` is true of the errors. */
function shareOf(
  studyOf: (random: RandomStream) => SimulatedStudy,
  isFound: (architectures: Uint8Array[][], study: SimulatedStudy, random: RandomStream) => boolean,
  studies = STUDIES,
): number {
  const random = randomStream(1, 'simulation');
  let found = 0;
  for (let i = 0; i < studies; i++) {
    const study = studyOf(random);
    if (isFound(simulateStudy(study, random), study, random)) found++;
  }
  return found / studies;
}

/** Equal architectures with a random error rate, and seeds that matter from not at all to very much. */
function equals(count: number, seeds: number, design: SimulatedStudy['design'] = 'nested') {
  return ({ uniform }: RandomStream): SimulatedStudy => ({
    errorRates: new Array(count).fill(0.02 + 0.13 * uniform()),
    seedSpread: 0.5 * uniform(),
    seeds,
    images: 100,
    design,
  });
}

/** Equal architectures whose seeds matter more than their images. */
const luckySeeds = (count: number, seeds: number) => (): SimulatedStudy => ({
  errorRates: new Array(count).fill(0.2),
  seedSpread: 0.5,
  seeds,
  images: 100,
  design: 'nested',
});

const callsOneWorse = (architectures: Uint8Array[][], { design }: SimulatedStudy) =>
  compareWithBest(architectures, design).verdicts.includes('worse');

describe('equal architectures', () => {
  test.each([3, 5, 10])('two with %d seeds are called different in at most 5 % of studies', (seeds) => {
    expect(shareOf(equals(2, seeds), callsOneWorse)).toBeLessThanOrEqual(0.05);
    expect(shareOf(equals(2, seeds, 'crossed'), callsOneWorse)).toBeLessThanOrEqual(0.05);
  });

  test.each([3, 10])('six with %d seeds have one called worse in at most 5 % of studies', (seeds) => {
    expect(shareOf(equals(6, seeds), callsOneWorse)).toBeLessThanOrEqual(0.05);
  });
});

test.each(['nested', 'crossed'] as const)('a real difference is found in nearly all studies, %s', (design) => {
  const study = { errorRates: [0.066, 0.05], seedSpread: 0.1, seeds: 10, images: 5000, design };
  const isFound = (architectures: Uint8Array[][]) => compareWithBest(architectures, design).verdicts[0] === 'worse';
  expect(shareOf(() => study, isFound, 40)).toBeGreaterThan(0.9);
});

test.each(['nested', 'crossed'] as const)('the interval holds the true rate in 95 % of studies, %s', (design) => {
  for (const seeds of [3, 10]) {
    const share = shareOf(equals(1, seeds, design), ([errors], { errorRates: [truth] }) => {
      const { low, high } = estimateErrorRate(errors!, design).interval;
      return low <= truth! && truth! <= high;
    });
    expect(share).toBeGreaterThanOrEqual(0.95);
  }
});

describe('known-bad twins call equal architectures different in more than 5 % of studies', () => {
  const differencesOf = ([first, second]: Uint8Array[][]) =>
    second!.map((errors, seed) => Int8Array.from(errors, (error, image) => error - first![seed]![image]!));

  test('the percentiles of a bootstrap over three seeds', () => {
    const isFound = (architectures: Uint8Array[][], { design }: SimulatedStudy, random: RandomStream) => {
      const differences = differencesOf(architectures);
      const means = Array.from({ length: 200 }, () => resampledMean(differences, design, random));
      means.sort((a, b) => a - b);
      return means[5]! > 0 || means[194]! < 0;
    };
    expect(shareOf(luckySeeds(2, 3), isFound, 200)).toBeGreaterThan(0.1);
    expect(shareOf(luckySeeds(2, 3), callsOneWorse)).toBeLessThanOrEqual(0.05);
  });

  test('McNemar over the images of all seeds, as if they were independent', () => {
    const isFound = (architectures: Uint8Array[][]) => {
      const differences = differencesOf(architectures).flatMap((ofSeed) => [...ofSeed]);
      const countOf = (wanted: number) => differences.filter((difference) => difference === wanted).length;
      return mcNemarExact(countOf(-1), countOf(1)) <= 0.05;
    };
    expect(shareOf(luckySeeds(2, 10), isFound)).toBeGreaterThan(0.1);
    expect(shareOf(luckySeeds(2, 10), callsOneWorse)).toBeLessThanOrEqual(0.05);
  });

  test('comparisons with the best of ten as if it were chosen beforehand', () => {
    let unadjusted = 0;
    let overAllPairs = 0;
    const isFound = (architectures: Uint8Array[][], { design }: SimulatedStudy) => {
      const { comparisons, verdicts } = compareWithBest(architectures, design);
      const pValues = comparisons.flatMap((comparison) => (comparison === null ? [] : [comparison.pValue]));
      if (pValues.some((pValue) => pValue <= 0.05)) unadjusted++;
      if (verdicts.includes('worse')) overAllPairs++;
      return holm(pValues).some((pValue) => pValue <= 0.05);
    };
    expect(shareOf(luckySeeds(10, 20), isFound, 200)).toBeGreaterThan(0.05);
    expect(unadjusted / 200).toBeGreaterThan(0.3);
    expect(overAllPairs / 200).toBeLessThanOrEqual(0.05);
  });
});
