/** @file A file system that fails at one call, or from it on. */
import type { OpenFile } from '../../src/data/node/atomic-file.ts';
import { type DiskFileSystem, failure } from '../simulated-disk.ts';

/**
 * A short write takes half of the bytes, and says so. A lost write takes half and says that it took all: only what is read
 * back tells. A power cut stops everything, the cleaning up, too. All others are error codes.
 */
export const faults = ['ENOSPC', 'EIO', 'EDQUOT', 'EROFS', 'short write', 'lost write', 'no write'] as const;
export type Fault = (typeof faults)[number] | 'power cut';

export interface Faulty {
  readonly fileSystem: DiskFileSystem;
  /** How many there were. */
  readonly calls: () => number;
}

/** The same file system, counting calls; the one numbered `at`, from 1, fails, and where it is for ever all later ones do. */
export function faulty(
  inner: DiskFileSystem,
  { at, fault, forEver = false }: { readonly at: number; readonly fault: Fault; readonly forEver?: boolean },
): Faulty {
  let calls = 0;
  const isHit = (): boolean => ++calls === at || (calls > at && (forEver || fault === 'power cut'));
  const hasCode = !fault.endsWith(' write');
  const fallible = async <T>(action: () => Promise<T>): Promise<T> => {
    if (isHit() && hasCode) throw failure(fault);
    return action();
  };
  const wrapped = (file: OpenFile): OpenFile => ({
    async write(bytes, offset, length, position) {
      if (!isHit()) return file.write(bytes, offset, length, position);
      if (fault === 'no write') return { bytesWritten: 0 };
      const { bytesWritten } = await file.write(bytes, offset, Math.ceil(length / 2), position);
      if (hasCode) throw failure(fault);
      return { bytesWritten: fault === 'lost write' ? length : bytesWritten };
    },
    sync: () => fallible(() => file.sync()),
    close: () => fallible(() => file.close()),
  });
  const fileSystem: DiskFileSystem = {
    open: (path, flags) => fallible(async () => wrapped(await inner.open(path, flags))),
    readFile: (path) => fallible(() => inner.readFile(path)),
    rename: (from, to) => fallible(() => inner.rename(from, to)),
    stat: (path) => fallible(() => inner.stat(path)),
    unlink: (path) => fallible(() => inner.unlink(path)),
    readdir: (path) => fallible(() => inner.readdir(path)),
    mkdir: (path) => fallible(() => inner.mkdir(path)),
  };
  return { fileSystem, calls: () => calls };
}
