/**
 * @file Threads as Node and as pages have them, and whether there can be any. The one place of the engines that knows
 * where it runs; Node's module is asked for by name at run time, so that a page need not have it.
 */
import type { Start } from './share.js';

export interface Thread {
  /** Lets the process end though the thread waits. */
  unref(): void;
  end(): void;
}

export interface ThreadEvents {
  /** It has got what it needs. */
  ready(): void;
  /** It is no more; `how` is the rest of a sentence. */
  ended(how: string): void;
}

/** A worker of a page, as far as it is needed here. */
declare class Worker {
  constructor(file: URL, options: { type: 'module' });
  postMessage(message: unknown): void;
  addEventListener(event: 'message' | 'error', listen: (event: { message?: string }) => void): void;
  terminate(): void;
}

/** Why only one thread can run here; undefined if several can. */
export function oneThreadBecause(): string | undefined {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  if (crossOriginIsolated === false || typeof SharedArrayBuffer === 'undefined') {
    return 'the page is not cross-origin isolated, so its threads can share no memory';
  }
  try {
    // Equal to nothing that is there: returns at once where waiting is allowed.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return undefined;
  } catch {
    return 'a page’s own thread may not wait for others; train in a worker';
  }
}

/** @param file another engine's worker, or a test's */
export function spawn(start: Start, events: ThreadEvents, file?: URL): Thread {
  const node = askNode();
  return node ? spawnInNode(node, start, events, file) : spawnInPage(start, events, file);
}

const askNode = () => globalThis.process?.getBuiltinModule?.('node:worker_threads');

function spawnInNode(
  { Worker: NodeWorker }: NonNullable<ReturnType<typeof askNode>>,
  start: Start,
  { ready, ended }: ThreadEvents,
  file: URL = new URL(/* @vite-ignore */ './worker.js', import.meta.url),
): Thread {
  // Loaders of the main thread would only slow it down: it loads plain JavaScript.
  const worker = new NodeWorker(file, { execArgv: [], name: `ocellus ${start.thread}` });
  worker.once('message', ready);
  worker.once('error', (error: Error) => ended(`failed: ${error.message}`));
  worker.once('exit', (code) => ended(`ended with code ${code}`));
  worker.postMessage(start);
  return {
    unref: () => worker.unref(),
    end: () => {
      worker.removeAllListeners();
      // Its own error is of no interest any more, but would be thrown without a listener.
      worker.on('error', () => undefined);
      void worker.terminate();
    },
  };
}

function spawnInPage(start: Start, { ready, ended }: ThreadEvents, file?: URL): Thread {
  const worker = file
    ? new Worker(file, { type: 'module' })
    : new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ready);
  worker.addEventListener('error', ({ message }) => ended(`failed: ${message || 'its file could not be loaded'}`));
  worker.postMessage(start);
  return { unref: () => undefined, end: () => worker.terminate() };
}
