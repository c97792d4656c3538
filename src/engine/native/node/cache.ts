/**
 * @file Compiled libraries, kept for the next time. One lies under `KEY-SHA256.so`: what it was made from, and what it must
 * be. It is written under another name and moved, so that whoever starts at the same time finds a whole one or none.
 *
 * What lies here is loaded into the process: folder and library have to belong to this user, and nobody else may write them.
 */
import { createHash, randomUUID } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { NativeProblem } from './problem.ts';

export const cacheFolder = (): string =>
  join(process.env.OCELLUS_CACHE || envPaths('ocellus', { suffix: '' }).cache, 'native');

export const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/**
 * The path of a library, built where there is no sound one.
 * @param key of all that it is made from
 * @throws NativeProblem if somebody else could have put it there, or whatever `build` throws
 */
export async function libraryOf(key: string, build: (file: string) => Promise<void>): Promise<string> {
  const folder = cacheFolder();
  await prepareFolder(folder);
  const found = await findLibrary(key);
  if (found !== undefined) return found;
  const temporary = join(folder, `${randomUUID()}.tmp`);
  try {
    await build(temporary);
    await chmod(temporary, 0o600);
    const path = join(folder, `${key}-${sha256(await readFile(temporary))}.so`);
    await rename(temporary, path);
    return path;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** A sound library that is there already; a damaged one is removed. @throws NativeProblem */
export async function findLibrary(key: string): Promise<string | undefined> {
  const folder = cacheFolder();
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(`${key}-`) || !name.endsWith('.so')) continue;
    const path = join(folder, name);
    await refuseForeign(folder, 'folder');
    await refuseForeign(path, 'file');
    if (name === `${key}-${sha256(await readFile(path))}.so`) return path;
    await rm(path, { force: true });
  }
  return undefined;
}

/** Makes the folder unless it is there. @throws NativeProblem */
export async function prepareFolder(folder = cacheFolder()): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const { message } = cause as Error;
    throw new NativeProblem(`its folder ${folder} cannot be made: ${message}`, { cause });
  }
  await refuseForeign(folder, 'folder');
}

/** @throws NativeProblem unless it is this user's and nobody else may write it */
async function refuseForeign(path: string, kind: 'folder' | 'file'): Promise<void> {
  const found = await lstat(path);
  const own = process.getuid!();
  const is = kind === 'folder' ? found.isDirectory() : found.isFile();
  const mode = (found.mode & 0o777).toString(8).padStart(3, '0');
  const problem = !is
    ? `is no ${kind}`
    : found.uid !== own
      ? `belongs to user ${found.uid}`
      : (found.mode & 0o022) !== 0
        ? `may be written by others (mode ${mode})`
        : undefined;
  if (problem === undefined) return;
  throw new NativeProblem(
    `${path}, which it would load code from, needs to be a ${kind} that user ${own} alone may write, but ${problem}; remove it`,
  );
}
