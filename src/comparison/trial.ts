/**
 * @file One trial: an architecture trained with one seed, and later scored on the test images. A trial is data, so that any
 * worker can run it.
 *
 * Training and scoring are two jobs: a study trains all of its trials, compares them on the validation images, and only
 * then looks at the test images.
 */
import type { DataSet } from '../data/data-set.ts';
import type { Engine } from '../engine/engine.ts';
import type { Layer } from '../layers/layer.ts';
import { asWritten } from '../layers/notebook-parity.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import type { EarlyStopping } from '../training/early-stopping.ts';
import { type Evaluation, Evaluator, evaluate } from '../training/evaluate.ts';
import type { CheckpointOptions } from '../training/resume.ts';
import { chooseImages, type Progress, train } from '../training/train.ts';
import type { Trained } from '../training/trained.ts';

export interface Trial extends EarlyStopping {
  readonly name: string;
  readonly layers: readonly Layer[];
  /** Which of the data sets at hand. */
  readonly data: string;
  /** The derived gradients, or those that the notebook has. */
  readonly gradients: 'exact' | 'notebook';
  readonly optimizer: Optimizer;
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly validation: number;
  readonly trainImages?: number;
}

export interface TrainedTrial {
  readonly trained: Trained;
  /** What the trained model makes of the images that its seed set aside; null without any. */
  readonly validation: {
    /** Among the training images, ascending. */
    readonly images: Uint32Array;
    readonly predictions: Uint16Array;
    readonly errorRate: number;
  } | null;
}

/** A trained model and the data set on whose test images it is scored. */
export interface Candidate {
  readonly trained: Trained;
  readonly data: string;
}

export interface Score extends Evaluation {
  /** Of the scoring itself, with what it takes to fill the batches. */
  readonly seconds: number;
}

/** What a worker can be asked for. */
export type Job =
  | { readonly kind: 'train'; readonly trial: Trial }
  | { readonly kind: 'score'; readonly candidate: Candidate };

export type JobResult<J extends Job = Job> = J extends { readonly kind: 'train' } ? TrainedTrial : Score;

export interface JobOptions {
  readonly engine?: Engine;
  /** That share each step; results do not depend on them. */
  readonly threads?: number;
  /** Where a training is saved, and taken up again. */
  readonly checkpoint?: CheckpointOptions;
  readonly hashEpochs?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export type DataSets = Readonly<Record<string, DataSet>>;

/** Runs jobs in any order, side by side or not, and gives their results in the order given. */
export type RunJobs = <J extends Job>(jobs: readonly J[]) => Promise<JobResult<J>[]>;

export function runJob<J extends Job>(job: J, dataSets: DataSets, options?: JobOptions): Promise<JobResult<J>>;
export function runJob(job: Job, dataSets: DataSets, options: JobOptions = {}): Promise<TrainedTrial | Score> {
  return job.kind === 'train'
    ? trainTrial(job.trial, dataSets[job.trial.data]!, options)
    : score(job.candidate, dataSets[job.candidate.data]!, options);
}

async function trainTrial(trial: Trial, data: DataSet, options: JobOptions): Promise<TrainedTrial> {
  const { layers, gradients, optimizer, epochs, batchSize, seed, validation, trainImages, patience, keepBest } = trial;
  const trained = await train({ layers }, data, {
    ...options,
    optimizer,
    epochs,
    batchSize,
    seed,
    validation,
    patience,
    keepBest,
    ...(trainImages === undefined ? {} : { trainImages }),
    ...(gradients === 'notebook' ? { adapt: asWritten } : {}),
  });
  if (validation === 0) return { trained, validation: null };
  const images = chooseImages(data.train, seed, validation, trainImages).validation;
  // The weights say it all: scoring needs no gradients, so the rules as derived serve both kinds.
  const { engine, threads } = options;
  const how = { ...(engine ? { engine } : {}), ...(threads ? { threads } : {}) };
  const { predictions, errorRate } = await evaluate(trained, data.train, { indices: images, ...how });
  return { trained, validation: { images, predictions, errorRate } };
}

async function score({ trained }: Candidate, data: DataSet, { engine, threads }: JobOptions): Promise<Score> {
  const evaluator = await Evaluator.of(trained, data.test, engine, threads);
  const started = performance.now();
  const evaluation = evaluator.run(trained.weights);
  evaluator.close();
  return { ...evaluation, seconds: (performance.now() - started) / 1000 };
}
