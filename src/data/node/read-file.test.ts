import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeIdx, gzip } from '../../../test/encode-idx.ts';
import { DataError } from '../../errors.ts';
import { readIdxFile } from './read-file.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-'));
  path = join(folder, 'labels');
});

afterEach(() => rm(folder, { recursive: true }));

async function message(): Promise<string> {
  const error: unknown = await readIdxFile(path).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(DataError);
  return (error as Error).message;
}

const raw = encodeIdx([3], Uint8Array.of(1, 2, 3));

test('gives the content of a raw or a packed file', async () => {
  await writeFile(path, raw);
  expect(Uint8Array.from(await readIdxFile(path))).toEqual(raw);
  await writeFile(path, await gzip(raw));
  expect(await readIdxFile(path)).toEqual(raw);
});

test('refuses a large raw file by its first bytes', async () => {
  await writeFile(path, raw);
  await truncate(path, 2 ** 31 - 1);
  const start = performance.now();
  expect(await message()).toContain(`${path} goes on to 2,147,483,647 bytes; its header promises 11 (3 values).`);
  expect(performance.now() - start).toBeLessThan(1000);
});

test('refuses a file over 2 GiB, a folder, and a pipe', async () => {
  await writeFile(path, raw);
  await truncate(path, 2 ** 31);
  expect(await message()).toBe(`${path} has 2,147,483,648 bytes; at most 2,147,483,647 are read. Is this an IDX file?`);
  path = folder;
  expect(await message()).toBe(`${path} is not a file. Give IDX files, raw or .gz.`);
  path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  expect(await message()).toContain('is not a file');
});

test('says why a file cannot be read', async () => {
  expect(await message()).toContain(`${path} cannot be read (ENOENT`);
});

test('refuses an empty file, and a damaged one', async () => {
  await writeFile(path, '');
  expect(await message()).toContain(`${path} ends after 0 bytes.`);
  await writeFile(path, (await gzip(raw)).subarray(0, 20));
  expect(await message()).toContain(`${path} is damaged`);
});
