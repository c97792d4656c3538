/**
 * @file Checkpoints that are numbered, and what any place keeps of them: the two newest.
 *
 * Each is written under a number of its own and read back; only then is it called saved, and only then does the one before
 * the last go. So there is a whole one at any instant, whatever fails, if the place writes one whole or not at all.
 */
import { checkSeal } from '../data/seal.ts';
import type { CheckpointStore } from './checkpoint-store.ts';

/** A place for numbered checkpoints. */
export interface NumberedPlace {
  /** What messages call one. */
  nameOf(number: number): string;
  /** What there is, the newest first. */
  list(): Promise<readonly number[]>;
  /** Writes a new one, whole or not at all. When the promise is fulfilled, it outlives a power cut. */
  write(number: number, bytes: Uint8Array): Promise<void>;
  /** @throws DataError if it cannot be read */
  read(number: number): Promise<Uint8Array>;
  remove(number: number): Promise<void>;
}

export interface NumberedStore extends CheckpointStore {
  /**
   * A damaged checkpoint is passed over, and so is one that cannot be read, if there is a whole one before it.
   * @throws DataError if there is none, and one may be there that cannot be read: the training is not to start anew
   */
  load(): Promise<Uint8Array | null>;
  /** Removes its checkpoints. @throws DataError */
  clear(): Promise<void>;
}

/** @param onWarning told of each checkpoint that is damaged or cannot be read, and of what is used instead */
export function numberedStore(place: NumberedPlace, onWarning: (message: string) => void = () => {}): NumberedStore {
  /** The newest that was read back, or loaded. */
  let whole: number | undefined;

  return {
    async save(bytes) {
      const numbers = await place.list();
      const [newest = 0] = numbers;
      const number = newest + 1;
      await place.write(number, bytes);
      await checkSeal(await place.read(number), place.nameOf(number));
      const kept = whole ?? newest;
      whole = number;
      for (const other of numbers) {
        // What cannot be removed does no harm, and goes another time.
        if (other !== kept) await place.remove(other).catch(() => {});
      }
    },

    async load() {
      const numbers = await place.list();
      let unread: unknown;
      for (const [at, number] of numbers.entries()) {
        try {
          const bytes = await place.read(number).catch((error) => {
            unread ??= error;
            throw error;
          });
          await checkSeal(bytes, place.nameOf(number));
          whole = number;
          return bytes;
        } catch (error) {
          const before = numbers[at + 1];
          if (before === undefined && unread !== undefined) throw unread;
          const instead =
            before === undefined
              ? 'There is none before it: the training starts anew.'
              : `${place.nameOf(before)} is used.`;
          onWarning(`${(error as Error).message} ${instead}`);
        }
      }
      return null;
    },

    async clear() {
      for (const number of await place.list()) await place.remove(number);
    },
  };
}
