/**
 * @file Runs jobs side by side on worker threads. Each is seeded on its own and shares nothing but the images, so its
 * result is the same bit for bit as alone.
 */
import { Worker } from 'node:worker_threads';
import type { DataSet, Images } from '../../data/data-set.ts';
import type { EngineChoice } from '../../engine/native/node/engines.ts';
import { EngineError, restoreError } from '../../errors.ts';
import { readableNotation } from '../../model/notation.ts';
import type { Standing } from '../../training/checkpoint.ts';
import { type Progress, requireCount } from '../../training/train.ts';
import type { DataSets, Job, JobResult, RunJobs } from '../trial.ts';
import type { JobCheckpoint, JobReply, JobRequest } from './job-worker.ts';

/** Only the built program has it: Node's threads load no TypeScript. */
const workerFile = new URL('./job-worker.js', import.meta.url);

export interface PoolOptions {
  /**
   * How many threads run at once. Jobs run side by side on them; where there are fewer jobs than threads, each job shares
   * its steps among several.
   */
  readonly threads: number;
  /** What computes; WebAssembly by default. */
  readonly engine?: EngineChoice;
  /** Whether each epoch's record has the SHA-256 of the weights. */
  readonly hashEpochs?: boolean;
  readonly signal?: AbortSignal;
  /** Where a job is saved, if at all. When the signal aborts, jobs are saved before the pool gives up. */
  readonly checkpointOf?: (job: Job) => Promise<Omit<JobCheckpoint, 'goesOn'> | undefined>;
  /** Called when a job starts; what it gives is told how the job goes on and ends. */
  readonly onStart?: (job: Job) => JobWatcher;
}

export interface JobWatcher {
  readonly onProgress?: (progress: Progress) => void;
  /** The pool waits for it in the end, and ends with its error. */
  readonly onResult?: (result: JobResult) => Promise<void> | void;
  /** Told when the job is saved; the history is left out. */
  readonly onSave?: (standing: Standing) => void;
  /** Gets why the job could not be saved, and the job goes on. Without it, the pool ends with that error. */
  readonly onSaveError?: (error: Error) => void;
  /** Told of checkpoints that are damaged. */
  readonly onWarning?: (message: string) => void;
}

/**
 * A pool for jobs on these data sets. Its workers live as long as a list of jobs.
 * @throws UsageError for a number of threads that is not a whole one from 1
 */
export function jobPool(dataSets: DataSets, options: PoolOptions): RunJobs {
  requireCount('threads', options.threads, 1, 1024);
  const shared = Object.fromEntries(Object.entries(dataSets).map(([name, data]) => [name, shareDataSet(data)]));
  return async <J extends Job>(jobs: readonly J[]) => (await runAll(jobs, shared, options)) as JobResult<J>[];
}

/** Results in the order of the jobs. @throws what the first failing job throws, and the signal's reason */
async function runAll(jobs: readonly Job[], shared: DataSets, options: PoolOptions): Promise<JobResult[]> {
  const { signal, onStart, engine = 'wasm', hashEpochs = false } = options;
  signal?.throwIfAborted();
  const count = Math.min(options.threads, jobs.length);
  const threads = Math.max(1, Math.floor(options.threads / count));
  const results = new Array<JobResult>(jobs.length);
  const watchers = new Array<JobWatcher>(jobs.length);
  const checkpoints = await Promise.all(jobs.map((job) => options.checkpointOf?.(job)));
  let next = 0;
  let open = jobs.length;
  const workers: Worker[] = [];
  const handling: Promise<void>[] = [];
  /** Workers with a job that can be saved. */
  const saving = new Set<Worker>();
  let stop = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      const rejectWhenSaved = (): void => {
        if (saving.size === 0) reject(signal!.reason);
      };
      stop = () => {
        for (const worker of saving) worker.postMessage('stop');
        rejectWhenSaved();
      };
      signal?.addEventListener('abort', stop, { once: true });
      const give = (worker: Worker): void => {
        if (next >= jobs.length || signal?.aborted) return;
        const watcher = onStart?.(jobs[next]!) ?? {};
        watchers[next] = watcher;
        const place = checkpoints[next];
        const checkpoint = place && { ...place, goesOn: watcher.onSaveError !== undefined };
        const request: JobRequest = { place: next, job: jobs[next]!, engine, threads, hashEpochs, checkpoint };
        next++;
        if (checkpoint) saving.add(worker);
        worker.postMessage(request);
      };
      const end = (worker: Worker, reply: Extract<JobReply, { kind: 'error' | 'result' }>): void => {
        saving.delete(worker);
        const isStopped = signal?.aborted === true;
        if (reply.kind === 'result') {
          results[reply.place] = reply.result;
          const handled = Promise.resolve(watchers[reply.place]!.onResult?.(reply.result));
          handling.push(handled);
          handled.then(() => {
            if (--open === 0) resolve();
          }, reject);
          give(worker);
        } else if (!isStopped || reply.error.name !== 'AbortError') reject(errorOf(jobs, reply));
        if (isStopped) rejectWhenSaved();
      };
      const take = (worker: Worker, reply: JobReply): void => {
        const { onProgress, onSave, onSaveError, onWarning } = watchers[reply.place]!;
        if (reply.kind === 'progress') onProgress?.(reply.progress);
        else if (reply.kind === 'saved') onSave?.(reply.standing);
        else if (reply.kind === 'save error') onSaveError?.(restoreError(reply.error));
        else if (reply.kind === 'warning') onWarning?.(reply.message);
        else end(worker, reply);
      };
      while (workers.length < count) {
        const worker = new Worker(workerFile, { workerData: shared });
        workers.push(worker);
        worker.on('error', reject);
        worker.on('exit', (code) =>
          reject(
            new EngineError(
              `A worker that ran trials stopped with code ${code}. Start again; a run in a folder can be resumed.`,
            ),
          ),
        );
        worker.on('message', (reply: JobReply) => take(worker, reply));
        give(worker);
      }
      if (open === 0) resolve();
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    for (const worker of workers) worker.removeAllListeners('exit');
    await Promise.all(workers.map((worker) => worker.terminate()));
    await Promise.allSettled(handling);
  }
  return results;
}

/** Of several jobs, which one it was that could not be computed. */
function errorOf(jobs: readonly Job[], { place, error }: Extract<JobReply, { kind: 'error' }>): Error {
  const restored = restoreError(error);
  const job = jobs[place]!;
  if (!(restored instanceof EngineError) || jobs.length === 1 || job.kind !== 'train') return restored;
  const { name, data, seed } = job.trial;
  return new EngineError(`${readableNotation(name)} on ${data}, seed ${seed}: ${restored.message}`, {
    cause: restored,
  });
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
