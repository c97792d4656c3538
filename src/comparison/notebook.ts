/**
 * @file The notebook's study: six architectures on MNIST, the best one on Fashion-MNIST, each trained for one epoch of
 * per-example Adagrad.
 *
 * Done right, the best is chosen by its error on images set aside for that. As written, it was chosen on the test set,
 * trained with wrong gradients, and the "Fashion" run loaded MNIST again.
 */
import { buildNetwork } from '../model/cnn.ts';
import { parseNotation } from '../model/notation.ts';
import { summarize } from '../model/summary.ts';
import { adagrad } from '../optimizers/index.ts';
import type { Shape } from '../shape.ts';
import type { Trial, TrialResult } from './trial.ts';

/** The architectures in the notebook's order, with the error rates that it prints. */
export const notebookArchitectures = [
  { name: 'sharedConv + pool', printedErrorRate: 0.0891 },
  { name: 'pool + sharedConv', printedErrorRate: 0.0948 },
  { name: 'sharedConv + sharedConv', printedErrorRate: 0.0826 },
  { name: 'sharedConv + sharedConv + pool', printedErrorRate: 0.0847 },
  { name: 'sharedConv + sharedConv + sharedConv + pool', printedErrorRate: 0.0826 },
  { name: 'sharedConv + pool + sharedConv + pool', printedErrorRate: 0.065 },
] as const;

/** What the notebook prints for its "Fashion" run, which loads MNIST. */
export const printedFashionErrorRate = 0.0854;

export interface NotebookOptions {
  readonly gradients: 'exact' | 'notebook';
  readonly seeds: readonly number[];
  /** Images set aside to choose on; with 0 nothing is chosen, unless it is as written: on the test set. */
  readonly validation: number;
  readonly trainImages?: number;
}

export interface ArchitectureResult {
  readonly name: string;
  readonly parameters: number;
  readonly printedErrorRate: number;
  readonly runs: readonly TrialResult[];
}

export interface NotebookResult {
  readonly architectures: readonly ArchitectureResult[];
  readonly best: { readonly name: string } | null;
  readonly fashion: {
    /** `missing`: the data is not on this machine; `not chosen`: there was no winner to train. */
    readonly status: 'done' | 'missing' | 'not chosen';
    /** What the winner was trained on: as written, MNIST again. */
    readonly data: 'fashion-mnist' | 'mnist' | null;
    readonly runs: readonly TrialResult[];
  };
}

/** Runs trials in any order, side by side or not, and gives their results in the order given. */
export type RunTrials = (trials: readonly Trial[]) => Promise<TrialResult[]>;

/** The seed of the rerun that the notebook took for Fashion: another one than any trial's. */
const rerunOffset = 1_000_000;

/**
 * @param data the images that the six train on, in size and classes
 * @param hasFashion whether the data set `fashion-mnist` is at hand
 */
export async function runNotebook(
  options: NotebookOptions,
  data: { readonly input: Shape; readonly classes: number },
  hasFashion: boolean,
  run: RunTrials,
): Promise<NotebookResult> {
  const { gradients, seeds } = options;
  const trialsOf = (name: string, data: string, offset = 0): Trial[] =>
    seeds.map((seed) => ({
      name,
      layers: parseNotation(name),
      data,
      gradients,
      optimizer: adagrad(),
      epochs: 1,
      batchSize: 1,
      seed: seed + offset,
      validation: options.validation,
      ...(options.trainImages === undefined ? {} : { trainImages: options.trainImages }),
    }));
  const parameters = notebookArchitectures.map(
    ({ name }) => summarize(buildNetwork({ layers: parseNotation(name) }, data)).parameters,
  );
  const results = await run(notebookArchitectures.flatMap(({ name }) => trialsOf(name, 'mnist')));
  const architectures = notebookArchitectures.map(({ name, printedErrorRate }, place) => ({
    name,
    parameters: parameters[place]!,
    printedErrorRate,
    runs: results.slice(place * seeds.length, (place + 1) * seeds.length),
  }));
  const best = chooseBest(architectures, gradients === 'notebook' ? 'testErrorRate' : 'validationErrorRate');
  if (!best) return { architectures, best: null, fashion: { status: 'not chosen', data: null, runs: [] } };
  if (gradients === 'notebook') {
    const runs = await run(trialsOf(best.name, 'mnist', rerunOffset));
    return { architectures, best, fashion: { status: 'done', data: 'mnist', runs } };
  }
  if (!hasFashion) return { architectures, best, fashion: { status: 'missing', data: null, runs: [] } };
  const runs = await run(trialsOf(best.name, 'fashion-mnist'));
  return { architectures, best, fashion: { status: 'done', data: 'fashion-mnist', runs } };
}

/** The lowest mean error; of equals the first. Null where the errors were not measured. */
function chooseBest(
  architectures: readonly ArchitectureResult[],
  by: 'validationErrorRate' | 'testErrorRate',
): { name: string } | null {
  let best: { name: string; mean: number } | undefined;
  for (const { name, runs } of architectures) {
    const mean = meanOf(runs.map((run) => run[by] ?? Number.NaN));
    if (Number.isNaN(mean)) return null;
    if (!best || mean < best.mean) best = { name, mean };
  }
  return best ? { name: best.name } : null;
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The standard deviation of a sample; NaN for one value. */
export function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (values.length - 1));
}
