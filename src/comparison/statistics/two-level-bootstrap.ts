/**
 * @file The mean over seeds and images, and how far chance moves it: the two-level bootstrap's standard error.
 *
 * A seed stands for the initial weights, the order of training and the images set aside. Images of one seed share all
 * of these, so they are not independent: a bootstrap has to draw seeds as well as images. For S seeds of n images:
 * - nested, each seed with images of its own: draw S seeds with replacement, then n images within each one drawn
 *   (Davison and Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8);
 * - crossed, the same images for all seeds: draw S seeds, and n images once for all of them (A. B. Owen, "The
 *   pigeonhole bootstrap", Ann. Appl. Stat. 1 (2007) 386).
 *
 * The mean is linear in the counts of what is drawn, so the variance of infinitely many draws is known without drawing
 * any. Let A be the variance of the seeds' means, B that of the images' means over the seeds, T that of all values, W
 * the seeds' mean variance within, each with its own number as the divisor:
 * - nested: (A + W / n) / S;
 * - crossed: (1 − 1/n) A / S + (1 − 1/S) B / n + T / (S n).
 *
 * Both count an image's chance more than once, so neither expects less than the truth. A has S − 1 degrees of freedom
 * and is on average 1 − 1/S of what it estimates; few seeds give intervals that are too narrow. So the standard error
 * is widened by √(S / (S − 1)) and used with Student's t of S − 1 degrees of freedom, not with percentiles (T. C.
 * Hesterberg, "What teachers should know about the bootstrap", The American Statistician 69 (2015) 371).
 */
import { type Interval, LEVEL } from './interval.ts';
import { studentCriticalValue } from './student-t.ts';

/** Whether each seed has images of its own, or all have the same. */
export type Design = 'nested' | 'crossed';

/** A number for each image of a seed: wrong or right, or the difference of two. */
export type ImageValues = Uint8Array | Int8Array;

export interface TwoLevelMean {
  readonly mean: number;
  /** Standard deviation of the seeds' means. */
  readonly sd: number;
  /** 0 only where all values are the same. */
  readonly standardError: number;
}

/** Of `values[seed][image]`, at least two seeds, with as many images each. */
export function twoLevelMean(values: readonly ImageValues[], design: Design): TwoLevelMean {
  const seeds = values.length;
  const images = values[0]!.length;
  const sums = values.map((ofSeed) => sum(ofSeed));
  const squares = values.map((ofSeed) => sumOfSquares(ofSeed));
  const total = sum(sums);
  const mean = total / (seeds * images);
  const between = sum(sums.map((ofSeed) => squareOf(ofSeed / images - mean))) / seeds;
  let variance: number;
  if (design === 'nested') {
    const within = sum(sums.map((ofSeed, seed) => populationVariance(ofSeed, squares[seed]!, images))) / seeds;
    variance = (between + within / images) / seeds;
  } else {
    const all = populationVariance(total, sum(squares), seeds * images);
    const betweenImages = populationVariance(total, sumOfSquares(sumsOverSeeds(values)), images) / squareOf(seeds);
    variance =
      ((1 - 1 / images) * between) / seeds + ((1 - 1 / seeds) * betweenImages) / images + all / (seeds * images);
  }
  const widening = seeds / (seeds - 1);
  return { mean, sd: Math.sqrt(between * widening), standardError: Math.sqrt(variance * widening) };
}

/** mean ± t · standard error, 95 %, cut off at the lowest and the highest mean there can be. */
export function studentInterval(
  { mean, standardError }: TwoLevelMean,
  seeds: number,
  lowest: number,
  highest: number,
): Interval {
  const reach = studentCriticalValue(seeds - 1, LEVEL) * standardError;
  return { low: Math.max(lowest, mean - reach), high: Math.min(highest, mean + reach) };
}

/** The variance of values with this sum and sum of squares: in integers, as the values are, so without cancellation. */
function populationVariance(sum: number, sumOfSquares: number, count: number): number {
  return (count * sumOfSquares - sum * sum) / (count * count);
}

function sumsOverSeeds(values: readonly ImageValues[]): Int32Array {
  const sums = new Int32Array(values[0]!.length);
  for (const ofSeed of values) {
    for (let image = 0; image < sums.length; image++) sums[image]! += ofSeed[image]!;
  }
  return sums;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

function sumOfSquares(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]! * values[i]!;
  return total;
}

function squareOf(value: number): number {
  return value * value;
}
