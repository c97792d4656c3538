/**
 * @file A file system in memory, with what a power cut does to a real one: what was not synced may be lost or torn, the
 * bytes of a file as well as the names in a folder.
 *
 * Each change to the folder since its last sync survives or not, by chance; so does the content of each file that was not
 * synced: whole, none of it, its beginning, or its beginning and garbage. Source: T. Pillai et al., "All File Systems Are Not
 * Created Equal", OSDI 2014.
 */
import { basename } from 'node:path';
import type { OpenFile } from '../src/data/node/atomic-file.ts';
import type { RandomStream } from '../src/random.ts';
import type { FolderFileSystem } from '../src/training/node/checkpoint-folder.ts';

interface File {
  bytes: Uint8Array;
  isSynced: boolean;
}
type Folder = Map<string, File>;
type Change = (folder: Folder) => void;

/** One folder, whatever its path. */
export class SimulatedDisk {
  /** As programs see it. */
  #folder: Folder = new Map();
  /** As it is for certain after a power cut, and what may have happened to it since. */
  #durable: Folder = new Map();
  #changes: Change[] = [];

  readonly fileSystem: FolderFileSystem = {
    open: async (path, flags) => {
      if (flags === 'r')
        return { writeFile: async () => {}, sync: async () => this.#syncFolder(), close: async () => {} };
      const name = basename(path);
      // 'w' empties the file that is there: as in the real thing, the name stays the same file's.
      const file = this.#folder.get(name) ?? { bytes: new Uint8Array(0), isSynced: false };
      if (flags === 'wx' && this.#folder.has(name)) throw failure('EEXIST');
      Object.assign(file, { bytes: new Uint8Array(0), isSynced: false });
      this.#change((folder) => folder.set(name, file));
      return openFile(file);
    },
    readFile: async (path) => Uint8Array.from(this.#at(path).bytes),
    rename: async (from, to) => {
      const file = this.#at(from);
      this.#change((folder) => {
        folder.set(basename(to), file);
        folder.delete(basename(from));
      });
    },
    unlink: async (path) => {
      this.#at(path);
      this.#change((folder) => folder.delete(basename(path)));
    },
    stat: async (path) => {
      this.#at(path);
      return { isDirectory: () => false, isFile: () => true };
    },
    readdir: async () => [...this.#folder.keys()],
  };

  /** What may be there after a power cut at this moment. */
  afterPowerCut(random: RandomStream): SimulatedDisk {
    const folder = new Map(this.#durable);
    for (const change of this.#changes) if (random.uniform() < 0.5) change(folder);
    const disk = new SimulatedDisk();
    for (const [name, { bytes, isSynced }] of folder) {
      disk.#folder.set(name, { bytes: isSynced ? bytes : torn(bytes, random), isSynced: true });
    }
    disk.#durable = new Map(disk.#folder);
    return disk;
  }

  #change(change: Change): void {
    change(this.#folder);
    this.#changes.push(change);
  }

  #syncFolder(): void {
    this.#durable = new Map(this.#folder);
    this.#changes = [];
  }

  #at(path: string): File {
    const file = this.#folder.get(basename(path));
    if (!file) throw failure('ENOENT');
    return file;
  }
}

function openFile(file: File): OpenFile {
  return {
    writeFile: async (bytes) => {
      file.bytes = Uint8Array.from([...file.bytes, ...bytes]);
      file.isSynced = false;
    },
    sync: async () => {
      file.isSynced = true;
    },
    close: async () => {},
  };
}

function torn(bytes: Uint8Array, random: RandomStream): Uint8Array {
  const kept = [bytes.length, 0, random.integer(bytes.length + 1), random.integer(bytes.length + 1)];
  const way = random.integer(4);
  if (way < 3) return bytes.slice(0, kept[way]);
  return bytes.map((byte, place) => (place < kept[3]! ? byte : random.integer(256)));
}

export const failure = (code: string): Error => Object.assign(new Error(`${code}: simulated`), { code });

export type Fault = 'ENOSPC' | 'EIO' | 'EDQUOT' | 'EROFS' | 'short write' | 'power cut';

/**
 * The same file system, counting calls; the one numbered `at`, from 1, fails, and where it is for ever all later ones do. A
 * short write reports nothing: only what is read back tells. A power cut stops everything, the cleaning up, too.
 */
export function faulty(
  inner: FolderFileSystem,
  { at, fault, forEver = false }: { readonly at: number; readonly fault: Fault; readonly forEver?: boolean },
): { readonly fileSystem: FolderFileSystem; readonly calls: () => number } {
  let calls = 0;
  const isHit = (): boolean => ++calls === at || (calls > at && (forEver || fault === 'power cut'));
  const fallible = async <T>(action: () => Promise<T>): Promise<T> => {
    if (isHit() && fault !== 'short write') throw failure(fault);
    return action();
  };
  const fileSystem: FolderFileSystem = {
    open: (path, flags) =>
      fallible(async () => {
        const file = await inner.open(path, flags);
        return {
          async writeFile(bytes) {
            const half = bytes.subarray(0, bytes.length >> 1);
            if (!isHit()) return file.writeFile(bytes);
            await file.writeFile(half);
            if (fault !== 'short write') throw failure(fault);
          },
          sync: () => fallible(() => file.sync()),
          close: () => fallible(() => file.close()),
        };
      }),
    readFile: (path) => fallible(() => inner.readFile(path)),
    rename: (from, to) => fallible(() => inner.rename(from, to)),
    stat: (path) => fallible(() => inner.stat(path)),
    unlink: (path) => fallible(() => inner.unlink(path)),
    readdir: (path) => fallible(() => inner.readdir(path)),
  };
  return { fileSystem, calls: () => calls };
}
