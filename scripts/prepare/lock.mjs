/**
 * @file One process at a time, by a lock folder.
 *
 * The lock is a folder that holds one empty folder, named for its owner: `.prepare-lock/<pid>@<host>@<random>`.
 * - Taking it is one rename of a folder already complete, which fails while another's lock is there: no lock is ever
 *   without an owner.
 * - The lock of a dead owner is taken away by removing the folder named for that owner, and no other: however late
 *   a process acts on what it saw, it cannot remove the lock of the next owner.
 * - An owner is dead when its process is, or (on another host, or with its number in use again) when the time on
 *   its folder, which an owner keeps touching, has stood still for a while by the watcher's own clock.
 * Empty folders, since git does not see those.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const pollMilliseconds = 100;
const touchMilliseconds = 2_000;
const deadAfterMilliseconds = 30_000;

/** Does something while holding the lock; waits for it first. */
export async function withLock(path, action) {
  const owner = `${process.pid}@${hostname()}@${randomBytes(6).toString('hex')}`;
  await take(path, owner);
  const touching = setInterval(() => touch(join(path, owner)), touchMilliseconds);
  try {
    return await action();
  } finally {
    clearInterval(touching);
    remove(join(path, owner));
    remove(path);
  }
}

async function take(path, owner) {
  const mine = `${path}-${owner}`;
  mkdirSync(join(mine, owner), { recursive: true });
  const started = Date.now();
  let hasToldOfWaiting = false;
  let seen = { holder: undefined, touched: 0, since: 0 };
  try {
    while (!renamed(mine, path)) {
      const holder = holderOf(path);
      const touched = holder && timeOf(join(path, holder));
      if (touched === undefined) {
        remove(path);
        continue;
      }
      const now = performance.now();
      if (holder !== seen.holder || touched !== seen.touched) seen = { holder, touched, since: now };
      if (isDead(holder) || now - seen.since > deadAfterMilliseconds) {
        remove(join(path, holder));
        continue;
      }
      if (!hasToldOfWaiting && Date.now() - started > 1_000) {
        console.error('waiting for another process that is preparing this folder…');
        hasToldOfWaiting = true;
      }
      await pause(pollMilliseconds);
    }
  } finally {
    rmSync(mine, { recursive: true, force: true });
  }
}

function renamed(from, to) {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    const taken = ['ENOTEMPTY', 'EEXIST', ...(process.platform === 'win32' ? ['EPERM', 'EACCES'] : [])];
    if (taken.includes(error.code)) return false;
    throw error;
  }
}

function holderOf(path) {
  return orUndefined(() => readdirSync(path)[0]);
}

function timeOf(path) {
  return orUndefined(() => statSync(path).mtimeMs);
}

/** Whether the process that an owner's name tells of is gone; false when that cannot be known from here. */
function isDead(owner) {
  const [pid, host] = owner.split('@');
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function touch(path) {
  orUndefined(() => utimesSync(path, new Date(), new Date()));
}

/** Removes an empty folder; what is gone already or not empty is left alone. */
function remove(path) {
  orUndefined(() => rmdirSync(path));
}

function orUndefined(action) {
  try {
    return action();
  } catch (error) {
    if (['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EPERM', 'EBUSY'].includes(error.code)) return undefined;
    throw error;
  }
}
