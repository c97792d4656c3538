/** @file Reads files from disk whole; an IDX file after a look at its kind, its size and its header. */

import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { DataError } from '../../errors.ts';
import { formatCount } from '../../format-number.ts';
import { inflateIdx, isGzip } from '../gzip.ts';
import { checkIdxLength, MAX_HEADER_BYTES, readIdxHeader } from '../idx.ts';

/** Node reads no larger file in one go. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

/** The uncompressed content of an IDX file, as `readIdxContent` gives it. @throws DataError */
export async function readIdxFile(path: string): Promise<Uint8Array> {
  return (await readIdxContent(path)).bytes;
}

/**
 * The uncompressed content of an IDX file, raw or packed with gzip. A raw file's header is held to the file's size before
 * the rest is read.
 *
 * @returns packed: the file as it is, if it is packed
 * @throws DataError if the file cannot be read, is no IDX file, or is damaged
 */
export async function readIdxContent(path: string): Promise<{ bytes: Uint8Array; packed: Uint8Array | null }> {
  let file: FileHandle | undefined;
  try {
    // Before opening: opening a named pipe would wait.
    const kind = await stat(path);
    if (!kind.isFile()) throw new DataError(`${path} is not a file. Give IDX files, raw or .gz.`);
    if (kind.size > MAX_FILE_BYTES) {
      const limit = `at most ${formatCount(MAX_FILE_BYTES)} are read`;
      throw new DataError(`${path} has ${formatCount(kind.size, 'byte')}; ${limit}. Is this an IDX file?`);
    }
    file = await open(path);
    const head = new Uint8Array(Math.min(kind.size, MAX_HEADER_BYTES));
    await file.read(head, 0, head.length, 0);
    if (!isGzip(head)) checkIdxLength(readIdxHeader(head, path), kind.size, path);
    const bytes = await file.readFile();
    return isGzip(bytes) ? { bytes: await inflateIdx(bytes, path), packed: bytes } : { bytes, packed: null };
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    throw new DataError(`${path} cannot be read (${cause.message}). Check the file, and who may read it.`, { cause });
  } finally {
    // Of a file that was only read, nothing can be lost.
    await file?.close().catch(() => {});
  }
}

/** Any file, whole. @throws DataError if it cannot be read */
export async function readWholeFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const problems: Record<string, string> = {
      ENOENT: 'it does not exist. Check the name.',
      EISDIR: 'it is a folder. Give the name of a file.',
      EACCES: 'this user may not read it. Change its permissions.',
    };
    throw new DataError(`${path} cannot be read: ${problems[code] ?? message}`, { cause });
  }
}
