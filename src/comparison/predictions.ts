/**
 * @file What every trained network of a study said of every image that it was judged on: enough to compute error rates,
 * confusion matrices and intervals again.
 */
import type { DataSet } from '../data/data-set.ts';
import type { Findings, Study } from './study.ts';

/** Labels and predictions are indices into the data set's classes. */
export interface StudyPredictions {
  readonly title: string;
  readonly data: string;
  /** Of the test images, in their order. */
  readonly testLabels: readonly number[];
  /** By seed: which of the training images were set aside, and their labels; empty without validation. */
  readonly validation: readonly ValidationPart[];
  readonly architectures: readonly { readonly name: string; readonly runs: readonly RunPredictions[] }[];
}

export interface ValidationPart {
  readonly seed: number;
  readonly images: readonly number[];
  readonly labels: readonly number[];
}

export interface RunPredictions {
  readonly seed: number;
  /** In the order of the seed's validation images; null without any. */
  readonly validation: readonly number[] | null;
  readonly test: readonly number[];
}

/** @param title the heading of the study's record */
export function predictionsOf(
  title: string,
  study: Study,
  data: DataSet,
  { trials, scores }: Findings,
): StudyPredictions {
  const { seeds } = study;
  return {
    title,
    data: study.data,
    testLabels: Array.from(data.test.labels),
    // The same for every architecture.
    validation: seeds.flatMap((seed, run) => {
      const images = trials[0]![run]!.validation?.images;
      return images
        ? [{ seed, images: Array.from(images), labels: Array.from(images, (image) => data.train.labels[image]!) }]
        : [];
    }),
    architectures: study.architectures.map(({ name }, place) => ({
      name,
      runs: seeds.map((seed, run) => {
        const { validation } = trials[place]![run]!;
        return {
          seed,
          validation: validation && Array.from(validation.predictions),
          test: Array.from(scores[place]![run]!.predictions),
        };
      }),
    })),
  };
}
