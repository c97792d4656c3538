/**
 * @file A study: architectures trained on one data set with the same seeds, compared on images that each seed sets aside
 * for that, and scored on the test images when the comparison is over.
 *
 * A seed means the same split and the same order of images for every architecture, so that differences are those of pairs.
 */
import type { DataSet } from '../data/data-set.ts';
import { UsageError } from '../errors.ts';
import type { Layer } from '../layers/layer.ts';
import { buildNetwork } from '../model/cnn.ts';
import { type NetworkSummary, summarize } from '../model/summary.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import { checkEarlyStopping, type EarlyStopping } from '../training/early-stopping.ts';
import { chooseImages } from '../training/train.ts';
import { type Comparison, compareWithBest } from './statistics/compare-with-best.ts';
import type { RunJobs, Score, TrainedTrial, Trial } from './trial.ts';

export interface Study extends EarlyStopping {
  /** A heading, to which the data set's is added. */
  readonly title: string;
  readonly architectures: readonly Architecture[];
  /** Which of the data sets at hand. */
  readonly data: string;
  readonly seeds: readonly number[];
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: Optimizer;
  /** Images that each seed sets aside to compare on; 0: nothing is compared. */
  readonly validation: number;
  readonly trainImages?: number;
  readonly gradients: 'exact' | 'notebook';
  /** What the architectures are compared by. On the test images, as in the notebook, the best is too good by luck. */
  readonly compareBy: 'validation' | 'test' | 'nothing';
}

export interface Architecture {
  /** In the notation. */
  readonly name: string;
  readonly layers: readonly Layer[];
  /** An error rate that somebody else states for it. */
  readonly stated?: { readonly by: string; readonly errorRate: number };
}

/** What a study has found, by architecture and seed. */
export interface Findings {
  readonly trials: readonly (readonly TrainedTrial[])[];
  readonly scores: readonly (readonly Score[])[];
  readonly comparison: Comparison | null;
}

/** Trains all, compares, and only then looks at the test images, unless the comparison is on them. */
export async function runStudy(study: Study, data: DataSet, runJobs: RunJobs): Promise<Findings> {
  const grouped = <T>(list: readonly T[]): T[][] => {
    const size = study.seeds.length;
    return study.architectures.map((_, place) => list.slice(place * size, (place + 1) * size));
  };
  const jobs = study.architectures.flatMap((architecture) =>
    trialsOf(study, architecture).map((trial) => ({ kind: 'train' as const, trial })),
  );
  const trained = await runJobs(jobs);
  const score = (): Promise<Score[]> =>
    runJobs(trained.map((trial) => ({ kind: 'score', candidate: { trained: trial.trained, data: study.data } })));

  const trials = grouped(trained);
  if (study.compareBy === 'test') {
    const scores = grouped(await score());
    return { trials, scores, comparison: compareWithBest(testErrors(scores, data), 'crossed') };
  }
  const comparison = study.compareBy === 'nothing' ? null : compareWithBest(validationErrors(trials, data), 'nested');
  return { trials, scores: grouped(await score()), comparison };
}

/** One for each seed. */
export function trialsOf(study: Study, { name, layers }: Architecture): Trial[] {
  const { data, gradients, optimizer, epochs, batchSize, validation, trainImages, patience, keepBest } = study;
  const common = { name, layers, data, gradients, optimizer, epochs, batchSize, validation, patience, keepBest };
  return study.seeds.map((seed) => ({ ...common, seed, ...(trainImages === undefined ? {} : { trainImages }) }));
}

/** 1 for each image of a seed's validation part that the trained network gets wrong. */
export function validationErrors(trials: Findings['trials'], { train }: DataSet): Uint8Array[][] {
  return trials.map((seeds) =>
    seeds.map(({ validation }) =>
      Uint8Array.from(validation!.images, (image, place) =>
        Number(validation!.predictions[place] !== train.labels[image]),
      ),
    ),
  );
}

/** 1 for each test image that the trained network gets wrong. */
export function testErrors(scores: Findings['scores'], { test }: DataSet): Uint8Array[][] {
  return scores.map((seeds) =>
    seeds.map(({ predictions }) =>
      Uint8Array.from(predictions, (guess, image) => Number(guess !== test.labels[image])),
    ),
  );
}

/**
 * Makes sure that a study can run, before anything is computed.
 * @returns what each network is made of
 * @throws UsageError if seeds or architectures are missing or repeated, or the data has too few images; ShapeError if an
 *   architecture does not fit the images
 */
export function checkStudy(study: Study, data: DataSet): NetworkSummary[] {
  const { architectures, seeds, validation, trainImages } = study;
  if (architectures.length === 0) throw new UsageError('A comparison needs an architecture, but gets none. Give some.');
  if (seeds.length === 0) throw new UsageError('A comparison needs a seed, but gets none. Give one or more.');
  const names = architectures.map(({ name }) => name);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) {
    throw new UsageError(`A comparison needs different architectures, but gets "${twice}" twice. Leave one out.`);
  }
  if (new Set(seeds).size !== seeds.length) {
    throw new UsageError(
      `A comparison needs different seeds, but gets ${seeds.join(', ')}. Leave the repeated ones out.`,
    );
  }
  chooseImages(data.train, seeds[0]!, validation, trainImages);
  checkEarlyStopping(study, validation);
  if (study.compareBy === 'validation' && validation === 0) {
    throw new UsageError('Comparing on validation images needs some, but 0 are set aside. Set more aside.');
  }
  const shape = { input: data.train.shape, classes: data.classes.length };
  return architectures.map(({ layers }) => summarize(buildNetwork({ layers }, shape)));
}
