/**
 * @file Makes folders. Node's own `recursive` asks again and again where a system answers ENOENT for a folder whose parent is
 * there, as Linux does under /proc, and never ends; and it does not sync: a power cut could take a folder away with all that
 * was synced in it.
 */

import * as nodeFileSystem from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DataError } from '../../errors.ts';
import { type FileSystem, syncFolder } from './atomic-file.ts';

/** What is needed of `node:fs/promises`; a test may let each call fail in turn. */
export interface FolderMaker extends Pick<FileSystem, 'open' | 'stat'> {
  mkdir(path: string): Promise<unknown>;
}

/**
 * Makes a folder, and those above it, unless it is there.
 *
 * @param remedy the end of the message
 * @throws DataError saying why it cannot be made; folders above it may have been
 */
export async function makeFolder(
  path: string,
  remedy = 'Choose another place.',
  fileSystem: FolderMaker = nodeFileSystem,
): Promise<void> {
  const missing: string[] = [];
  let at = resolve(path);
  try {
    while (!(await isFolder(at, fileSystem))) {
      missing.unshift(at);
      at = dirname(at);
    }
    for (at of missing) {
      await makeOne(at, fileSystem);
      await keepName(at, fileSystem);
    }
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const above = dirname(at);
    const problems: Record<string, string> = {
      EACCES: `this user may not write to ${above}`,
      EDQUOT: 'the disk quota is used up',
      EEXIST: `${at} is not a folder`,
      ENOENT: `${above} takes no folders`,
      ENOSPC: 'the disk is full',
      EPERM: `the system does not permit it in ${above}`,
      EROFS: `the disk of ${above} is read-only`,
    };
    throw new DataError(`The folder ${path} cannot be made: ${problems[code] ?? message}. ${remedy}`, { cause });
  }
}

/** False if nothing is there. @throws what the system reports if it is something else, or cannot be looked at */
async function isFolder(path: string, fileSystem: FolderMaker): Promise<boolean> {
  try {
    if ((await fileSystem.stat(path)).isDirectory()) return true;
  } catch (error) {
    const isMissing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code!);
    // A root that is not there is a drive that is not.
    if (isMissing && dirname(path) !== path) return false;
    throw error;
  }
  throw Object.assign(new Error('not a folder'), { code: 'EEXIST' });
}

/** It may have been made by another process meanwhile. */
async function makeOne(path: string, fileSystem: FolderMaker): Promise<void> {
  await fileSystem.mkdir(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST' || !(await isFolder(path, fileSystem))) throw error;
  });
}

/** Makes the name of a new folder outlive a power cut; where one may write but not look, that is left to the system. */
export async function keepName(path: string, fileSystem: FolderMaker = nodeFileSystem): Promise<void> {
  await syncFolder(dirname(path), fileSystem).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EACCES') throw error;
  });
}
