/**
 * @file Checkpoints in a folder: `NAME-1.safetensors`, `NAME-2.safetensors`, …, the two newest of them.
 *
 * Each is written beside its name, synced, renamed, the folder synced, and read back; only then is it called saved, and only
 * then does the one before the last go. So there is a whole one at any instant, whatever fails.
 */
import * as nodeFileSystem from 'node:fs/promises';
import { basename, join } from 'node:path';
import { explained, type FileSystem, targetOfTemporary, writeFileAtomically } from '../../data/node/atomic-file.ts';
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
  /** Told of each checkpoint that is damaged or cannot be read, with its path and what is used instead. */
  readonly onWarning?: (message: string) => void;
  readonly fileSystem?: FolderFileSystem;
}

export interface FolderStore extends CheckpointStore {
  /**
   * A damaged checkpoint is passed over, and so is one that cannot be read, if there is a whole one before it.
   * @throws DataError if there is none, and one may be there that cannot be read: the training is not to start anew
   */
  load(): Promise<Uint8Array | null>;
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
  /** The newest that was read back, or loaded. */
  let whole: number | undefined;

  const numberOf = (file: string): number[] => {
    const number = Number(/-(\d{1,15})\.safetensors$/.exec(file)?.[1]);
    return file === basename(pathOf(number)) ? [number] : [];
  };
  /** The numbers of the checkpoints, the newest first. What a killed process left of its last save is removed. */
  const list = async (): Promise<readonly number[]> => {
    const names = await explained(join(folder, name), 0, () => fileSystem.readdir(folder));
    const left = names.filter((file) => numberOf(targetOfTemporary(file) ?? '').length > 0);
    await removeIfPossible(left.map((file) => join(folder, file)));
    return names.flatMap(numberOf).sort((a, b) => b - a);
  };
  const read = (path: string): Promise<Uint8Array> =>
    fileSystem.readFile(path).catch((cause: Error) => {
      throw new DataError(`${path} cannot be read: ${cause.message}. Check the disk, and who may read it.`, { cause });
    });
  /** What cannot be removed does no harm, and goes another time. */
  const removeIfPossible = async (paths: readonly string[]): Promise<void> => {
    for (const path of paths) await fileSystem.unlink(path).catch(() => {});
  };

  return {
    async save(bytes) {
      const numbers = await list();
      const [newest = 0] = numbers;
      const number = newest + 1;
      const path = pathOf(number);
      await writeFileAtomically(path, bytes, fileSystem);
      await checkSeal(await read(path), path);
      const kept = whole ?? newest;
      whole = number;
      await removeIfPossible(numbers.filter((other) => other !== kept).map(pathOf));
    },

    async load() {
      const numbers = await list();
      let unread: unknown;
      for (const [place, number] of numbers.entries()) {
        const path = pathOf(number);
        try {
          const bytes = await read(path).catch((error) => {
            unread ??= error;
            throw error;
          });
          await checkSeal(bytes, path);
          whole = number;
          return bytes;
        } catch (error) {
          const before = numbers[place + 1];
          if (before === undefined && unread !== undefined) throw unread;
          const instead =
            before === undefined ? 'There is none before it: the training starts anew.' : `${pathOf(before)} is used.`;
          onWarning(`${(error as Error).message} ${instead}`);
        }
      }
      return null;
    },

    async clear() {
      for (const number of await list()) {
        await explained(pathOf(number), 0, () => fileSystem.unlink(pathOf(number)));
      }
    },
  };
}
