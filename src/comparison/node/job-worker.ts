/** @file A worker thread that runs jobs one after the other; the pool sends them. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorRecord, recordError } from '../../errors.ts';
import type { Progress } from '../../training/train.ts';
import { type DataSets, type Job, type JobResult, runJob } from '../trial.ts';

/** From the pool: a job and its place in the list. */
export interface JobRequest {
  readonly place: number;
  readonly job: Job;
  /** That share the job's steps. */
  readonly threads: number;
}

/** To the pool. */
export type JobReply =
  | { readonly kind: 'progress'; readonly place: number; readonly progress: Progress }
  | { readonly kind: 'result'; readonly place: number; readonly result: JobResult }
  | { readonly kind: 'error'; readonly place: number; readonly error: ErrorRecord };

const dataSets = workerData as DataSets;
const port = parentPort!;

port.on('message', async ({ place, job, threads }: JobRequest) => {
  const send = (reply: JobReply): void => port.postMessage(reply);
  try {
    const onProgress = (progress: Progress): void => send({ kind: 'progress', place, progress });
    send({ kind: 'result', place, result: await runJob(job, dataSets, { onProgress, threads }) });
  } catch (error) {
    send({ kind: 'error', place, error: recordError(error) });
  }
});
