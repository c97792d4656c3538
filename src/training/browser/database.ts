/**
 * @file As much of IndexedDB as keeping bytes takes, with promises.
 *
 * A transaction is there whole or not at all, and a strict one is on the disk when it is complete. Each opens the database
 * for itself, so that a page that waits stands in nobody's way. Types: the project's know no page.
 */

/** The bytes of one name under a number. */
export type Key = readonly [name: string, number: number];

const database = 'ocellus';
const table = 'checkpoints';

interface Request<Result> {
  readonly result: Result;
  readonly error: Error | null;
  onsuccess: () => void;
  onerror: () => void;
}

interface Table {
  add(value: Uint8Array, key: Key): Request<unknown>;
  get(key: Key): Request<unknown>;
  getAllKeys(range: object): Request<readonly Key[]>;
  delete(key: Key): Request<unknown>;
}

interface Transaction {
  readonly error: Error | null;
  objectStore(name: string): Table;
  oncomplete: () => void;
  onabort: () => void;
}

interface Database {
  createObjectStore(name: string): void;
  transaction(name: string, mode: Mode, options: { readonly durability: 'strict' }): Transaction;
  close(): void;
}

type Mode = 'readonly' | 'readwrite';

declare const indexedDB: {
  open(name: string, version: number): Request<Database> & { onupgradeneeded: () => void };
};
declare const IDBKeyRange: { bound(lowest: Key, highest: Key): object };

export const hasDatabase = (): boolean => 'indexedDB' in globalThis;

/** Writes bytes under a key that is new. */
export async function addBytes(key: Key, bytes: Uint8Array): Promise<void> {
  // What a view lies in would be kept with it; and shared memory cannot be.
  await inTransaction('readwrite', (kept) => kept.add(Uint8Array.from(bytes), key));
}

/** What is under a key; no bytes if it is something else. */
export async function getBytes(key: Key): Promise<Uint8Array> {
  const value = await inTransaction('readonly', (kept) => kept.get(key));
  return value instanceof Uint8Array ? value : new Uint8Array();
}

export async function deleteBytes(key: Key): Promise<void> {
  await inTransaction('readwrite', (kept) => kept.delete(key));
}

/** The numbers of a name, in order. */
export async function numbersOf(name: string): Promise<number[]> {
  const range = IDBKeyRange.bound([name, 0], [name, Number.MAX_SAFE_INTEGER]);
  return (await inTransaction('readonly', (kept) => kept.getAllKeys(range))).map(([, number]) => number);
}

/** @returns what the request had, once the transaction is complete */
async function inTransaction<Result>(mode: Mode, ask: (kept: Table) => Request<Result>): Promise<Result> {
  const connection = await connect();
  try {
    const transaction = connection.transaction(table, mode, { durability: 'strict' });
    const request = ask(transaction.objectStore(table));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error ?? new Error('The browser broke it off.'));
    });
    return request.result;
  } finally {
    connection.close();
  }
}

function connect(): Promise<Database> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(database, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(table);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
