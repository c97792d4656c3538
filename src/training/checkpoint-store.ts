/** @file Where checkpoints are kept: what training asks of such a place, and one in memory. */
import { checkSeal } from '../data/seal.ts';

/** Keeps the checkpoints of one training. */
export interface CheckpointStore {
  /** Keeps a checkpoint. When the promise is fulfilled it is safe; until then, and on failure, the one before is. */
  save(bytes: Uint8Array): Promise<void>;
  /** The newest checkpoint that is whole, or null. */
  load(): Promise<Uint8Array | null>;
  /** Keeps other trainings out while one uses it. @returns what lets them in again @throws UsageError if another is in */
  hold?(): Promise<() => void>;
}

export interface MemoryStore extends CheckpointStore {
  /** All that were saved, in order. */
  readonly saved: readonly Uint8Array[];
}

/** A store that lasts as long as the program. */
export function memoryStore(...earlier: readonly Uint8Array[]): MemoryStore {
  const saved = [...earlier];
  return {
    saved,
    async save(bytes) {
      saved.push(Uint8Array.from(bytes));
    },
    async load() {
      const newest = saved.at(-1);
      if (newest === undefined) return null;
      await checkSeal(newest, 'the checkpoint');
      return newest;
    },
  };
}
