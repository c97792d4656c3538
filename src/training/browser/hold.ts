/**
 * @file One user at a time, by Web Locks, which the browser takes from a page or a worker that is gone, however it went.
 *
 * Whoever has the lock of a name also has one whose own name says who that is: so the others can tell.
 */
import { UsageError } from '../../errors.ts';

interface LockOptions {
  readonly mode?: 'shared';
  readonly signal?: AbortSignal;
}

interface Locks {
  request(name: string, options: LockOptions, use: () => Promise<void>): Promise<void>;
  query(): Promise<{ readonly held: readonly { readonly name: string }[] }>;
}

declare const navigator: { readonly locks: Locks };
declare const location: { readonly href: string };

/** Seconds. The worker of a page that was just reloaded may take some to end. */
const patience = 5;

export const hasLocks = (): boolean => 'navigator' in globalThis && 'locks' in navigator;

/**
 * @param name what is to have one user
 * @returns what ends its use
 * @throws UsageError naming who has it
 */
export async function hold(name: string): Promise<() => void> {
  const lock = `ocellus ${JSON.stringify(name)}`;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await untilGranted(lock, { signal: AbortSignal.timeout(1000 * patience) }, released).catch(async (error: Error) => {
    if (error.name !== 'TimeoutError') throw error;
    const { held } = await navigator.locks.query();
    const user = held.find((other) => other.name.startsWith(`${lock} `))?.name.slice(lock.length + 1);
    throw new UsageError(
      `The store "${name}" is in use by ${user ?? 'another page'}. ` +
        'Close that page, or wait for the end of its training, or give this one a store of another name.',
    );
  });
  const since = new Date().toISOString().slice(0, 19).replace('T', ' ');
  await untilGranted(`${lock} ${location.href} since ${since} UTC`, { mode: 'shared' }, released);
  return release;
}

/** Takes a lock, and keeps it until `released`. */
function untilGranted(name: string, options: LockOptions, released: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const use = (): Promise<void> => {
      resolve();
      return released;
    };
    navigator.locks.request(name, options, use).catch(reject);
  });
}
