/**
 * @file A worker that is late at random, fails at a chosen barrier, or does not do its part. What it does in between is
 * the real worker's.
 */
import { instantiate, receiveStart, work } from '../../src/engine/threads/share.js';
import { Team } from '../../src/engine/threads/team.js';

/** `(func (export "a") unreachable)` */
const trap = new WebAssembly.Module(
  Uint8Array.of(
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0],
    ...[7, 5, 1, 1, 97, 0, 0, 10, 5, 1, 3, 0, 0, 11],
  ),
);

const faults = {
  trap: () => new WebAssembly.Instance(trap).exports.a(),
  exit: () => process.exit(3),
  stuck: () => {
    for (;;);
  },
};

/** Whatever the thread writes to what is shared, it writes by one of these. */
function failAfter({ kind, writes = 0, endsAfter }) {
  const fails = [...(writes === 0 ? [] : [writes]), ...(endsAfter === undefined ? [] : [writes + 1 + endsAfter])];
  let calls = 0;
  for (const name of ['add', 'store', 'notify', 'compareExchange']) {
    const write = Atomics[name];
    Atomics[name] = (...words) => {
      if (calls++ === fails[0]) {
        fails.shift();
        faults[fails.length === 0 && endsAfter !== undefined ? 'exit' : kind]();
      }
      return write(...words);
    };
  }
  if (writes === 0) faults[kind]();
}

const never = new Int32Array(new SharedArrayBuffer(4));

class DisturbedTeam extends Team {
  #hook;
  #barriers = 0;
  #chance;

  constructor({ control, memory, thread, threads, silence, hook }) {
    super(control, memory.buffer, thread, threads, silence);
    this.#hook = hook;
    this.#chance = (hook.seed * 2654435761 + thread) >>> 0;
  }

  arrive() {
    this.#disturb();
    super.arrive();
  }

  awaitJob() {
    this.#disturb();
    return super.awaitJob();
  }

  take() {
    this.#delay();
    return super.take();
  }

  #disturb() {
    const { fault } = this.#hook;
    if (fault && fault.thread === this.thread && fault.barrier === this.#barriers) failAfter(fault);
    this.#barriers++;
    this.#delay();
  }

  #delay() {
    const { longestDelay } = this.#hook;
    if (!longestDelay) return;
    this.#chance = (Math.imul(this.#chance, 1664525) + 1013904223) >>> 0;
    Atomics.wait(never, 0, 0, ((this.#chance >>> 8) / 2 ** 24) * longestDelay);
  }
}

/** A worker that takes chunks, as it has the time for some in any step, and does nothing about them. */
function leaveOutChunks() {
  const { Instance } = WebAssembly;
  WebAssembly.Instance = function LazyInstance(module, imports) {
    return { exports: { ...new Instance(module, imports).exports, chunk: () => {} } };
  };
}

receiveStart((start, ready) => {
  if (start.hook.leavesOutChunks) leaveOutChunks();
  if (start.hook.diesAtStart) process.exit(4);
  work(instantiate(start), new DisturbedTeam(start), ready);
});
