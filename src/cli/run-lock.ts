/**
 * @file A run's folder belongs to one process at a time: `lock.json` says to which.
 *
 * The file appears whole, by a link, which fails where there is one already. An owner that is no longer there has lost it. A
 * process number alone does not tell, since the system gives it anew: the time at which the process started belongs to it,
 * where the system shows that (/proc/PID/stat, field 22, in ticks since the boot that /proc/sys/kernel/random/boot_id names).
 * Nor does a number of another PID namespace, such as a container's, say anything here (/proc/self/ns/pid).
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { link, lstat, readFile, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { explained } from '../data/node/atomic-file.ts';
import { isRunning } from '../data/node/is-running.ts';
import { DataError, UsageError } from '../errors.ts';

export interface Owner {
  readonly pid: number;
  /** When it started, as the system has it; null where it does not tell. */
  readonly started: string | null;
  readonly host: string;
  /** The PID namespace that its number is of; null where the system does not tell. The first locks have none. */
  readonly namespace?: string | null;
  /** What it runs, for people. */
  readonly command: string;
}

export const lockName = 'lock.json';

/**
 * Takes the folder for this process.
 * @param shown the folder's name in messages
 * @returns what gives it back
 * @throws UsageError naming the process that has it; DataError if nothing can be written there
 */
export async function lockFolder(shown: string, folder: string, command: string): Promise<() => Promise<void>> {
  const path = join(folder, lockName);
  const { pid } = process;
  const owner: Owner = { pid, started: startOf(pid), host: hostname(), namespace: ownNamespace(), command };
  const content = `${JSON.stringify(owner)}\n`;
  const mine = join(folder, `.${lockName}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`);
  await explained(path, content.length, async () => {
    try {
      await writeFile(mine, content, { flag: 'wx' });
      for (;;) {
        if (await linked(mine, path)) return;
        const other = await read(path);
        if (other === undefined) continue;
        if (isAlive(other.owner)) throw inUse(shown, other.owner);
        await takeAway(path, other.content);
      }
    } finally {
      await unlink(mine).catch(() => {});
    }
  });
  return async () => {
    // One that cannot be read is this one: nobody takes a lock whose owner is there.
    const there = await read(path).catch(() => ({ content }));
    if (there?.content === content) await unlink(path).catch(() => {});
  };
}

/** @throws UsageError naming the process that has the folder; DataError if that cannot be told */
export async function refuseIfInUse(folder: string): Promise<void> {
  const other = await read(join(folder, lockName));
  if (other && isAlive(other.owner)) throw inUse(folder, other.owner);
}

/** Whether a process has the folder. @throws DataError if that cannot be told */
export async function isInUse(folder: string): Promise<boolean> {
  const other = await read(join(folder, lockName));
  return other !== undefined && isAlive(other.owner);
}

/** Whether the process that wrote a lock is still there. */
export function isAlive(owner: Owner): boolean {
  const { pid, started, host } = owner;
  // No system numbers its processes beyond 31 bits.
  if (!(pid > 0) || (pid | 0) !== pid) return false;
  const boot = bootId();
  // A boot of this machine left nobody of the one before, in any namespace, whose number may be given anew, too.
  if (host === hostname() && started !== null && boot !== null && !`${started}`.startsWith(`${boot} `)) return false;
  if (isElsewhere(owner)) return true;
  if (!isRunning(pid)) return false;
  const now = startOf(pid);
  return started === null || now === null || now === started;
}

/** Whether its number is of another machine or PID namespace, so that nothing can be known. */
const isElsewhere = ({ host, namespace = null }: Owner): boolean =>
  host !== hostname() || (namespace !== null && namespace !== ownNamespace());

/** Milliseconds after which whoever was removing a lock is gone, too: it takes a few. */
const longestRemoval = 10_000;

/**
 * Removes a dead owner's lock. Who may remove the lock of this content is settled by a file that one process alone can
 * make: nobody else's new lock can be removed in its place.
 */
async function takeAway(path: string, content: string): Promise<void> {
  const right = `${path}.${createHash('sha256').update(content).digest('hex').slice(0, 16)}.tmp`;
  try {
    await writeFile(right, '', { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // A clock may have been put back since.
    const since = await lstat(right).then(
      ({ mtimeMs }) => Math.abs(Date.now() - mtimeMs),
      () => 0,
    );
    if (since > longestRemoval) await removeFile(right);
    await setTimeout(5);
    return;
  }
  try {
    if ((await readFile(path, 'utf8').catch(() => undefined)) === content) await unlink(path);
  } finally {
    await unlink(right).catch(() => {});
  }
}

async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT')
      throw new DataError(`${path} cannot be removed: ${cause.message}. Remove it.`, { cause });
  });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * A lock that is no JSON is nobody's.
 * @throws DataError if there is one that cannot be read, as it may be somebody's, or something that is no file
 */
async function read(path: string): Promise<{ content: string; owner: Owner } | undefined> {
  const remedy = 'If no process uses its folder, remove it.';
  const content = await lstat(path)
    .then((found) => {
      // A link may lead nowhere, and a pipe may never end.
      if (!found.isFile()) throw new DataError(`${path} is no file. ${remedy}`);
      return readFile(path, 'utf8');
    })
    .catch((cause: NodeJS.ErrnoException | DataError) => {
      if (cause instanceof DataError) throw cause;
      if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
      throw new DataError(`${path} cannot be read: ${cause.message}. ${remedy}`, { cause });
    });
  if (content === undefined) return undefined;
  const nobody: Owner = { pid: 0, started: '', host: hostname(), command: '' };
  try {
    return { content, owner: { ...nobody, ...JSON.parse(content) } };
  } catch {
    return { content, owner: nobody };
  }
}

/** When a process started, in ticks since which boot; null where the system does not tell. */
export function startOf(pid: number): string | null {
  const boot = bootId();
  const stat = told(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (boot === null || stat === null) return null;
  // The second field is the program's name in brackets, and may have brackets and spaces itself.
  return `${boot} ${stat.replace(/^.*\)/s, '').trim().split(' ')[19]}`;
}

const bootId = (): string | null => told(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());

/** This process's own PID namespace, as the system names it. */
export const ownNamespace = (): string | null => told(() => readlinkSync('/proc/self/ns/pid'));

function told(ask: () => string): string | null {
  try {
    return ask();
  } catch {
    return null;
  }
}

function inUse(folder: string, owner: Owner): UsageError {
  const { pid, host, command } = owner;
  if (!isElsewhere(owner)) {
    return new UsageError(`${folder} is in use by process ${pid} (${command}). Wait for its end, or stop it.`);
  }
  const where = host === hostname() ? 'in another PID namespace' : `on ${host}`;
  return new UsageError(
    `${folder} is in use by process ${pid} ${where} (${command}). If that has ended, remove ${join(folder, lockName)}.`,
  );
}
