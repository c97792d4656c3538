// @ts-check
/**
 * @file One thread's share of a step, and the loop of a worker around it.
 *
 * Chunks and slices go to whoever is free, as a thread may have half a core; the bits of the result show nothing of it. The
 * barriers of a step: one to begin, one behind each stage of `prepare`, and one before each stage of `finish`. Where a
 * worker has arrived for the next job, it has done the last one.
 */
import { Stopped, Team } from './team.js';

/**
 * @typedef {(examples: number, chunks: number, slice: number, slices: number, thread: number) => void} Stage
 *
 * @typedef {object} Parts The functions of a compiled program (`wasm/module.ts`).
 * @property {() => void} tick
 * @property {Stage[]} prepare
 * @property {(chunk: number, from: number, to: number, thread: number) => void} chunk
 * @property {Stage[]} finish
 * @property {(examples: number) => boolean} mayFinish whether all losses are finite, where that is asked for
 */

/**
 * @typedef {object} Losses Where the examples' losses lie, in floats; only a step with an optimiser has to look at them.
 * @property {number} start
 * @property {number} stride
 */

/**
 * @typedef {object} Start What a worker needs.
 * @property {any} code what it makes `Parts` of: WebAssembly's module, or what another engine sends its own workers
 * @property {WebAssembly.Memory} memory
 * @property {Losses | undefined} losses
 * @property {SharedArrayBuffer} control
 * @property {number} thread
 * @property {number} threads
 * @property {number} silence milliseconds
 * @property {unknown} [hook] for a test's own worker
 */

/**
 * @param {Record<string, unknown>} exports
 * @param {WebAssembly.Memory} memory
 * @param {Losses} [losses]
 * @returns {Parts}
 */
export function partsOf(exports, memory, losses) {
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
    mayFinish: finishRule(memory, losses),
  });
}

/**
 * @param {WebAssembly.Memory} memory
 * @param {Losses} [losses]
 * @returns {Parts['mayFinish']}
 */
export function finishRule(memory, losses) {
  if (!losses) return () => true;
  const floats = new Float32Array(memory.buffer);
  const { start, stride } = losses;
  return (count) => {
    let total = 0;
    for (let example = 0; example < count; example++) total += floats[start + example * stride];
    // 0 for a finite total, else NaN.
    return total - total === 0;
  };
}

/**
 * @param {Parts} parts
 * @param {number} chunk
 * @param {Pick<import('./team.js').Job, 'count' | 'chunks'>} job
 * @param {number} thread
 */
function runChunk({ chunk: run }, chunk, { count, chunks }, thread) {
  run(chunk, Math.floor((count * chunk) / chunks), Math.floor((count * (chunk + 1)) / chunks), thread);
}

/**
 * @param {Stage} stage
 * @param {Team} team
 * @param {import('./team.js').Job} job
 */
function runSlices(stage, team, { count, chunks, slices }) {
  for (let slice = team.take(); slice < slices; slice = team.take()) stage(count, chunks, slice, slices, team.thread);
}

/**
 * @param {Team} team
 * @param {Parts} parts
 * @param {import('./team.js').Job} job
 * @returns {boolean} whether all was done: a step ends before the optimiser where a loss is not finite
 */
export function runShare(team, parts, job) {
  const { count, chunks, finishes } = job;
  for (const prepare of parts.prepare) {
    runSlices(prepare, team, job);
    team.arrive();
  }
  for (let chunk = team.take(); chunk < chunks; chunk = team.take()) runChunk(parts, chunk, job, team.thread);
  if (!finishes) return true;
  for (const [stage, finish] of parts.finish.entries()) {
    team.arrive();
    // All threads see the same losses, so all go on or none.
    if (stage === 0 && !parts.mayFinish(count)) return false;
    runSlices(finish, team, job);
  }
  return true;
}

/**
 * The same by one thread alone, in one slice, without a barrier, and without preparing what is as the last job left it.
 * @param {Parts} parts
 * @param {Omit<import('./team.js').Job, 'slices'> & { isPrepared: boolean }} job
 * @returns {boolean}
 */
export function runAlone(parts, job) {
  const { count, chunks, finishes, isPrepared } = job;
  if (!isPrepared) for (const prepare of parts.prepare) prepare(count, chunks, 0, 1, 0);
  for (let chunk = 0; chunk < chunks; chunk++) runChunk(parts, chunk, job, 0);
  if (!finishes) return true;
  if (!parts.mayFinish(count)) return false;
  for (const finish of parts.finish) finish(count, chunks, 0, 1, 0);
  return true;
}

/**
 * Works until the program is closed or somebody fails.
 * @param {Parts} parts
 * @param {Team} team
 * @param {() => void} ready
 */
export function work(parts, team, ready) {
  ready();
  try {
    for (let job = team.awaitJob(); job; job = team.awaitJob()) runShare(team, parts, job);
  } catch (error) {
    if (!(error instanceof Stopped))
      team.fail(team.thread, `failed: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * The parts of a program of the WebAssembly engine.
 * @param {Start} start
 * @returns {Parts}
 */
export function instantiate({ code, memory, losses }) {
  return partsOf(new WebAssembly.Instance(code, { env: { memory } }).exports, memory, losses);
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
