/** @file Where a network errs: pairs of classes, single images; and one example of each class. */
import type { ConfusedPair, Example, Mistake } from '../comparison/record.ts';
import type { Images } from '../data/data-set.ts';
import type { Evaluation } from '../training/evaluate.ts';
import type { ConfusionMatrix } from '../training/metrics.ts';

/** The most frequent first; of equals, the one with the first classes. */
export function confusedPairs(matrix: ConfusionMatrix, most: number): ConfusedPair[] {
  return matrix
    .flatMap((row, truth) => row.map((count, prediction) => ({ truth, prediction, count })))
    .filter(({ truth, prediction, count }) => truth !== prediction && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, most);
}

/** An evaluation of all images, in their order, as one entry for each. */
function outcomes({ labels }: Images, { predictions, probabilities }: Evaluation): Mistake[] {
  return Array.from(labels, (truth, image) => ({
    image,
    truth,
    prediction: predictions[image]!,
    probability: probabilities[image]!,
  }));
}

/** Images that are wrong, the surest first; of equals, the first image. */
export function surestMistakes(images: Images, evaluation: Evaluation, most: number): Mistake[] {
  return outcomes(images, evaluation)
    .filter(({ truth, prediction }) => truth !== prediction)
    .sort((a, b) => b.probability - a.probability)
    .slice(0, most);
}

/** Of each class the first image that is right, or the first at all; of the first `most` classes that have one. */
export function examplesOfClasses(images: Images, evaluation: Evaluation, most: number): Example[] {
  const first = new Map<number, Example>();
  for (const outcome of outcomes(images, evaluation)) {
    const found = first.get(outcome.truth);
    const isBetter = found?.truth !== found?.prediction && outcome.truth === outcome.prediction;
    if (found === undefined || isBetter) first.set(outcome.truth, outcome);
  }
  return [...first.values()].sort((a, b) => a.truth - b.truth).slice(0, most);
}
