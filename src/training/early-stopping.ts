/**
 * @file The best epoch so far, and when to stop waiting for a better one. Better is a lower validation error rate; of equal
 * ones the lower validation loss, and of those the earlier. Source: L. Prechelt, "Early Stopping - But When?", 1998.
 */
import { UsageError } from '../errors.ts';
import type { EpochRecord } from './trained.ts';

export interface EarlyStopping {
  /** Epochs without a better one after which training ends, with the best epoch's weights. Needs validation images. */
  readonly patience?: number | undefined;
  /** Whether it ends with the best epoch's weights, however long it goes on; with `patience`, always. */
  readonly keepBest?: boolean | undefined;
}

/** @throws UsageError without images to validate on, or with a patience that is none */
export function checkEarlyStopping(options: EarlyStopping, validation: number): void {
  const { patience } = options;
  if (patience !== undefined && !(Number.isInteger(patience) && patience >= 1)) {
    throw new UsageError(`patience needs a whole number from 1, but is ${patience}.`, { option: 'patience' });
  }
  if (validation > 0 || !keepsBest(options)) return;
  const option = patience === undefined ? 'keepBest' : 'patience';
  throw new UsageError(`${option} needs images to validate on, but validation is 0. Set some aside.`, { option });
}

/** Whether the best epoch's weights are kept. */
export const keepsBest = ({ patience, keepBest = false }: EarlyStopping): boolean => keepBest || patience !== undefined;

/** Whether the last epoch is better than the best one before it. */
export function isBest(history: readonly EpochRecord[], best: { readonly epoch: number } | null): boolean {
  return best === null || isBetter(history.at(-1)!, history[best.epoch - 1]!);
}

function isBetter(one: EpochRecord, other: EpochRecord): boolean {
  const [error, otherError] = [one.validationErrorRate!, other.validationErrorRate!];
  return error < otherError || (error === otherError && one.validationLoss! < other.validationLoss!);
}

/** Whether the best epoch is as far behind as one has patience for. */
export function isOver(
  history: readonly EpochRecord[],
  best: { readonly epoch: number } | null,
  patience = Infinity,
): boolean {
  return best !== null && history.length - best.epoch >= patience;
}
