/** @file A worker thread that runs jobs one after the other; the pool sends them. */
import { parentPort, workerData } from 'node:worker_threads';
import { type EngineChoice, engines } from '../../engine/native/node/engines.ts';
import { type ErrorRecord, recordError } from '../../errors.ts';
import type { Standing } from '../../training/checkpoint.ts';
import { folderStore } from '../../training/node/checkpoint-folder.ts';
import type { CheckpointOptions } from '../../training/resume.ts';
import type { Progress } from '../../training/train.ts';
import { type DataSets, type Job, type JobResult, runJob } from '../trial.ts';

/** From the pool: a job and its place in the list. */
export interface JobRequest {
  readonly place: number;
  readonly job: Job;
  readonly engine: EngineChoice;
  /** That share the job's steps. */
  readonly threads: number;
  readonly hashEpochs: boolean;
  readonly checkpoint?: JobCheckpoint | undefined;
}

/** Where a job is saved: see `folderStore`. */
export interface JobCheckpoint {
  readonly folder: string;
  readonly name: string;
  /** Whether the job goes on when it cannot be saved. */
  readonly goesOn?: boolean;
}

/** To the pool; after `stop`, a job that can be saved ends with an error named AbortError. */
export type JobReply =
  | { readonly kind: 'saved'; readonly place: number; readonly standing: Standing }
  | { readonly kind: 'save error'; readonly place: number; readonly error: ErrorRecord }
  | { readonly kind: 'warning'; readonly place: number; readonly message: string }
  | { readonly kind: 'progress'; readonly place: number; readonly progress: Progress }
  | { readonly kind: 'result'; readonly place: number; readonly result: JobResult }
  | { readonly kind: 'error'; readonly place: number; readonly error: ErrorRecord };

const dataSets = workerData as DataSets;
const port = parentPort!;

const stop = new AbortController();

port.on('message', async (request: JobRequest | 'stop') => {
  if (request === 'stop') {
    stop.abort();
    return;
  }
  const { place, job, engine, threads, hashEpochs, checkpoint } = request;
  const send = (reply: JobReply): void => port.postMessage(reply);
  try {
    const onProgress = (progress: Progress): void => send({ kind: 'progress', place, progress });
    const options = { engine: engines[engine], threads, hashEpochs, onProgress, signal: stop.signal };
    const saved = checkpoint ? { checkpoint: savedAt(checkpoint, place, send) } : {};
    send({ kind: 'result', place, result: await runJob(job, dataSets, { ...options, ...saved }) });
  } catch (error) {
    send({ kind: 'error', place, error: recordError(error) });
  }
});

function savedAt(
  { folder, name, goesOn }: JobCheckpoint,
  place: number,
  send: (reply: JobReply) => void,
): CheckpointOptions {
  return {
    store: folderStore(folder, { name, onWarning: (message) => send({ kind: 'warning', place, message }) }),
    onSave: (standing) => send({ kind: 'saved', place, standing: { ...standing, history: [] } }),
    ...(goesOn
      ? { onSaveError: (error: unknown) => send({ kind: 'save error', place, error: recordError(error) }) }
      : {}),
  };
}
