// @ts-check
/**
 * @file What the threads of one program share beside its memory: a barrier, a counter of what is taken, and word of whoever
 * failed. Thread 0 runs the program and calls; the others are its workers.
 *
 * A barrier spins briefly and then sleeps, since a long spin takes the core from the thread that it waits for. Nobody
 * waits for ever within a step: who has neither arrived nor shown a pulse for `silence` milliseconds has failed, and that
 * ends the step for all. Having arrived is the last thing that a thread says at a barrier: one that ends on its way
 * through is missed there or at the next one. Silence is counted in naps, so that a process that was stopped for an hour
 * has slept one.
 *
 * Plain JavaScript, as all that a worker loads: Node 20's threads load no TypeScript.
 */

/**
 * @typedef {object} Job What the threads do together.
 * @property {number} count how many examples
 * @property {number} chunks into how many chunks they are cut
 * @property {number} slices into how many slices what depends on all or none of them is cut
 * @property {boolean} finishes whether the gradients and the optimiser follow
 */

/**
 * @typedef {object} Failure
 * @property {number} thread
 * @property {string} how what it did, as the rest of a sentence
 */

// Places in the control block, on lines of their own where many threads write.
const [phase, arrived, taken] = [0, 16, 32];
const [examples, chunkTotal, sliceTotal, finishes, closed, failed, textBytes] = [48, 49, 50, 51, 52, 53, 54];
const reached = 64;
const textStart = 512;
const textLimit = 1024;
export const controlBytes = textStart + textLimit;

/** About 10 µs. Four times as many gain a tenth on small networks and idle cores, and lose a fifth on busy ones. */
const spins = 2000;
/** Milliseconds. */
const nap = 250;
/** A worker waits longer than thread 0, which knows best how to say what happened. */
const patience = 8;

/** Thrown in whoever waits when another has failed, or the program is closed. */
export class Stopped extends Error {}

export class Team {
  #control;
  #text;
  #pulses;
  #silence;

  /**
   * @param {SharedArrayBuffer} control `controlBytes`, all 0 at first
   * @param {SharedArrayBuffer} memory the program's, which starts with the threads' pulses
   * @param {number} thread which one this is
   * @param {number} threads
   * @param {number} silence
   */
  constructor(control, memory, thread, threads, silence) {
    this.#control = new Int32Array(control, 0, textStart / 4);
    this.#text = new Uint8Array(control, textStart);
    this.#pulses = new Int32Array(memory, 0, threads);
    this.#silence = silence * (thread === 0 ? 1 : patience);
    this.thread = thread;
    this.threads = threads;
  }

  /** Waits until all threads are here. @throws Stopped */
  arrive() {
    const now = Atomics.load(this.#control, phase);
    const isLast = Atomics.add(this.#control, arrived, 1) + 1 === this.threads;
    if (isLast) {
      Atomics.store(this.#control, arrived, 0);
      Atomics.store(this.#control, taken, 0);
      Atomics.add(this.#control, phase, 1);
      Atomics.notify(this.#control, phase);
    }
    const goal = Atomics.add(this.#control, reached + this.thread, 1) + 1;
    if (!isLast) this.#wait(phase, goal, () => Atomics.load(this.#control, phase) !== now);
  }

  /**
   * Thread 0: gives the others a job and begins. @throws Stopped
   * @param {Job} job
   */
  begin({ count, chunks, slices, finishes: isWhole }) {
    this.awaitOthers();
    if (this.isOver) throw new Stopped();
    Atomics.store(this.#control, examples, count);
    Atomics.store(this.#control, chunkTotal, chunks);
    Atomics.store(this.#control, sliceTotal, slices);
    Atomics.store(this.#control, finishes, isWhole ? 1 : 0);
    this.arrive();
  }

  /** Thread 0: waits until the others have done the job. @throws Stopped */
  awaitOthers() {
    const goal = Atomics.load(this.#control, reached) + 1;
    this.#wait(arrived, goal, () => Atomics.load(this.#control, arrived) === this.threads - 1);
  }

  /**
   * A worker: says that it is done and waits for the next job, for as long as it takes.
   * @returns {Job | undefined} undefined when there will be none
   */
  awaitJob() {
    const now = Atomics.load(this.#control, phase);
    if (Atomics.add(this.#control, arrived, 1) + 1 === this.threads - 1) Atomics.notify(this.#control, arrived);
    Atomics.add(this.#control, reached + this.thread, 1);
    for (let spin = 0; spin < spins && Atomics.load(this.#control, phase) === now; spin++);
    while (Atomics.load(this.#control, phase) === now) {
      if (this.isOver) return undefined;
      Atomics.wait(this.#control, phase, now, nap);
    }
    return {
      count: Atomics.load(this.#control, examples),
      chunks: Atomics.load(this.#control, chunkTotal),
      slices: Atomics.load(this.#control, sliceTotal),
      finishes: Atomics.load(this.#control, finishes) === 1,
    };
  }

  /** A chunk or slice that no thread has taken since the last barrier; beyond the last one when there is none. */
  take() {
    return Atomics.add(this.#control, taken, 1);
  }

  /**
   * Ends the step for all. Only the first failure counts.
   * @param {number} thread
   * @param {string} how
   */
  fail(thread, how) {
    // One write makes the failure known: who fails may end before the next.
    if (Atomics.compareExchange(this.#control, failed, 0, thread + 1) !== 0) return;
    const bytes = new TextEncoder().encode(how).subarray(0, textLimit);
    this.#text.set(bytes);
    Atomics.store(this.#control, textBytes, bytes.length);
    Atomics.notify(this.#control, textBytes);
    this.#wakeAll();
  }

  /** @returns {Failure | undefined} */
  get failure() {
    const thread = Atomics.load(this.#control, failed) - 1;
    if (thread < 0) return undefined;
    Atomics.wait(this.#control, textBytes, 0, nap);
    const bytes = this.#text.slice(0, Atomics.load(this.#control, textBytes));
    return { thread, how: new TextDecoder().decode(bytes) || 'failed without a word' };
  }

  close() {
    Atomics.store(this.#control, closed, 1);
    this.#wakeAll();
  }

  get isOver() {
    return Atomics.load(this.#control, closed) !== 0 || Atomics.load(this.#control, failed) !== 0;
  }

  #wakeAll() {
    Atomics.notify(this.#control, phase);
    Atomics.notify(this.#control, arrived);
  }

  /**
   * @param {number} place what changes when there is something new
   * @param {number} goal how often the others have to have arrived
   * @param {() => boolean} isDone
   */
  #wait(place, goal, isDone) {
    for (let spin = 0; spin < spins; spin++) if (isDone()) return;
    /** @type {{ sign: number, naps: number }[]} */
    const watched = Array.from({ length: this.threads }, () => ({ sign: -1, naps: 0 }));
    for (;;) {
      const now = Atomics.load(this.#control, place);
      if (isDone()) return;
      if (this.isOver) throw new Stopped();
      if (Atomics.wait(this.#control, place, now, nap) !== 'timed-out') continue;
      for (const [thread, seen] of watched.entries()) {
        const sign = Atomics.load(this.#pulses, thread);
        const isMissing = thread !== this.thread && Atomics.load(this.#control, reached + thread) !== goal;
        seen.naps = isMissing && sign === seen.sign ? seen.naps + 1 : 0;
        seen.sign = sign;
        const seconds = (seen.naps * nap) / 1000;
        if (seconds * 1000 >= this.#silence) this.fail(thread, `gave no sign of life for ${seconds} s`);
      }
    }
  }
}
