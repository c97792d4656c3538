/**
 * @file The notebook's studies: six architectures on MNIST, and what follows from the best one, each trained for one epoch
 * of per-example Adagrad.
 *
 * Done right, the best is chosen by its error on images set aside for that, and trained on Fashion-MNIST. As written, it
 * was chosen on the test set, trained with wrong gradients, and the "Fashion" run loaded MNIST again.
 */
import { parseNotation } from '../model/notation.ts';
import { adagrad } from '../optimizers/index.ts';
import type { Study } from './study.ts';

/** The architectures in the notebook's order, with the error rates that it prints. */
const notebookArchitectures = [
  { name: 'sharedConv + pool', printedErrorRate: 0.0891 },
  { name: 'pool + sharedConv', printedErrorRate: 0.0948 },
  { name: 'sharedConv + sharedConv', printedErrorRate: 0.0826 },
  { name: 'sharedConv + sharedConv + pool', printedErrorRate: 0.0847 },
  { name: 'sharedConv + sharedConv + sharedConv + pool', printedErrorRate: 0.0826 },
  { name: 'sharedConv + pool + sharedConv + pool', printedErrorRate: 0.065 },
] as const;

/** Their notations. */
export const notebookNotations = notebookArchitectures.map(({ name }) => name);

/** What the notebook chose, with the lowest error that it prints. */
const printedWinner = notebookArchitectures[5];

/** What the notebook prints for its "Fashion" run, which loads MNIST. */
const printedFashionErrorRate = 0.0854;

const printer = 'the notebook';

export interface NotebookOptions {
  readonly gradients: 'exact' | 'notebook';
  readonly seeds: readonly number[];
  /** Images set aside to choose on; with 0 nothing is chosen, unless it is as written: on the test set. */
  readonly validation: number;
  readonly trainImages?: number;
}

/** Six architectures on MNIST. */
export function sixArchitectures(options: NotebookOptions): Study {
  const { gradients, validation } = options;
  return {
    ...studyOf(options, 'mnist', notebookArchitectures),
    title: 'Six architectures',
    compareBy: gradients === 'notebook' ? 'test' : validation > 0 ? 'validation' : 'nothing',
  };
}

/** The best one on Fashion-MNIST. */
export function bestOnFashion(options: NotebookOptions, best: string): Study {
  return {
    ...studyOf(options, 'fashion-mnist', [{ name: best }]),
    title: `${best}, trained anew,`,
    compareBy: 'nothing',
  };
}

/**
 * The notebook's "Fashion" run as it is written: the best one on what is called Fashion-MNIST there, and is MNIST again;
 * with other seeds than any before.
 */
export function bestOnMnistAgain(options: NotebookOptions, best: string): Study {
  const seeds = options.seeds.map((seed) => seed + 1_000_000);
  return {
    ...studyOf({ ...options, seeds }, 'fashion-mnist', [{ name: best, printedErrorRate: printedFashionErrorRate }]),
    title: `${best}, the notebook's "Fashion" run,`,
    compareBy: 'nothing',
  };
}

const seedsForLuck = 10;

/** The notebook's printed winner with enough seeds to see how lucky its printed error rate was. */
export function printedWinnerBySeed(options: NotebookOptions): Study {
  const first = Math.min(...options.seeds);
  const seeds = Array.from({ length: seedsForLuck }, (_, place) => first + place);
  return {
    ...studyOf({ ...options, seeds }, 'mnist', [printedWinner]),
    title: `The notebook's winner, ${printedWinner.name}, with ${seedsForLuck} seeds`,
    compareBy: 'nothing',
  };
}

/** Whether the seeds asked for are too few to see that. */
export const needsMoreSeeds = ({ seeds }: NotebookOptions): boolean => seeds.length < seedsForLuck;

function studyOf(
  { gradients, seeds, validation, trainImages }: NotebookOptions,
  data: string,
  architectures: readonly { readonly name: string; readonly printedErrorRate?: number }[],
): Omit<Study, 'title' | 'compareBy'> {
  return {
    architectures: architectures.map(({ name, printedErrorRate }) => ({
      name,
      layers: parseNotation(name),
      ...(printedErrorRate === undefined ? {} : { stated: { by: printer, errorRate: printedErrorRate } }),
    })),
    data,
    seeds,
    epochs: 1,
    batchSize: 1,
    optimizer: adagrad(),
    validation,
    ...(trainImages === undefined ? {} : { trainImages }),
    gradients,
  };
}
