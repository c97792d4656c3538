import * as nodeFileSystem from 'node:fs/promises';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tinyData } from '../../../test/tiny-data.ts';
import { writeSealed } from '../../data/seal.ts';
import { DataError } from '../../errors.ts';
import { maxPool } from '../../layers/index.ts';
import { cnn } from '../../model/cnn.ts';
import { train } from '../train.ts';
import { folderStore } from './checkpoint-folder.ts';

/** Sealed files that can be told apart. */
const files = await Promise.all(
  [0, 1, 2, 3].map((value) =>
    writeSealed([{ name: 'a', shape: [9], values: new Float32Array(9).fill(value) }], { number: `${value}` }),
  ),
);
const placeOf = (bytes: Uint8Array | null): number =>
  files.findIndex((file) => bytes && Buffer.compare(file, bytes) === 0);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('gives the newest, keeps the one before it, and clears', async () => {
  const store = folderStore(folder);
  expect(await store.load()).toBe(null);
  for (const file of files) await store.save(file);
  expect(placeOf(await folderStore(folder).load())).toBe(3);
  expect((await readdir(folder)).sort()).toEqual(['checkpoint-3.safetensors', 'checkpoint-4.safetensors']);
  await store.clear();
  expect(await readdir(folder)).toEqual([]);
});

test('names a damaged one, and gives the one before', async () => {
  const warnings: string[] = [];
  const store = folderStore(folder, { onWarning: (message) => warnings.push(message) });
  for (const file of files) await store.save(file);
  const [before, newest] = [3, 4].map((number) => join(folder, `checkpoint-${number}.safetensors`)) as [string, string];
  await writeFile(newest, (await readFile(newest)).subarray(0, 100));
  const damaged = 'is damaged: its bytes do not have the SHA-256 that it was written with.';
  expect(placeOf(await store.load())).toBe(2);
  expect(warnings.splice(0)).toEqual([`${newest} ${damaged} ${before} is used.`]);
  await writeFile(before, '');
  expect(await store.load()).toBe(null);
  expect(warnings[1]).toBe(`${before} ${damaged} There is none before it: the training starts anew.`);
  await store.save(files[1]!);
  expect(placeOf(await store.load())).toBe(1);
});

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

test('a training goes on from it', async () => {
  const [model, data] = [cnn([maxPool({ poolSize: 6, stride: 6 })]), tinyData(9, 3)];
  const stop = new AbortController();
  const checkpoint = { store: folderStore(folder), everySteps: 1, onSave: () => stop.abort(new Error('enough')) };
  const stopped = train(model, data, { batchSize: 2, checkpoint, signal: stop.signal });
  await expect(stopped).rejects.toThrow('enough');
  const resumed = await train(model, data, { batchSize: 2, checkpoint: { store: folderStore(folder) } });
  expect(resumed.weightsSha256).toBe((await train(model, data, { batchSize: 2 })).weightsSha256);
});

test('says why it cannot save', async () => {
  const gone = join(folder, 'gone');
  const message = `${join(gone, 'checkpoint')} cannot be written: the folder ${gone} does not exist. Make it (mkdir -p), or choose another.`;
  await expect(folderStore(gone).save(files[0]!)).rejects.toThrow(new DataError(message));
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

test('keeps the one that it was loaded from, not the damaged one after it', async () => {
  for (const file of files.slice(0, 2)) await folderStore(folder).save(file);
  await writeFile(join(folder, 'checkpoint-2.safetensors'), '');
  const store = folderStore(folder);
  expect(placeOf(await store.load())).toBe(0);
  await store.save(files[2]!);
  expect((await readdir(folder)).sort()).toEqual(['checkpoint-1.safetensors', 'checkpoint-3.safetensors']);
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
