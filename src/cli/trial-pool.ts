/**
 * @file Runs trials side by side on worker threads. Each is seeded on its own and shares nothing but the images, so its
 * result is the same bit for bit as alone.
 */
import { Worker } from 'node:worker_threads';
import type { Trial, TrialResult } from '../comparison/trial.ts';
import type { DataSet, Images } from '../data/data-set.ts';
import { EngineError, restoreError } from '../errors.ts';
import type { Progress } from '../training/train.ts';
import type { TrialReply, TrialRequest } from './trial-worker.ts';

/** Only the built program has it: Node's threads load no TypeScript. */
const workerFile = new URL('./trial-worker.js', import.meta.url);

export interface PoolOptions {
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly onStart: (place: number) => void;
  readonly onProgress: (place: number, progress: Progress) => void;
  readonly onResult: (place: number, result: TrialResult) => void;
}

/** Results in the order of the trials. @throws what the first failing trial throws, and the signal's reason */
export async function runTrials(
  trials: readonly Trial[],
  dataSets: Readonly<Record<string, DataSet>>,
  options: PoolOptions,
): Promise<TrialResult[]> {
  options.signal.throwIfAborted();
  const shared = Object.fromEntries(Object.entries(dataSets).map(([name, data]) => [name, shareDataSet(data)]));
  const results = new Array<TrialResult>(trials.length);
  let next = 0;
  let open = trials.length;
  const workers: Worker[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      options.signal.addEventListener('abort', () => reject(options.signal.reason), { once: true });
      const give = (worker: Worker): void => {
        if (next >= trials.length) return;
        const request: TrialRequest = { place: next, trial: trials[next]! };
        options.onStart(next++);
        worker.postMessage(request);
      };
      for (let count = Math.min(options.workers, trials.length); count > 0; count--) {
        const worker = new Worker(workerFile, { workerData: shared });
        workers.push(worker);
        worker.on('error', reject);
        worker.on('exit', (code) => reject(new EngineError(`A worker that ran trials stopped with code ${code}.`)));
        worker.on('message', (reply: TrialReply) => {
          if (reply.kind === 'progress') options.onProgress(reply.place, reply.progress);
          else if (reply.kind === 'error') reject(restoreError(reply.error));
          else {
            results[reply.place] = reply.result;
            options.onResult(reply.place, reply.result);
            if (--open === 0) resolve();
            else give(worker);
          }
        });
        give(worker);
      }
    });
  } finally {
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
