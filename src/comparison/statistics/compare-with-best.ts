/**
 * @file Which architecture has the lowest error, and which of the others are worse than chance explains.
 *
 * All architectures have the same seeds and, within a seed, the same images, so each image gives a difference of two
 * errors: what makes an image hard, or a seed lucky, for both is gone from it.
 *
 * The best is found by looking at all architectures: of six equal ones, the luckiest is compared with the unluckiest.
 * Adjusting for the five comparisons with the best would take it for one chosen beforehand. So all k (k − 1) / 2 pairs
 * are tested and adjusted together (Holm): with a chance of at least 95 % no pair is then called different wrongly, and
 * so no pair that the data picks.
 */
import type { AgainstBest, Verdict } from '../record.ts';
import { checkErrors, countWrong, type SeedErrors } from './error-rate.ts';
import { holm } from './holm.ts';
import { LEVEL } from './interval.ts';
import { mcNemarExact } from './mcnemar.ts';
import { studentPValue } from './student-t.ts';
import { type Design, studentInterval, twoLevelMean } from './two-level-bootstrap.ts';
import { wilson } from './wilson.ts';

/** What is found of architectures, each as `[architecture]` in the order given. */
export interface Comparison {
  readonly seeds: number;
  /** The lowest mean error; the first of equal ones. */
  readonly best: number;
  /** Each beside the best; null for the best itself. */
  readonly comparisons: readonly (AgainstBest | null)[];
  readonly verdicts: readonly Verdict[];
}

/** With fewer, a spread over seeds says too little to call anything worse. */
export const FEWEST_SEEDS = 3;

/** Compares `architectures[architecture][seed][image]`, 1 for wrong and 0 for right, at the level of 0.05. */
export function compareWithBest(architectures: readonly SeedErrors[], design: Design): Comparison {
  checkErrors(architectures);
  const seeds = architectures[0]!.length;
  const counts = architectures.map((errors) => errors.reduce((wrong, ofSeed) => wrong + countWrong(ofSeed), 0));
  const best = counts.indexOf(Math.min(...counts));

  const others = [...architectures.keys()].filter((architecture) => architecture !== best);
  const order = [best, ...others];
  // The pairs with the best come first, in the order of the others.
  const pairs = order.flatMap((first, place) => order.slice(place + 1).map((second) => [first, second] as const));
  const tests = pairs.map(([first, second]) => testPair(architectures[first]!, architectures[second]!, design));
  const adjusted = holm(tests.map((test) => test.pValue));

  const comparisons = new Array<AgainstBest | null>(architectures.length).fill(null);
  for (const [pair, architecture] of others.entries()) {
    comparisons[architecture] = { ...tests[pair]!, adjustedPValue: adjusted[pair]! };
  }
  const verdicts = comparisons.map((comparison) => verdictOn(comparison, architectures.length, seeds));
  return { seeds, best, comparisons, verdicts };
}

function verdictOn(comparison: AgainstBest | null, architectures: number, seeds: number): Verdict {
  if (architectures === 1) return 'not compared';
  if (seeds < FEWEST_SEEDS) return 'too few to tell';
  if (comparison === null) return 'best';
  return comparison.adjustedPValue <= LEVEL ? 'worse' : 'not distinguishable from the best';
}

type PairTest = Omit<AgainstBest, 'adjustedPValue'>;

/** The second architecture's error less the first one's. */
function testPair(first: SeedErrors, second: SeedErrors, design: Design): PairTest {
  const differences = second.map((errors, seed) => subtract(errors, first[seed]!));
  const [ofOneSeed] = differences as [Int8Array, ...Int8Array[]];
  const pValueOfOneSeed = () => mcNemarExact(countOf(ofOneSeed, -1), countOf(ofOneSeed, 1));
  if (differences.length === 1) {
    const difference = (countOf(ofOneSeed, 1) - countOf(ofOneSeed, -1)) / ofOneSeed.length;
    return { difference, interval: null, pValue: pValueOfOneSeed(), method: 'exact McNemar' };
  }
  const estimate = twoLevelMean(differences, design);
  const difference = estimate.mean;
  const method = 'two-level bootstrap';
  if (estimate.standardError === 0) {
    // All differences are the same, so no spread can be seen: what the images of one seed leave open.
    const reach = wilson(0, ofOneSeed.length).high * (1 + Math.abs(difference));
    const interval = { low: Math.max(-1, difference - reach), high: Math.min(1, difference + reach) };
    return { difference, interval, pValue: pValueOfOneSeed(), method };
  }
  return {
    difference,
    interval: studentInterval(estimate, differences.length, -1, 1),
    pValue: studentPValue(difference / estimate.standardError, differences.length - 1),
    method,
  };
}

/** −1, 0 or 1 for each image. */
function subtract(errors: Uint8Array, others: Uint8Array): Int8Array {
  const differences = new Int8Array(errors.length);
  for (let image = 0; image < errors.length; image++) differences[image] = errors[image]! - others[image]!;
  return differences;
}

function countOf(values: Int8Array, wanted: number): number {
  let count = 0;
  for (const value of values) if (value === wanted) count++;
  return count;
}
