/** @file Checkpoints in the browser, in a page's own IndexedDB: for trainings that outlive a reload, a closed tab or a crash. */
import { DataError, EngineError, OcellusError } from '../../errors.ts';
import { formatMegabytes } from '../../format-number.ts';
import { type NumberedStore, numberedStore } from '../numbered-store.ts';
import { addBytes, deleteBytes, getBytes, hasDatabase, numbersOf } from './database.ts';
import { hasLocks, hold } from './hold.ts';

declare const navigator: {
  readonly storage: { estimate(): Promise<{ readonly usage?: number }> };
};
declare const location: { readonly origin: string };

export interface BrowserStoreOptions {
  /** Told of each checkpoint that is damaged or cannot be read, with its name and what is used instead. */
  readonly onWarning?: (message: string) => void;
}

export interface BrowserStore extends NumberedStore {
  /** @throws UsageError naming the page that trains with a store of this name */
  clear(): Promise<void>;
  hold(): Promise<() => void>;
}

/**
 * A store in the browser, in a page's own thread or a worker. Pages of one origin share the stores of one name; one training at
 * a time may use it, and `train` refuses a second one, naming the page of the first.
 *
 * A browser that runs out of disk may remove what a site keeps, unless it granted `navigator.storage.persist()`.
 * @param name tells the checkpoints of one training from those of others
 * @throws EngineError where there is no IndexedDB; DataError, from `save` and `load`, saying why nothing can be written or read
 */
export function browserStore(name: string, { onWarning }: BrowserStoreOptions = {}): BrowserStore {
  if (!hasDatabase() || !hasLocks()) {
    throw new EngineError(
      'browserStore needs IndexedDB and Web Locks, which are not here. Serve the page over https, or from localhost; in Node, use folderStore.',
    );
  }
  const subject = `The store "${name}"`;
  const nameOf = (number: number): string => `Checkpoint ${number} of "${name}"`;
  const store = numberedStore(
    {
      nameOf,
      list: () => explained(`${subject} cannot be read`, 0, async () => (await numbersOf(name)).reverse()),
      write: (number, bytes) =>
        explained(`${nameOf(number)} cannot be written`, bytes.length, () => addBytes([name, number], bytes)),
      read: (number) => explained(`${nameOf(number)} cannot be read`, 0, () => getBytes([name, number])),
      remove: (number) => explained(`${nameOf(number)} cannot be removed`, 0, () => deleteBytes([name, number])),
    },
    onWarning,
  );
  const holdIt = () => explained(`${subject} cannot be held`, 0, () => hold(name));
  return {
    ...store,
    hold: holdIt,
    async clear() {
      const release = await holdIt();
      await store.clear().finally(release);
    },
  };
}

/** @throws DataError that begins with the problem and says why */
async function explained<T>(problem: string, bytes: number, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof OcellusError) throw cause;
    const { name, message } = cause as Error;
    const why = (await reasons[name]?.(bytes)) ?? `${message} Allow this site to keep data, and reload the page.`;
    throw new DataError(`${problem}: ${why}`, { cause });
  }
}

/** By the error's name. */
const reasons: Readonly<Record<string, (bytes: number) => string | Promise<string>>> = {
  ConstraintError: () =>
    'another page has written one meanwhile. Close that page, or give this training a store of another name.',
  QuotaExceededError: async (bytes) => {
    const { usage = 0 } = await navigator.storage.estimate();
    const what = `the browser keeps no more for ${location.origin}, which has ${formatMegabytes(usage)} there`;
    return `${what}. Make room for ${formatMegabytes(bytes)} in this site's storage, or on the disk.`;
  },
};
