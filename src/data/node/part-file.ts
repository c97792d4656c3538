/**
 * @file Files that are being downloaded: `NAME.part` where nobody writes them, `NAME.OWNER.part` where somebody does.
 *
 * A part is taken over by renaming it, which succeeds for one process and no other; so a download that was killed goes on
 * from where it was, and two at once do not write to one file. An owner that is no longer there, or has not written for
 * longer than any download may stall, has lost its part.
 */

import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { threadId } from 'node:worker_threads';
import { explained, syncFolder } from './atomic-file.ts';
import { isRunning } from './is-running.ts';

/** Milliseconds. */
const longestSilence = 60_000;

/** Parts that this thread is writing. */
const ownParts = new Set<string>();

const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
const owner = `${host}-${process.pid}-${threadId}`;

/** A part that this process owns. */
export class PartFile {
  readonly target: string;
  /** Bytes that it has. */
  size: number;
  #path: string;
  readonly #bytes: number;
  readonly #file: FileHandle;

  constructor(target: string, path: string, bytes: number, file: FileHandle, size: number) {
    this.target = target;
    this.#path = path;
    this.#bytes = bytes;
    this.#file = file;
    this.size = size;
  }

  /** @throws DataError */
  async append(chunk: Uint8Array): Promise<void> {
    await this.#explained(() => this.#file.appendFile(chunk));
    this.size += chunk.length;
  }

  /** Drops what is there. @throws DataError */
  async restart(): Promise<void> {
    if (this.size > 0) await this.#explained(() => this.#file.truncate(0));
    this.size = 0;
  }

  /** The SHA-256 of what the disk has. @throws DataError */
  async sha256(): Promise<string> {
    return this.#explained(async () => {
      await this.#file.sync();
      return sha256OfFile(this.#path);
    });
  }

  /** Gives the part its final name. @throws DataError */
  async finish(folder: string, name: string): Promise<void> {
    await this.#explained(async () => {
      await this.#file.close();
      await rename(this.#path, this.target);
      await syncFolder(folder);
    });
    ownParts.delete(this.#path);
    for (const left of await partsIn(folder, name)) {
      if (!left.isOwned) await rm(left.path, { force: true });
    }
  }

  /** Leaves the part to whoever goes on with it, unless it is empty or nobody needs it any more. */
  async release(): Promise<void> {
    await this.#file.close().catch(() => {});
    const free = `${this.target}.part`;
    const isNeeded = (await sizeOf(this.target)) === 0 && this.size > (await sizeOf(free));
    if (isNeeded) await rename(this.#path, free).catch(() => {});
    else await rm(this.#path, { force: true }).catch(() => {});
    ownParts.delete(this.#path);
  }

  #explained<T>(action: () => Promise<T>): Promise<T> {
    return explained(this.target, this.#bytes, action);
  }
}

/**
 * Takes over the largest part of `name` that nobody writes, or starts one.
 *
 * @param bytes what the whole file will have, for messages
 * @returns null if another process writes one
 * @throws DataError if the folder cannot be written to
 */
export async function takePart(folder: string, name: string, bytes: number): Promise<PartFile | null> {
  const target = join(folder, name);
  return explained(target, bytes, async () => {
    const parts = await partsIn(folder, name);
    const path = `${target}.${owner}-${randomBytes(4).toString('hex')}.part`;
    // Before the file is there: whoever sees it may ask at once.
    ownParts.add(path);
    try {
      for (const part of parts.filter(({ isOwned }) => !isOwned).sort((a, b) => b.size - a.size)) {
        if (!(await renamed(part.path, path))) continue;
        // It may have been silent for long.
        await utimes(path, new Date(), new Date());
        return new PartFile(target, path, bytes, await open(path, 'a'), await sizeOf(path));
      }
      if (parts.some(({ isOwned }) => isOwned)) {
        ownParts.delete(path);
        return null;
      }
      return new PartFile(target, path, bytes, await open(path, 'ax'), 0);
    } catch (error) {
      ownParts.delete(path);
      throw error;
    }
  });
}

/** The SHA-256 of a file: 64 lower-case hexadecimal digits. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash);
  return hash.digest('hex');
}

interface FoundPart {
  readonly path: string;
  readonly size: number;
  /** Whether somebody is writing it. */
  readonly isOwned: boolean;
}

async function partsIn(folder: string, name: string): Promise<FoundPart[]> {
  const parts: FoundPart[] = [];
  for (const each of await readdir(folder)) {
    if (!each.startsWith(`${name}.`) || !each.endsWith('.part')) continue;
    const path = join(folder, each);
    const found = await stat(path).catch(() => undefined);
    if (!found) continue;
    const of = /^\.(([0-9a-f]{8})-(\d+)-\d+)-[0-9a-f]{8}\.part$/.exec(each.slice(name.length));
    const isSilent = Date.now() - found.mtimeMs > longestSilence;
    const isOwned = of !== null && !isSilent && (of[1] === owner ? ownParts.has(path) : isAlive(of[2]!, Number(of[3])));
    parts.push({ path, size: found.size, isOwned });
  }
  return parts;
}

/** Of processes on other machines, which may share the folder, nothing is known: they pass for alive. */
const isAlive = (ownerHost: string, pid: number): boolean => ownerHost !== host || isRunning(pid);

/** Whether it was still there. */
const renamed = (from: string, to: string): Promise<boolean> =>
  rename(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );
