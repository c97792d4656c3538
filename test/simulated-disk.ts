/**
 * @file A file system in memory, with what a power cut does to a real one: what was not synced may be lost or torn, the
 * bytes of a file as well as the names in a folder.
 *
 * Each change to a folder since its last sync survives or not, by chance. A file that was not synced since it was written has
 * all of its bytes, or those of its last sync, or the beginning of them, or blocks of new, old and none. Source: T. Pillai et
 * al., "All File Systems Are Not Created Equal", OSDI 2014.
 */
import { basename, dirname } from 'node:path';
import type { OpenFile } from '../src/data/node/atomic-file.ts';
import type { FolderMaker } from '../src/data/node/make-folder.ts';
import type { RandomStream } from '../src/random.ts';
import type { FolderFileSystem } from '../src/training/node/checkpoint-folder.ts';

interface File {
  bytes: Uint8Array;
  /** As at the last sync. */
  durable: Uint8Array;
}
type Names = Map<string, File | Folder>;
type Change = (names: Names) => void;

class Folder {
  /** As programs see it. */
  names: Names = new Map();
  /** As it is for certain after a power cut, and what may have happened to it since. */
  durable: Names = new Map();
  changes: Change[] = [];

  change(change: Change): void {
    change(this.names);
    this.changes.push(change);
  }

  sync(): void {
    this.durable = new Map(this.names);
    this.changes = [];
  }
}

export type DiskFileSystem = FolderFileSystem & FolderMaker;

export class SimulatedDisk {
  #root = new Folder();

  readonly fileSystem: DiskFileSystem = {
    open: async (path, flags) => {
      if (flags === 'r') return openFolder(this.#folder(path));
      const folder = this.#folder(dirname(path));
      const there = folder.names.get(basename(path));
      if (flags === 'wx' && there) throw failure('EEXIST');
      // 'w' empties the file that is there: as in the real thing, the name stays the same file's.
      const file = (there as File | undefined) ?? { bytes: new Uint8Array(0), durable: new Uint8Array(0) };
      file.bytes = new Uint8Array(0);
      folder.change((names) => names.set(basename(path), file));
      return openFile(file);
    },
    readFile: async (path) => Uint8Array.from(this.#file(path).bytes),
    rename: async (from, to) => {
      const file = this.#file(from);
      this.#folder(dirname(to)).change((names) => {
        names.set(basename(to), file);
        names.delete(basename(from));
      });
    },
    unlink: async (path) => {
      this.#file(path);
      this.#folder(dirname(path)).change((names) => names.delete(basename(path)));
    },
    stat: async (path) => {
      const isFolder = this.#at(path) instanceof Folder;
      return { isDirectory: () => isFolder, isFile: () => !isFolder };
    },
    readdir: async (path) => [...this.#folder(path).names.keys()],
    mkdir: async (path) => {
      const above = this.#folder(dirname(path));
      if (above.names.has(basename(path))) throw failure('EEXIST');
      const made = new Folder();
      above.change((names) => names.set(basename(path), made));
    },
  };

  /** What may be there after a power cut at this moment. */
  afterPowerCut(random: RandomStream): SimulatedDisk {
    const disk = new SimulatedDisk();
    disk.#root = survivor(this.#root, random);
    return disk;
  }

  #at(path: string): File | Folder {
    let at: File | Folder | undefined = this.#root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      at = at instanceof Folder ? at.names.get(name) : undefined;
    }
    if (!at) throw failure('ENOENT');
    return at;
  }

  #file(path: string): File {
    const at = this.#at(path);
    if (at instanceof Folder) throw failure('EISDIR');
    return at;
  }

  #folder(path: string): Folder {
    const at = this.#at(path);
    if (!(at instanceof Folder)) throw failure('ENOTDIR');
    return at;
  }
}

function openFile(file: File): OpenFile {
  return {
    write: async (bytes, offset, length, position) => {
      const all = new Uint8Array(Math.max(file.bytes.length, position + length));
      all.set(file.bytes);
      all.set(bytes.subarray(offset, offset + length), position);
      file.bytes = all;
      return { bytesWritten: length };
    },
    sync: async () => {
      file.durable = file.bytes;
    },
    close: async () => {},
  };
}

const openFolder = (folder: Folder): OpenFile => ({
  write: async () => {
    throw failure('EBADF');
  },
  sync: async () => folder.sync(),
  close: async () => {},
});

function survivor(folder: Folder, random: RandomStream): Folder {
  const names = new Map(folder.durable);
  for (const change of folder.changes) if (random.uniform() < 0.5) change(names);
  const found = new Folder();
  for (const [name, one] of names) {
    found.names.set(name, one instanceof Folder ? survivor(one, random) : torn(one, random));
  }
  found.sync();
  return found;
}

const blockBytes = 64;

function torn({ bytes, durable }: File, random: RandomStream): File {
  const sources = [bytes, durable, new Uint8Array(bytes.length)];
  const ways = [
    () => bytes,
    () => durable,
    () => bytes.slice(0, random.integer(bytes.length + 1)),
    () => {
      const chosen = Array.from({ length: Math.ceil(bytes.length / blockBytes) }, () => sources[random.integer(3)]!);
      return bytes.map((_, at) => chosen[Math.floor(at / blockBytes)]![at] ?? 0);
    },
  ];
  const left = bytes === durable ? bytes : ways[random.integer(ways.length)]!();
  return { bytes: left, durable: left };
}

export const failure = (code: string): Error => Object.assign(new Error(`${code}: simulated`), { code });
