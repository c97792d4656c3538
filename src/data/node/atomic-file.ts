/**
 * @file Files that are there whole or not at all.
 *
 * The bytes go to a temporary file beside the target, which is synced, read back, and renamed over the target; then the
 * folder is synced, so that the new name outlives a power cut. Until the rename the older file is untouched. A process that
 * is killed may leave its temporary file: `targetOfTemporary` knows it. Source: T. Pillai et al., "All File
 * Systems Are Not Created Equal", OSDI 2014.
 */

import { randomBytes } from 'node:crypto';
import * as nodeFileSystem from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DataError, OcellusError } from '../../errors.ts';
import { formatCount } from '../../format-number.ts';
import { isRunning } from './is-running.ts';

const IS_FOLDER = 'it is a folder. Give the name of a file.';

/** What is needed of `node:fs/promises`; a test may let each call fail in turn. */
export interface FileSystem {
  open(path: string, flags: string): Promise<OpenFile>;
  readFile(path: string): Promise<Uint8Array>;
  rename(from: string, to: string): Promise<void>;
  stat(path: string): Promise<{ isDirectory(): boolean; isFile(): boolean }>;
  unlink(path: string): Promise<void>;
}

/** An open file. */
export interface OpenFile {
  /** Writes as many of the `length` bytes from `offset` on as it can, at `position` in the file. */
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Writes a file, or leaves everything as it was.
 *
 * @throws DataError saying why it cannot be written; an older file at `path` is intact, unless only the last step, the
 *   sync of the folder, failed
 */
export async function writeFileAtomically(
  path: string,
  bytes: Uint8Array,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<void> {
  await explained(path, bytes.length, async () => {
    await refuseOthersThanFiles(path, fileSystem);
    await withTemporary(path, bytes, fileSystem, (temporary) => fileSystem.rename(temporary, resolve(path)));
    await syncFolder(dirname(resolve(path)), fileSystem);
  });
}

/** Makes the names in a folder outlive a power cut. */
export async function syncFolder(path: string, fileSystem: Pick<FileSystem, 'open'> = nodeFileSystem): Promise<void> {
  // Windows cannot open a folder.
  if (process.platform === 'win32') return;
  await withOpen(await fileSystem.open(path, 'r'), (folder) => folder.sync());
}

/**
 * Makes sure that a file of so many bytes could be written at `path`, by writing one beside it.
 *
 * @throws DataError if `path` is a folder or a device, or its folder is missing, or cannot be written to
 */
export async function checkWritable(path: string, bytes = 1, fileSystem: FileSystem = nodeFileSystem): Promise<void> {
  await explained(path, bytes, async () => {
    await refuseOthersThanFiles(path, fileSystem);
    await withTemporary(path, new Uint8Array(bytes).fill(1), fileSystem, (temporary) => fileSystem.unlink(temporary));
  });
}

/** A rename over a device would take its place. */
async function refuseOthersThanFiles(path: string, fileSystem: FileSystem): Promise<void> {
  const target = await fileSystem.stat(resolve(path)).catch(() => undefined);
  if (target?.isDirectory()) throw new DataError(`${path} cannot be written: ${IS_FOLDER}`);
  if (target && !target.isFile()) {
    throw new DataError(`${path} cannot be written: it is a device or a pipe. Give the name of a file.`);
  }
}

/** Writes a temporary file beside `path`, makes sure of it, and hands it to `use`; removes it if anything fails. */
async function withTemporary(
  path: string,
  bytes: Uint8Array,
  fileSystem: FileSystem,
  use: (temporary: string) => Promise<void>,
): Promise<void> {
  const target = resolve(path);
  const name = `.${shortened(basename(target))}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
  const temporary = join(dirname(target), name);
  const file = await fileSystem.open(temporary, 'wx');
  try {
    await withOpen(file, async () => {
      await writeAll(file, bytes, path);
      await file.sync();
    });
    if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).equals(await fileSystem.readFile(temporary))) {
      throw new DataError(`${path} was not written: what was read back differs. Check the disk, or choose another.`);
    }
    await use(temporary);
  } catch (error) {
    await fileSystem.unlink(temporary).catch(() => {});
    throw error;
  }
}

/** A disk that takes no byte and reports no error would be asked for ever. */
async function writeAll(file: OpenFile, bytes: Uint8Array, path: string): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, at);
    if (bytesWritten === 0) throw new DataError(`${path} was not written: the disk takes no more. Choose another.`);
    at += bytesWritten;
  }
}

/** So that a long name still is one with its ending; numbers are at the end. */
export const shortened = (name: string): string => name.slice(-60);

const temporaryName = /^\.(.+)\.(\d+)\.[0-9a-f]{12}\.tmp$/s;

/** What a temporary file was to become, `shortened`; undefined for the names of other files. */
export const targetOfTemporary = (name: string): string | undefined => temporaryName.exec(name)?.[1];

/** Milliseconds in which whoever is writing a file writes more of it, on a machine whose processes cannot be seen from here. */
const longestPause = 10_000;

/** Removes what processes that were killed left of a file that they were writing, if it can be removed. */
export async function removeTemporaries(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  const names = await nodeFileSystem.readdir(folder).catch((): string[] => []);
  for (const name of names.filter((one) => targetOfTemporary(one) === shortened(basename(resolve(path))))) {
    const { mtimeMs = Date.now() } = (await nodeFileSystem.stat(join(folder, name)).catch(() => undefined)) ?? {};
    const isSilent = Date.now() - mtimeMs > longestPause;
    if (!isSilent || isRunning(Number(temporaryName.exec(name)![2]))) continue;
    await nodeFileSystem.unlink(join(folder, name)).catch(() => {});
  }
}

async function withOpen(file: OpenFile, use: (file: OpenFile) => Promise<void>): Promise<void> {
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

/**
 * Runs `action`, which writes so many bytes at `path`.
 *
 * @throws DataError: what the system reports, as a message with a remedy
 */
export async function explained<T>(path: string, bytes: number, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof OcellusError) throw cause;
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const folder = dirname(resolve(path));
    const space = `Make room for ${formatCount(bytes, 'byte')}, or choose another place.`;
    const problems: Record<string, string> = {
      EACCES: `this user may not write to ${folder}. Choose another place, or change its permissions.`,
      EDQUOT: `the disk quota is used up. ${space}`,
      EISDIR: IS_FOLDER,
      ENOENT: `the folder ${folder} does not exist. Make it (mkdir -p), or choose another.`,
      ENOSPC: `the disk is full. ${space}`,
      EEXIST: `${folder} is not a folder. Choose another place.`,
      ENOTDIR: `${folder} is not a folder. Choose another place.`,
      EPERM: `the system does not permit it in ${folder}. Choose another place.`,
      EROFS: `the disk of ${folder} is read-only. Choose another place.`,
    };
    throw new DataError(`${path} cannot be written: ${problems[code] ?? message}`, { cause });
  }
}
