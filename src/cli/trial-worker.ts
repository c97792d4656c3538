/** @file A worker thread that runs trials one after the other; the pool sends them. */
import { parentPort, workerData } from 'node:worker_threads';
import { runTrial, type Trial, type TrialResult } from '../comparison/trial.ts';
import type { DataSet } from '../data/data-set.ts';
import { type ErrorRecord, recordError } from '../errors.ts';
import type { Progress } from '../training/train.ts';

/** From the pool: a trial and its place in the list. */
export interface TrialRequest {
  readonly place: number;
  readonly trial: Trial;
}

/** To the pool. */
export type TrialReply =
  | { readonly kind: 'progress'; readonly place: number; readonly progress: Progress }
  | { readonly kind: 'result'; readonly place: number; readonly result: TrialResult }
  | { readonly kind: 'error'; readonly place: number; readonly error: ErrorRecord };

const dataSets = workerData as Readonly<Record<string, DataSet>>;
const port = parentPort!;

port.on('message', async ({ place, trial }: TrialRequest) => {
  const send = (reply: TrialReply): void => port.postMessage(reply);
  try {
    const onProgress = (progress: Progress): void => send({ kind: 'progress', place, progress });
    send({ kind: 'result', place, result: await runTrial(trial, dataSets[trial.data]!, { onProgress }) });
  } catch (error) {
    send({ kind: 'error', place, error: recordError(error) });
  }
});
