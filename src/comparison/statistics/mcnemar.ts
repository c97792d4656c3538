/**
 * @file McNemar's test in its exact form: whether two classifiers err equally often on the same images.
 *
 * Of the images that only one of the two gets wrong, each has it as likely as the other if they are equally good:
 * p = min(1, 2 P(X ≤ min(b, c))), X binomial over b + c trials of ½. Q. McNemar, "Note on the sampling error of the
 * difference between correlated proportions or percentages", Psychometrika 12 (1947) 153.
 *
 * The binomial coefficients are taken relative to the middle one, each from its neighbour, so that nothing overflows:
 * C(n, i − 1) = C(n, i) i / (n − i + 1). What underflows is below 1e-300 of the sum.
 */
import { UsageError } from '../../errors.ts';

/** The two-sided p-value for the counts of images that only the first, and only the second, gets wrong. */
export function mcNemarExact(onlyFirstWrong: number, onlySecondWrong: number): number {
  for (const count of [onlyFirstWrong, onlySecondWrong]) {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new UsageError(`mcNemarExact needs two counts of images, whole numbers from 0 up, but gets ${count}.`);
    }
  }
  const trials = onlyFirstWrong + onlySecondWrong;
  const fewer = Math.min(onlyFirstWrong, onlySecondWrong);
  const middle = Math.floor(trials / 2);
  let coefficient = 1;
  let lowerHalf = 0;
  let tail = 0;
  for (let i = middle; i >= 0 && coefficient > 0; i--) {
    lowerHalf += coefficient;
    if (i <= fewer) tail += coefficient;
    coefficient *= i / (trials - i + 1);
  }
  // For an even number of trials the middle one belongs to both halves.
  const total = trials % 2 === 0 ? 2 * lowerHalf - 1 : 2 * lowerHalf;
  return Math.min(1, (2 * tail) / total);
}
