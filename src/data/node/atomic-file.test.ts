import { spawnSync } from 'node:child_process';
import * as nodeFileSystem from 'node:fs/promises';
import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataError } from '../../errors.ts';
import {
  checkWritable,
  type FileSystem,
  removeTemporaries,
  targetOfTemporary,
  writeFileAtomically,
} from './atomic-file.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-'));
  path = join(folder, 'model.ocellus');
});

afterEach(() => rm(folder, { recursive: true }));

const bytes = Uint8Array.of(1, 2, 3);

/** The real file system, but every call is noted, and the one called `failing` fails with `code`. */
function spied(failing = '', code = 'EIO'): { calls: string[]; fileSystem: FileSystem } {
  const calls: string[] = [];
  const note = (call: string) => {
    calls.push(call);
    if (call === failing) throw Object.assign(new Error(`${code}: simulated`), { code });
  };
  const fileSystem: FileSystem = {
    async open(path, flags) {
      note(flags === 'r' ? 'open folder' : 'open');
      const file = await nodeFileSystem.open(path, flags);
      return {
        async write(bytes, offset, length, position) {
          note('write');
          // Short of all but the last byte.
          return file.write(bytes, offset, failing === 'no progress' ? 0 : Math.ceil(length / 2), position);
        },
        async sync() {
          note(flags === 'r' ? 'sync folder' : 'sync');
          await file.sync();
        },
        async close() {
          await file.close();
          note(flags === 'r' ? 'close folder' : 'close');
        },
      };
    },
    async readFile(path) {
      note('read');
      return failing === 'disk' ? Uint8Array.of(0) : nodeFileSystem.readFile(path);
    },
    async rename(from, to) {
      note('rename');
      await nodeFileSystem.rename(from, to);
    },
    async stat(path) {
      note('stat');
      return nodeFileSystem.stat(path);
    },
    async unlink(path) {
      note('unlink');
      await nodeFileSystem.unlink(path);
    },
  };
  return { calls, fileSystem };
}

async function messageFor(action: Promise<void>): Promise<string> {
  const error: unknown = await action.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(DataError);
  return (error as Error).message;
}

test('writes a file, and replaces it', async () => {
  await writeFileAtomically(path, Uint8Array.of(9));
  await writeFileAtomically(path, bytes);
  expect(Uint8Array.from(await readFile(path))).toEqual(bytes);
  expect(await readdir(folder)).toEqual(['model.ocellus']);
});

test('syncs and reads back before it renames, and syncs the folder after', async () => {
  const { calls, fileSystem } = spied();
  await writeFileAtomically(path, bytes, fileSystem);
  const steps = [
    'stat',
    'open',
    'write',
    'write',
    'sync',
    'close',
    'read',
    'rename',
    'open folder',
    'sync folder',
    'close folder',
  ];
  expect(calls).toEqual(steps);
});

test.each(['open', 'write', 'no progress', 'sync', 'close', 'read', 'disk', 'rename'])(
  'keeps the older file, and nothing else, if "%s" fails',
  async (failing) => {
    await writeFile(path, 'older');
    await messageFor(writeFileAtomically(path, bytes, spied(failing).fileSystem));
    expect(await readdir(folder)).toEqual(['model.ocellus']);
    expect(await readFile(path, 'utf8')).toBe('older');
  },
);

test('reports a folder that cannot be synced', async () => {
  const { fileSystem } = spied('sync folder');
  expect(await messageFor(writeFileAtomically(path, bytes, fileSystem))).toBe(
    `${path} cannot be written: EIO: simulated`,
  );
});

test('notices bytes that do not come back', async () => {
  expect(await messageFor(writeFileAtomically(path, bytes, spied('disk').fileSystem))).toBe(
    `${path} was not written: what was read back differs. Check the disk, or choose another.`,
  );
});

test('does not ask for ever a disk that takes nothing', async () => {
  expect(await messageFor(writeFileAtomically(path, bytes, spied('no progress').fileSystem))).toBe(
    `${path} was not written: the disk takes no more. Choose another.`,
  );
});

