/**
 * @file Runs jobs side by side on worker threads. Each is seeded on its own and shares nothing but the images, so its
 * result is the same bit for bit as alone.
 */
import { Worker } from 'node:worker_threads';
import type { DataSets, Job, JobResult, RunJobs } from '../comparison/trial.ts';
import type { DataSet, Images } from '../data/data-set.ts';
import { EngineError, restoreError } from '../errors.ts';
import type { Progress } from '../training/train.ts';
import type { JobReply, JobRequest } from './trial-worker.ts';

/** Only the built program has it: Node's threads load no TypeScript. */
const workerFile = new URL('./trial-worker.js', import.meta.url);

export interface PoolOptions {
  readonly workers: number;
  readonly signal: AbortSignal;
  /** Told of each job when it starts, goes on and ends. */
  readonly onStart?: (job: Job) => JobWatcher;
}

export interface JobWatcher {
  readonly onProgress?: (progress: Progress) => void;
  readonly onResult?: (result: JobResult) => void;
}

/** A pool for jobs on these data sets. Its workers live as long as a list of jobs. */
export function jobPool(dataSets: DataSets, options: PoolOptions): RunJobs {
  const shared = Object.fromEntries(Object.entries(dataSets).map(([name, data]) => [name, shareDataSet(data)]));
  return async <J extends Job>(jobs: readonly J[]) => (await runAll(jobs, shared, options)) as JobResult<J>[];
}

/** Results in the order of the jobs. @throws what the first failing job throws, and the signal's reason */
async function runAll(jobs: readonly Job[], shared: DataSets, options: PoolOptions): Promise<JobResult[]> {
  options.signal.throwIfAborted();
  const results = new Array<JobResult>(jobs.length);
  const watchers = new Array<JobWatcher>(jobs.length);
  let next = 0;
  let open = jobs.length;
  const workers: Worker[] = [];
  let stop = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      stop = () => reject(options.signal.reason);
      options.signal.addEventListener('abort', stop, { once: true });
      const give = (worker: Worker): void => {
        if (next >= jobs.length) return;
        watchers[next] = options.onStart?.(jobs[next]!) ?? {};
        const request: JobRequest = { place: next, job: jobs[next]! };
        next++;
        worker.postMessage(request);
      };
      for (let count = Math.min(options.workers, jobs.length); count > 0; count--) {
        const worker = new Worker(workerFile, { workerData: shared });
        workers.push(worker);
        worker.on('error', reject);
        worker.on('exit', (code) => reject(new EngineError(`A worker that ran trials stopped with code ${code}.`)));
        worker.on('message', (reply: JobReply) => {
          if (reply.kind === 'progress') watchers[reply.place]!.onProgress?.(reply.progress);
          else if (reply.kind === 'error') reject(restoreError(reply.error));
          else {
            results[reply.place] = reply.result;
            watchers[reply.place]!.onResult?.(reply.result);
            if (--open === 0) resolve();
            else give(worker);
          }
        });
        give(worker);
      }
      if (open === 0) resolve();
    });
  } finally {
    options.signal.removeEventListener('abort', stop);
    for (const worker of workers) worker.removeAllListeners('exit');
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results;
}

/** The same data set with its pixels in memory that workers share instead of copying. */
function shareDataSet(data: DataSet): DataSet {
  return { ...data, train: shareImages(data.train), test: shareImages(data.test) };
}

function shareImages(images: Images): Images {
  const { pixels } = images;
  if (pixels.buffer instanceof SharedArrayBuffer) return images;
  const memory = new SharedArrayBuffer(pixels.byteLength);
  const shared = pixels instanceof Uint8Array ? new Uint8Array(memory) : new Float32Array(memory);
  shared.set(pixels);
  return { ...images, pixels: shared };
}
