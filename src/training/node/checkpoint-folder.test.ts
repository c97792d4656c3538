import { execFileSync } from 'node:child_process';
import * as nodeFileSystem from 'node:fs/promises';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkNumberedStore, files, placeOf } from '../../../test/check-store.ts';
import { DataError } from '../../errors.ts';
import { folderStore } from './checkpoint-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-'));
});
afterEach(() => rm(folder, { recursive: true }));

const pathOf = (number: number): string => join(folder, `checkpoint-${number}.safetensors`);

describe('a store in a folder', () =>
  checkNumberedStore({
    open: (onWarning) => folderStore(folder, onWarning && { onWarning }),
    numbers: async () => (await readdir(folder)).map((file) => Number(/\d+/.exec(file)![0])).sort((a, b) => a - b),
    nameOf: pathOf,
    overwrite: (number, bytes) => writeFile(pathOf(number), bytes),
  }));

test('shares a folder with others, whose files it leaves alone', async () => {
  const [one, other] = [folderStore(folder, { name: 'a' }), folderStore(folder, { name: 'a-1' })];
  await writeFile(join(folder, 'a-x.safetensors'), 'mine');
  await writeFile(join(folder, '.a-1.safetensors.1.0123456789ab.tmp'), 'left behind');
  await one.save(files[1]!);
  await other.save(files[2]!);
  expect([placeOf(await one.load()), placeOf(await other.load())]).toEqual([1, 2]);
  await one.clear();
  expect((await readdir(folder)).sort()).toEqual(['a-1-1.safetensors', 'a-x.safetensors']);
});

test('says why it cannot save', async () => {
  const gone = join(folder, 'gone');
  const message = `${join(gone, 'checkpoint')} cannot be written: the folder ${gone} does not exist. Make it (mkdir -p), or choose another.`;
  await expect(folderStore(gone).save(files[0]!)).rejects.toThrow(new DataError(message));
});

test('knows its own leftovers though their names are cut', async () => {
  const name = 'n'.repeat(50);
  const left = `.${`${name}-7.safetensors`.slice(-60)}.12345.0123456789ab.tmp`;
  await writeFile(join(folder, left), '');
  await folderStore(folder, { name }).load();
  expect(await readdir(folder)).toEqual([]);
});

test('removes the leftovers of its own saves, and no other file, when it loads and when it saves', async () => {
  const left = '.checkpoint-7.safetensors.12345.0123456789ab.tmp';
  const others = ['.checkpoint-7.safetensors.tmp', '.checkpoint-x-7.safetensors.12345.0123456789ab.tmp', 'notes.tmp'];
  for (const name of others) await writeFile(join(folder, name), '');
  await writeFile(join(folder, left), '');
  await folderStore(folder).load();
  expect(await readdir(folder)).toEqual(others);
  await writeFile(join(folder, left), '');
  await folderStore(folder).save(files[0]!);
  expect(await readdir(folder)).toEqual([...others.slice(0, 2), 'checkpoint-1.safetensors', others[2]]);
});

test.skipIf(process.platform === 'win32')('does not wait for a pipe', async () => {
  const warnings: string[] = [];
  const store = folderStore(folder, { onWarning: (warning) => warnings.push(warning) });
  await store.save(files[0]!);
  execFileSync('mkfifo', [join(folder, 'checkpoint-2.safetensors')]);
  expect(Uint8Array.from((await store.load())!)).toEqual(files[0]);
  expect(warnings[0]).toContain('checkpoint-2.safetensors cannot be read: it is no file.');
});

describe('one that cannot be read', () => {
  /** The disk cannot read the files of these numbers. */
  const storeThatCannotRead = (...numbers: readonly number[]) => {
    const warnings: string[] = [];
    const readFile = async (path: string): Promise<Buffer> => {
      const isBad = numbers.some((number) => path.endsWith(`-${number}.safetensors`));
      if (isBad) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
      return nodeFileSystem.readFile(path);
    };
    const fileSystem = { ...nodeFileSystem, readFile };
    return { warnings, store: folderStore(folder, { fileSystem, onWarning: (text) => warnings.push(text) }) };
  };
  const problem = (number: number): string =>
    `${join(folder, `checkpoint-${number}.safetensors`)} cannot be read: EIO: i/o error, read. Check the disk, and who may read it.`;
  beforeEach(async () => {
    for (const file of files.slice(0, 2)) await folderStore(folder).save(file);
  });

  test('is named, and the one before is used', async () => {
    const { store, warnings } = storeThatCannotRead(2);
    expect(placeOf(await store.load())).toBe(0);
    expect(warnings).toEqual([`${problem(2)} ${join(folder, 'checkpoint-1.safetensors')} is used.`]);
  });

  test('does not let a training start anew', async () => {
    await expect(storeThatCannotRead(1, 2).store.load()).rejects.toThrow(new DataError(problem(2)));
    await writeFile(join(folder, 'checkpoint-1.safetensors'), '');
    await expect(storeThatCannotRead(2).store.load()).rejects.toThrow(new DataError(problem(2)));
  });
});