test('says why a file cannot be written', async () => {
  const because = (code: string) => messageFor(writeFileAtomically(path, bytes, spied('write', code).fileSystem));
  expect(await because('ENOSPC')).toBe(
    `${path} cannot be written: the disk is full. Make room for 3 bytes, or choose another place.`,
  );
  expect(await because('EDQUOT')).toContain('the disk quota is used up. Make room for 3 bytes');
  expect(await because('EROFS')).toContain(`the disk of ${folder} is read-only. Choose another place.`);
  expect(await because('EACCES')).toContain(`this user may not write to ${folder}. Choose another place, or`);
  expect(await because('EPERM')).toContain(`the system does not permit it in ${folder}. Choose another place.`);
});

test('says how to make a missing folder', async () => {
  const problem = `cannot be written: the folder ${join(folder, 'runs')} does not exist. Make it (mkdir -p), or choose`;
  const target = join(folder, 'runs', 'a');
  expect(await messageFor(writeFileAtomically(target, bytes))).toContain(problem);
  expect(await messageFor(checkWritable(target))).toContain(problem);
});

test('refuses a folder as the target, and a file as the folder', async () => {
  expect(await messageFor(writeFileAtomically(folder, bytes))).toBe(
    `${folder} cannot be written: it is a folder. Give the name of a file.`,
  );
  expect(await messageFor(checkWritable(folder))).toContain('it is a folder. Give the name of a file.');
  await writeFile(path, '');
  expect(await messageFor(checkWritable(join(path, 'a')))).toContain(`${path} is not a folder. Choose another place.`);
});

test('checks a place by writing to it, and leaves no trace', async () => {
  await checkWritable(path);
  expect(await readdir(folder)).toEqual([]);
  const { calls, fileSystem } = spied('write', 'ENOSPC');
  expect(await messageFor(checkWritable(path, 1, fileSystem))).toContain('the disk is full.');
  expect(calls).toContain('unlink');
  expect(await readdir(folder)).toEqual([]);
});

test('knows its temporary files by their names', async () => {
  let temporary = '';
  const { fileSystem } = spied();
  await writeFileAtomically(path, bytes, {
    ...fileSystem,
    async rename(from, to) {
      temporary = from;
      await fileSystem.rename(from, to);
    },
  });
  expect(targetOfTemporary(basename(temporary))).toBe('model.ocellus');
  expect(['model.ocellus', '.model.ocellus.tmp', `${basename(temporary)}x`].map(targetOfTemporary)).toEqual(
    Array(3).fill(undefined),
  );
});

test('removes what killed processes left of a file, and nothing else', async () => {
  const old = new Date(Date.now() - 60_000);
  const gone = spawnSync(process.execPath, ['--version']).pid;
  const long = 'n'.repeat(80);
  const names = [
    `.model.ocellus.${gone}.0123456789ab.tmp`,
    `.${long.slice(-60)}.${gone}.0123456789ab.tmp`,
    // Of a process that is there, of another file, and too new to tell.
    `.model.ocellus.${process.pid}.0123456789ab.tmp`,
    `.other.${gone}.0123456789ab.tmp`,
    `.model.ocellus.${gone}.ba9876543210.tmp`,
  ];
  for (const name of names) await writeFile(join(folder, name), '');
  for (const name of names.slice(0, 4)) await utimes(join(folder, name), old, old);
  for (const name of [basename(path), long]) await removeTemporaries(join(folder, name));
  await removeTemporaries(join(folder, 'nowhere', 'model.ocellus'));
  expect((await readdir(folder)).sort()).toEqual(names.slice(2).sort());
});

test('takes the longest file name there is', async () => {
  const long = join(folder, 'é'.repeat(127));
  await writeFileAtomically(long, bytes);
  expect(Uint8Array.from(await readFile(long))).toEqual(bytes);
});

test('checks where a link leads that leads nowhere', async () => {
  await symlink(join(folder, 'gone'), path);
  await checkWritable(path);
  await writeFileAtomically(path, bytes);
  expect(Uint8Array.from(await readFile(path))).toEqual(bytes);
});
