/** @file The verb `compare`: architectures on one data set, over several seeds, with intervals and a verdict in words. */
import type { DataSet } from '../data/data-set.ts';
import { formatCount } from '../format-number.ts';
import type { Model } from '../model/cnn.ts';
import { printNotation } from '../model/notation.ts';
import { adam } from '../optimizers/index.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import type { EarlyStopping } from '../training/early-stopping.ts';
import type { Progress } from '../training/train.ts';
import type { Trained } from '../training/trained.ts';
import type { StudyRecord } from './record.ts';
import { checkStudy, runStudy, type Study } from './study.ts';
import { recordStudy } from './study-record.ts';
import { type JobResult, type RunJobs, runJob, type Trial } from './trial.ts';

export interface CompareOptions extends EarlyStopping {
  /** 1, 2 and 3 by default. Fewer than 3 are too few to tell. */
  readonly seeds?: readonly number[];
  /** Passes over the training images; 1 by default. */
  readonly epochs?: number;
  /** 32 by default. */
  readonly batchSize?: number;
  /** `adam()` by default. */
  readonly optimizer?: Optimizer;
  /** Training images that each seed sets aside to compare on; by default a tenth of them, at most 5,000. */
  readonly validation?: number;
  /** How many of the remaining images to train on, drawn by the seed; all by default. */
  readonly trainImages?: number;
  readonly onProgress?: (progress: TrialProgress) => void;
  readonly signal?: AbortSignal;
  /** Runs the trials; one after the other, on this thread, by default. */
  readonly runJobs?: RunJobs;
}

/** How far one of the trials is. */
export interface TrialProgress {
  readonly name: string;
  readonly seed: number;
  readonly progress: Progress;
}

/** The record, and the trained models by architecture and seed. */
export interface Compared extends Omit<StudyRecord, 'closeUp'> {
  readonly trained: readonly (readonly Trained[])[];
}

/** As many as are set aside where nothing is said. */
export const standardValidation = ({ train }: DataSet): number => Math.min(5000, Math.floor(train.count / 10));

/**
 * Trains each model with each seed, compares them on images set aside for that, and scores them once on the test images.
 * @throws UsageError or ShapeError before any training; what `train` throws; the signal's reason when it aborts
 */
export async function compare(
  models: readonly Model[],
  data: DataSet,
  options: CompareOptions = {},
): Promise<Compared> {
  const {
    seeds = [1, 2, 3],
    epochs = 1,
    batchSize = 32,
    optimizer = adam(),
    trainImages,
    patience,
    keepBest,
  } = options;
  const validation = options.validation ?? standardValidation(data);
  const study: Study = {
    title: formatCount(models.length, 'architecture'),
    architectures: models.map(({ layers }) => ({ name: printNotation(layers), layers })),
    data: data.name,
    seeds,
    epochs,
    batchSize,
    optimizer,
    validation,
    patience,
    keepBest,
    ...(trainImages === undefined ? {} : { trainImages }),
    gradients: 'exact',
    compareBy: validation > 0 ? 'validation' : 'nothing',
  };
  checkStudy(study, data);
  const findings = await runStudy(study, data, options.runJobs ?? inThisThread(data, options));
  const record = await recordStudy(study, data, findings);
  return { ...record, trained: findings.trials.map((trials) => trials.map(({ trained }) => trained)) };
}

function inThisThread(data: DataSet, { onProgress, signal }: CompareOptions): RunJobs {
  return async (jobs) => {
    const results: JobResult<(typeof jobs)[number]>[] = [];
    for (const job of jobs) {
      const report = job.kind === 'train' ? reporterFor(job.trial, onProgress) : {};
      results.push(await runJob(job, { [data.name]: data }, { ...report, ...(signal ? { signal } : {}) }));
    }
    return results;
  };
}

function reporterFor(
  { name, seed }: Trial,
  onProgress: CompareOptions['onProgress'],
): { onProgress?: (progress: Progress) => void } {
  return onProgress ? { onProgress: (progress) => onProgress({ name, seed, progress }) } : {};
}
