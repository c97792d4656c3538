/** @file One trial: an architecture trained with one seed and scored once. A trial is data, so that any worker can run it. */
import type { DataSet } from '../data/data-set.ts';
import type { Layer } from '../layers/layer.ts';
import { asWritten } from '../layers/notebook-parity.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import { evaluate } from '../training/evaluate.ts';
import type { ConfusionMatrix } from '../training/metrics.ts';
import { type Progress, train } from '../training/train.ts';

export interface Trial {
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

export interface TrialResult {
  readonly seed: number;
  /** The share of validation images that are wrong after the last epoch; null without validation. */
  readonly validationErrorRate: number | null;
  readonly testErrorRate: number;
  readonly confusionMatrix: ConfusionMatrix;
  readonly seconds: number;
  readonly weightsSha256: string;
}

export interface TrialOptions {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** Trains on the data's training images and scores once on its test images. */
export async function runTrial(trial: Trial, data: DataSet, options: TrialOptions = {}): Promise<TrialResult> {
  const { layers, gradients, optimizer, epochs, batchSize, seed, validation, trainImages } = trial;
  const trained = await train({ layers }, data, {
    ...options,
    optimizer,
    epochs,
    batchSize,
    seed,
    validation,
    ...(trainImages === undefined ? {} : { trainImages }),
    ...(gradients === 'notebook' ? { adapt: asWritten } : {}),
  });
  // The weights say it all: scoring needs no gradients, so the rules as derived serve both kinds.
  const { errorRate, confusionMatrix } = await evaluate(trained, data.test);
  return {
    seed,
    validationErrorRate: trained.history.at(-1)?.validationErrorRate ?? null,
    testErrorRate: errorRate,
    confusionMatrix,
    seconds: trained.seconds,
    weightsSha256: trained.weightsSha256,
  };
}
