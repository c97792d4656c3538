/** @file What the page and its worker can be asked for: trainings that are kept in the browser, and the store itself. */
import { browserStore } from '../../../src/training/browser/browser-store.ts';
import { addBytes, deleteBytes, numbersOf } from '../../../src/training/browser/database.ts';
import type { Standing } from '../../../src/training/checkpoint.ts';
import type { CheckpointStore } from '../../../src/training/checkpoint-store.ts';
import type { NumberedStore } from '../../../src/training/numbered-store.ts';
import { train } from '../../../src/training/train.ts';
import { data, model, options, type Result, resultOf } from '../training.ts';
import { freezeAt } from './freeze.ts';

/** What the test is told meanwhile. */
export interface Told {
  /** Where a training stands that is safe. */
  readonly saved?: { readonly epoch: number; readonly position: number };
  readonly notSaved?: string;
  readonly warning?: string;
  readonly frozen?: true;
  /** Of the worker. */
  readonly failed?: string;
}

export interface Sitting {
  readonly threads?: number;
  readonly epochs?: number;
  readonly everySteps?: number;
  readonly goesOnUnsaved?: boolean;
}

/** A known-bad twin: it has one place, and writes there again. */
const overwritingStore = (name: string): CheckpointStore => ({
  load: () => browserStore(name).load(),
  async save(bytes) {
    await deleteBytes([name, 1]);
    await addBytes([name, 1], bytes);
  },
});

export function answersThat(tell: (told: Told) => void) {
  const stores = new Map<string, NumberedStore>();
  const open = (name: string): NumberedStore => {
    const store = browserStore(name, { onWarning: (warning) => tell({ warning }) });
    stores.set(name, store);
    return store;
  };
  const opened = (name: string): NumberedStore => stores.get(name) ?? open(name);

  return {
    /** @param name of the store; null: it is not kept */
    async train(name: string | null, { goesOnUnsaved, everySteps = 1, ...sitting }: Sitting): Promise<Result> {
      const asked = { ...options, ...sitting };
      if (name === null) return resultOf(await train(model, data, asked));
      const checkpoint = {
        store: open(name),
        everySteps,
        onSave: ({ epoch, position }: Standing) => tell({ saved: { epoch, position } }),
        ...(goesOnUnsaved ? { onSaveError: (error: unknown) => tell({ notSaved: String(error) }) } : {}),
      };
      return resultOf(await train(model, data, { ...asked, checkpoint }));
    },

    open: (name: string): void => void open(name),
    save: (name: string, bytes: Uint8Array) => opened(name).save(bytes),
    load: (name: string) => opened(name).load(),
    clear: (name: string) => opened(name).clear(),
    numbers: numbersOf,
    async overwrite(name: string, number: number, bytes: Uint8Array): Promise<void> {
      await deleteBytes([name, number]);
      await addBytes([name, number], bytes);
    },

    /** Two saves that know nothing of each other. @returns what became of each */
    saveTwice: (name: string, ...both: readonly Uint8Array[]) =>
      Promise.all(
        both.map((bytes) =>
          browserStore(name)
            .save(bytes)
            .then(() => 'saved', String),
        ),
      ),

    /** Saves, and is frozen at a call. */
    async saveFrozen(name: string, bytes: Uint8Array, call: number, overwrites: boolean): Promise<void> {
      freezeAt(call, () => tell({ frozen: true }));
      await (overwrites ? overwritingStore(name) : browserStore(name)).save(bytes);
    },
  };
}

export type Answers = ReturnType<typeof answersThat>;
