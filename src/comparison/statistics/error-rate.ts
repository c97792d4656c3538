/**
 * @file The error rate of an architecture over its seeds.
 *
 * `errors[seed][image]` is 1 where the image is wrong, else 0. Validation images differ from seed to seed (nested), test
 * images are the same for all (crossed).
 */
import { ShapeError, UsageError } from '../../errors.ts';
import { formatCount } from '../../format-number.ts';
import type { ErrorEstimate } from '../record.ts';
import { type Design, studentInterval, twoLevelMean } from './two-level-bootstrap.ts';
import { wilson } from './wilson.ts';

/** For each seed and image 1 for wrong, 0 for right. */
export type SeedErrors = readonly Uint8Array[];

/**
 * Mean error rate over the seeds, with what it would be over other seeds and images. One seed, or all images right (or
 * all wrong) with each: Wilson's interval for the images of one seed, since no spread can be seen.
 */
export function estimateErrorRate(errors: SeedErrors, design: Design): ErrorEstimate {
  checkErrors([errors]);
  const [first] = errors as readonly [Uint8Array, ...Uint8Array[]];
  const ofOneSeed = wilson(countWrong(first), first.length);
  if (errors.length === 1) return { mean: countWrong(first) / first.length, sd: null, interval: ofOneSeed };
  const estimate = twoLevelMean(errors, design);
  const interval = estimate.standardError === 0 ? ofOneSeed : studentInterval(estimate, errors.length, 0, 1);
  return { mean: estimate.mean, sd: estimate.sd, interval };
}

export function countWrong(errors: Uint8Array): number {
  let wrong = 0;
  for (const error of errors) wrong += error;
  return wrong;
}

/** Refuses errors that are not 0 or 1 for as many images with each of as many seeds. */
export function checkErrors(architectures: readonly SeedErrors[]): void {
  if (architectures.length === 0) throw new UsageError('A comparison needs at least one architecture, but gets none.');
  const seeds = architectures[0]!.length;
  const images = architectures[0]![0]?.length ?? 0;
  if (images === 0) throw new UsageError('An error rate needs at least one seed and one image, but gets none.');
  for (const [architecture, errors] of architectures.entries()) {
    if (errors.length !== seeds) {
      throw new ShapeError(
        `Architectures are compared with the same seeds, but architecture 0 has ${formatCount(seeds, 'seed')} and ` +
          `architecture ${architecture} has ${formatCount(errors.length, 'seed')}.\nTrain each with all seeds.`,
      );
    }
    for (const [seed, ofSeed] of errors.entries()) {
      const place = `architecture ${architecture}, seed ${seed}`;
      if (ofSeed.length !== images) {
        throw new ShapeError(
          `Errors need as many images everywhere, but architecture 0, seed 0 has ${formatCount(images, 'image')} and ` +
            `${place} has ${formatCount(ofSeed.length, 'image')}.\nEvaluate each on as many images.`,
        );
      }
      const bad = ofSeed.findIndex((error) => error > 1);
      if (bad >= 0) {
        throw new UsageError(
          `Errors need to be 1 (wrong) or 0 (right), but ${place}, image ${bad} has ${ofSeed[bad]}.\n` +
            'Give whether each prediction is wrong, not the prediction.',
        );
      }
    }
  }
}
