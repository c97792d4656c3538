// @ts-check
/**
 * @file One thread's share of a step, and the loop of a worker around it.
 *
 * Chunks go to whoever is free, slices to the thread of their number; the bits of the result depend on neither. The
 * barriers of a step: one to begin, one behind each stage of `prepare`, and one before each stage of `finish`. Where a
 * worker has arrived for the next job, it has done the last one.
 */
import { Stopped, Team } from './team.js';

/**
 * @typedef {object} Parts The functions of a program's module (`wasm/module.ts`).
 * @property {() => void} tick
 * @property {((slice: number, slices: number) => void)[]} prepare
 * @property {(chunk: number, from: number, to: number, thread: number) => void} chunk
 * @property {((examples: number, chunks: number, slice: number, slices: number) => void)[]} finish
 */

/**
 * @typedef {object} Start What a worker needs.
 * @property {WebAssembly.Module} module
 * @property {WebAssembly.Memory} memory
 * @property {SharedArrayBuffer} control
 * @property {number} thread
 * @property {number} threads
 * @property {number} silence milliseconds
 * @property {unknown} [hook] for a test's own worker
 */

/**
 * @param {Record<string, unknown>} exports
 * @returns {Parts}
 */
export function partsOf(exports) {
  /** @param {string} name */
  const stages = (name) => {
    const found = [];
    for (let stage = 0; exports[name + stage]; stage++) found.push(exports[name + stage]);
    return found;
  };
  return /** @type {Parts} */ ({
    tick: exports.tick,
    prepare: stages('prepare'),
    chunk: exports.chunk,
    finish: stages('finish'),
  });
}

/**
 * @param {Parts} parts
 * @param {number} chunk
 * @param {import('./team.js').Job} job
 * @param {number} thread
 */
function runChunk({ chunk: run }, chunk, { count, chunks }, thread) {
  run(chunk, Math.floor((count * chunk) / chunks), Math.floor((count * (chunk + 1)) / chunks), thread);
}

/**
 * @param {Team} team
 * @param {Parts} parts
 * @param {import('./team.js').Job} job
 */
export function runShare(team, parts, job) {
  const { thread, threads } = team;
  const { count, chunks, finishes } = job;
  for (const prepare of parts.prepare) {
    prepare(thread, threads);
    team.arrive();
  }
  for (let chunk = team.takeChunk(); chunk < chunks; chunk = team.takeChunk()) runChunk(parts, chunk, job, thread);
  if (!finishes) return;
  for (const finish of parts.finish) {
    team.arrive();
    finish(count, chunks, thread, threads);
  }
}

/**
 * The same by one thread alone, without a barrier.
 * @param {Parts} parts
 * @param {import('./team.js').Job} job
 */
export function runAlone(parts, job) {
  const { count, chunks, finishes } = job;
  for (const prepare of parts.prepare) prepare(0, 1);
  for (let chunk = 0; chunk < chunks; chunk++) runChunk(parts, chunk, job, 0);
  if (finishes) for (const finish of parts.finish) finish(count, chunks, 0, 1);
}

/**
 * Works until the program is closed or somebody fails.
 * @param {Start} start
 * @param {Team} team
 * @param {() => void} ready
 */
export function work({ module, memory }, team, ready) {
  const parts = partsOf(new WebAssembly.Instance(module, { env: { memory } }).exports);
  ready();
  try {
    for (let job = team.awaitJob(); job; job = team.awaitJob()) runShare(team, parts, job);
  } catch (error) {
    if (!(error instanceof Stopped))
      team.fail(team.thread, `failed: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * @param {Start} start
 * @returns {Team}
 */
export function teamOf({ control, memory, thread, threads, silence }) {
  return new Team(control, /** @type {SharedArrayBuffer} */ (memory.buffer), thread, threads, silence);
}

/**
 * Waits for the first message, in a thread of Node or a worker of a page.
 * @param {(start: Start, ready: () => void) => void} use
 */
export function receiveStart(use) {
  const node = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  const port = /** @type {any} */ (node ? node.parentPort : globalThis);
  port.addEventListener(
    'message',
    /** @param {{ data: Start }} event */ ({ data }) => use(data, () => port.postMessage('ready')),
    { once: true },
  );
  port.start?.();
}
