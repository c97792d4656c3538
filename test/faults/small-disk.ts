/**
 * @file A disk of 1 MB that can be filled while a program runs: a tmpfs of its own. Where the system lets nobody mount one,
 * a limit to the size of the program's files takes its place: its writes fail as really, with EFBIG.
 */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  /** Where it is. */
  readonly path: string;
  /** What a program says when it is full. */
  readonly problem: RegExp;
  /** Leaves no room for what the process writes from now on. */
  fill(child: ChildProcess): Promise<void>;
  free(child?: ChildProcess): Promise<void>;
  remove(): Promise<void>;
}

export async function smallDisk(): Promise<SmallDisk> {
  const path = await mkdtemp(join(tmpdir(), 'ocellus-small-'));
  return isMounted(path) ? mountedDisk(path) : limitedFiles(path);
}

function isMounted(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'ocellus', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function mountedDisk(path: string): SmallDisk {
  const filling = join(path, 'filling');
  return {
    path,
    problem: /the disk is full\. Make room for/,
    // The system writes what fits of it.
    fill: () => writeFile(filling, new Uint8Array(2 ** 20)).catch(() => {}),
    free: () => rm(filling, { force: true }),
    async remove() {
      execFileSync('umount', [path]);
      await rm(path, { recursive: true });
    },
  };
}

function limitedFiles(path: string): SmallDisk {
  const limit = (child: ChildProcess | undefined, bytes: string): void => {
    if (child) execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:`]);
  };
  return {
    path,
    problem: /EFBIG: file too large/,
    fill: async (child) => limit(child, '500'),
    free: async (child) => limit(child, 'unlimited'),
    remove: () => rm(path, { recursive: true }),
  };
}
