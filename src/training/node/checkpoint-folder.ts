/**
 * @file Checkpoints in a folder: `NAME-1.safetensors`, `NAME-2.safetensors`, …, the two newest of them.
 *
 * Each is written beside its name, synced, renamed, the folder synced, and read back; only then is it called saved, and only
 * then does the one before the last go. So there is a whole one at any instant, whatever fails.
 */
import * as nodeFileSystem from 'node:fs/promises';
import { basename, join } from 'node:path';
import { explained, type FileSystem, writeFileAtomically } from '../../data/node/atomic-file.ts';
import { checkSeal } from '../../data/seal.ts';
import { DataError } from '../../errors.ts';
import type { CheckpointStore } from '../checkpoint-store.ts';

/** What is needed of `node:fs/promises`; a test may let each call fail in turn. */
export interface FolderFileSystem extends FileSystem {
  readdir(path: string): Promise<string[]>;
}

export interface FolderStoreOptions {
  /** What the files' names begin with; `checkpoint` by default. Stores of other names may share the folder. */
  readonly name?: string;
  /** Told of each damaged checkpoint, with its path and what is used instead. */
  readonly onWarning?: (message: string) => void;
  readonly fileSystem?: FolderFileSystem;
}

export interface FolderStore extends CheckpointStore {
  /** Removes its checkpoints. @throws DataError */
  clear(): Promise<void>;
}

/**
 * A store in a folder that exists. One process at a time may use it.
 * @throws DataError, from `save` and `load`, saying why the folder cannot be written or read
 */
export function folderStore(folder: string, options: FolderStoreOptions = {}): FolderStore {
  const { name = 'checkpoint', onWarning = () => {}, fileSystem = nodeFileSystem } = options;
  const pathOf = (number: number): string => join(folder, `${name}-${number}.safetensors`);

  /** The names in the folder, and the numbers of its checkpoints, the newest first. */
  const list = async (): Promise<{ names: readonly string[]; numbers: readonly number[] }> => {
    const names = await explained(join(folder, name), 0, () => fileSystem.readdir(folder));
    const numbers = names.flatMap((file) => {
      const number = Number(/-(\d{1,15})\.safetensors$/.exec(file)?.[1]);
      return file === basename(pathOf(number)) ? [number] : [];
    });
    return { names, numbers: numbers.sort((a, b) => b - a) };
  };
  /** What is no longer needed; where it cannot be removed it does no harm, and goes another time. */
  const removeOld = async (paths: readonly string[]): Promise<void> => {
    for (const path of paths) await fileSystem.unlink(path).catch(() => {});
  };

  return {
    async save(bytes) {
      const { numbers } = await list();
      const [newest = 0] = numbers;
      const path = pathOf(newest + 1);
      await writeFileAtomically(path, bytes, fileSystem);
      const written = await explained(path, bytes.length, () => fileSystem.readFile(path));
      if (written.length !== bytes.length)
        throw new DataError(`${path} was not saved: it was cut short. Check the disk.`);
      await checkSeal(written, path);
      await removeOld(numbers.slice(1).map(pathOf));
    },

    async load() {
      const { names, numbers } = await list();
      // Left by a process that was killed.
      const isTemporary = (file: string): boolean => file.startsWith(`.${name}-`) && file.endsWith('.tmp');
      await removeOld(names.filter(isTemporary).map((file) => join(folder, file)));
      for (const [place, number] of numbers.entries()) {
        const path = pathOf(number);
        try {
          const bytes = await explained(path, 0, () => fileSystem.readFile(path));
          await checkSeal(bytes, path);
          return bytes;
        } catch (error) {
          const before = numbers[place + 1];
          const instead =
            before === undefined ? 'There is none before it: the training starts anew.' : `${pathOf(before)} is used.`;
          onWarning(`${(error as Error).message} ${instead}`);
        }
      }
      return null;
    },

    async clear() {
      for (const number of (await list()).numbers) {
        await explained(pathOf(number), 0, () => fileSystem.unlink(pathOf(number)));
      }
    },
  };
}
