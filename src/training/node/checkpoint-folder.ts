/**
 * @file Checkpoints in a folder: `NAME-1.safetensors`, `NAME-2.safetensors`, …, the two newest of them.
 *
 * Each is written beside its name, synced, renamed, the folder synced, and read back (`numbered-store.ts`).
 */
import * as nodeFileSystem from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  explained,
  type FileSystem,
  shortened,
  targetOfTemporary,
  writeFileAtomically,
} from '../../data/node/atomic-file.ts';
import { DataError } from '../../errors.ts';
import { type NumberedStore, numberedStore } from '../numbered-store.ts';

/** What is needed of `node:fs/promises`; a test may let each call fail in turn. */
export interface FolderFileSystem extends FileSystem {
  readdir(path: string): Promise<string[]>;
}

export interface FolderStoreOptions {
  /** What the files' names begin with; `checkpoint` by default. Stores of other names may share the folder. */
  readonly name?: string;
  /** Told of each checkpoint that is damaged or cannot be read, with its path and what is used instead. */
  readonly onWarning?: (message: string) => void;
  readonly fileSystem?: FolderFileSystem;
}

export type FolderStore = NumberedStore;

/**
 * A store in a folder that exists. One process at a time may use it.
 * @throws DataError, from `save` and `load`, saying why the folder cannot be written or read
 */
export function folderStore(folder: string, options: FolderStoreOptions = {}): FolderStore {
  const { name = 'checkpoint', onWarning, fileSystem = nodeFileSystem } = options;
  const pathOf = (number: number): string => join(folder, `${name}-${number}.safetensors`);
  const numberOf = (file: string, cut = (whole: string): string => whole): number[] => {
    const number = Number(/-(\d{1,15})\.safetensors$/.exec(file)?.[1]);
    return file === cut(basename(pathOf(number))) ? [number] : [];
  };
  return numberedStore(
    {
      nameOf: pathOf,
      /** What a killed process left of its last save is removed. */
      async list() {
        const names = await explained(join(folder, name), 0, () => fileSystem.readdir(folder));
        for (const left of names.filter((file) => numberOf(targetOfTemporary(file) ?? '', shortened).length > 0)) {
          await fileSystem.unlink(join(folder, left)).catch(() => {});
        }
        return names.flatMap((file) => numberOf(file)).sort((a, b) => b - a);
      },
      write: (number, bytes) => writeFileAtomically(pathOf(number), bytes, fileSystem),
      async read(number) {
        const path = pathOf(number);
        try {
          // Nobody may ever write to a pipe.
          if (!(await fileSystem.stat(path)).isFile()) throw new Error('it is no file');
          return await fileSystem.readFile(path);
        } catch (cause) {
          const problem = `${path} cannot be read: ${(cause as Error).message}`;
          throw new DataError(`${problem}. Check the disk, and who may read it.`, { cause });
        }
      },
      remove: (number) => explained(pathOf(number), 0, () => fileSystem.unlink(pathOf(number))),
    },
    onWarning,
  );
}
