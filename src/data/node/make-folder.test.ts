import * as nodeFileSystem from 'node:fs/promises';
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataError } from '../../errors.ts';
import { type FolderMaker, makeFolder } from './make-folder.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function messageFor(path: string, remedy?: string): Promise<string> {
  const error: unknown = await makeFolder(path, remedy).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(DataError);
  return (error as Error).message;
}

test('makes a folder and those above it, also if they are there, and several at once', async () => {
  const path = join(folder, 'a', 'b', 'c');
  await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(path, 'd'))]);
  await makeFolder(path);
  expect((await stat(join(path, 'd'))).isDirectory()).toBe(true);
});

test('syncs the folder above each that it makes, unless that may not be read', async () => {
  const synced: string[] = [];
  const fileSystemThat = (code?: string): FolderMaker => ({
    ...nodeFileSystem,
    async open(path, flags) {
      if (code) throw Object.assign(new Error(code), { code });
      const file = await nodeFileSystem.open(path, flags);
      return {
        write: () => Promise.reject(new Error('a folder')),
        sync: async () => {
          synced.push(path);
          await file.sync();
        },
        close: () => file.close(),
      };
    },
  });
  await makeFolder(join(folder, 'a', 'b'), undefined, fileSystemThat());
  expect(synced).toEqual([folder, join(folder, 'a')]);
  await makeFolder(join(folder, 'c'), undefined, fileSystemThat('EACCES'));
  await expect(makeFolder(join(folder, 'd'), undefined, fileSystemThat('EIO'))).rejects.toThrow(
    new DataError(`The folder ${join(folder, 'd')} cannot be made: EIO. Choose another place.`),
  );
});

test('says what is in the way', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  const problem = `cannot be made: ${file} is not a folder. Choose another place.`;
  expect(await messageFor(file)).toBe(`The folder ${file} ${problem}`);
  expect(await messageFor(join(file, 'a', 'b'))).toBe(`The folder ${join(file, 'a', 'b')} ${problem}`);
  const link = join(folder, 'link');
  await symlink(join(folder, 'nowhere'), link);
  expect(await messageFor(join(link, 'a'))).toBe(
    `The folder ${join(link, 'a')} cannot be made: ${link} is not a folder. Choose another place.`,
  );
});

test.runIf(process.platform === 'linux')('ends where the system takes no folders', async () => {
  expect(await messageFor('/proc/nope/data', 'Give another one.')).toBe(
    'The folder /proc/nope/data cannot be made: /proc takes no folders. Give another one.',
  );
});
