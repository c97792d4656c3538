import { expect, test } from 'vitest';
import { DataError, UsageError } from '../errors.ts';
import { classNames, dataSet, fingerprint, imagesFrom, split } from './data-set.ts';
import type { Idx } from './idx.ts';

const classes = ['zero', 'one', 'two'];
const images: Idx = { name: 'images', shape: [2, 1, 3], values: Uint8Array.of(1, 2, 3, 4, 5, 6) };
const labels: Idx = { name: 'labels', shape: [2], values: Uint8Array.of(2, 0) };

function messageFor(action: () => unknown, kind: typeof DataError | typeof UsageError = DataError): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(kind);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

test('joins images and labels without a copy of the pixels', () => {
  const joined = imagesFrom(images, labels, classes);
  expect(joined).toEqual({ shape: [1, 3, 1], count: 2, pixels: images.values, labels: Uint8Array.of(2, 0) });
  expect(joined.pixels).toBe(images.values);
});

test('takes colour images with channels last', () => {
  expect(imagesFrom({ ...images, shape: [2, 1, 1, 3] }, labels, classes).shape).toEqual([1, 1, 3]);
});

test('takes float32 as it is, and other types as float32', () => {
  const float = { ...images, values: Float32Array.of(0, 0.5, 1, 0, 0, 0) };
  expect(imagesFrom(float, labels, classes).pixels).toBe(float.values);
  const int16 = { ...images, values: Int16Array.of(-1, 0, 1000, 0, 0, 0) };
  expect(imagesFrom(int16, labels, classes).pixels).toEqual(Float32Array.of(-1, 0, 1000, 0, 0, 0));
});

test('takes the class from column 0 of int32 labels, as QMNIST has them', () => {
  const qmnist = { name: 'labels', shape: [2, 3], values: Int32Array.of(2, 70, 71, 1, 72, 73) };
  expect(imagesFrom(images, qmnist, classes).labels).toEqual(Uint8Array.of(2, 1));
});

test('holds labels in 16 bits if there are more than 256 classes', () => {
  const many = Array.from({ length: 300 }, (_, index) => `${index}`);
  const large = { ...labels, values: Int16Array.of(299, 0) };
  expect(imagesFrom(images, large, many).labels).toEqual(Uint16Array.of(299, 0));
});

test('names the first label that is no class', () => {
  const bad = { ...labels, values: Uint8Array.of(0, 7) };
  expect(messageFor(() => imagesFrom(images, bad, classes))).toBe(
    'labels has label 7 at index 1, outside the 3 classes (0 to 2). Do the labels belong to this set?',
  );
  const negative = { ...labels, values: Int8Array.of(-1, 0) };
  expect(messageFor(() => imagesFrom(images, negative, classes))).toContain('label -1 at index 0');
});

test('refuses images and labels that do not fit together', () => {
  expect(messageFor(() => imagesFrom(images, { ...labels, shape: [1], values: Uint8Array.of(1) }, classes))).toBe(
    'labels has 1 label; images has 2 images. Take both files from one set.',
  );
  expect(messageFor(() => imagesFrom(labels, labels, classes))).toBe(
    'labels has rank 1 (2 values); images need rank 3 (count × height × width) or 4 (channels last). Are these the labels?',
  );
  const none = { name: 'images', shape: [0, 28, 28], values: new Uint8Array(0) };
  expect(messageFor(() => imagesFrom(none, labels, classes))).toBe(
    'images is empty: 0 images of 28 × 28. Give at least one image.',
  );
});

test('refuses labels that are no whole numbers, one an image', () => {
  const need = 'labels need whole numbers: one value an image, or one row with the class first. Are these the images?';
  const float = { ...labels, values: Float32Array.of(1, 2) };
  expect(messageFor(() => imagesFrom(images, float, classes))).toBe(`labels holds 2 values (float32); ${need}`);
  expect(messageFor(() => imagesFrom(images, images, classes))).toBe(`images holds 2 images of 1 × 3 (uint8); ${need}`);
  const noColumn = { ...labels, shape: [2, 0], values: new Int32Array(0) };
  expect(messageFor(() => imagesFrom(images, noColumn, classes))).toContain('labels holds 2 rows of 0 (int32)');
});

test('names the image of a pixel that is not finite', () => {
  const bad = { ...images, values: Float32Array.of(0, 0, 0, 0, Number.NaN, 0) };
  expect(messageFor(() => imagesFrom(bad, labels, classes))).toBe(
    'images has a pixel of NaN in image 1; pixels need to be finite.',
  );
  const wide = { ...images, values: Float64Array.of(1e39, 0, 0, 0, 0, 0) };
  expect(messageFor(() => imagesFrom(wide, labels, classes))).toContain('a pixel of Infinity in image 0');
});

test('names classes after the labels in use', () => {
  expect(classNames(labels, { ...labels, values: Uint8Array.of(3, 3) })).toEqual(['0', '1', '2', '3']);
  const huge = { ...labels, values: Int32Array.of(70_000, 0) };
  const problem = 'labels needs 70,001 classes; at most 65,536 are supported. Are these labels?';
  expect(messageFor(() => classNames(huge))).toBe(problem);
  const many = new Array<string>(70_001).fill('');
  expect(messageFor(() => imagesFrom(images, labels, many))).toBe(problem);
});

test('refuses parts whose images differ', () => {
  const train = imagesFrom(images, labels, classes);
  expect(dataSet('own', classes, train, train)).toEqual({ name: 'own', classes, train, test: train });
  const wide = { ...train, shape: [3, 1, 1] };
  expect(messageFor(() => dataSet('own', classes, train, wide))).toBe(
    'the training images of own are 1 × 3 × 1 uint8, the test images 3 × 1 × 1 uint8; both parts need one size and type. ' +
      'Take all files from one set.',
  );
  const float = { ...train, pixels: new Float32Array(6) };
  expect(messageFor(() => dataSet('own', classes, train, float))).toContain('the test images 1 × 3 × 1 float32');
});

test('splits a shuffle into two ascending lists', () => {
  const permutation = Uint32Array.of(3, 0, 4, 2, 1);
  expect(split(5, 2, permutation)).toEqual({ validation: Uint32Array.of(0, 3), train: Uint32Array.of(1, 2, 4) });
  expect(split(5, 0, permutation).train).toEqual(Uint32Array.of(0, 1, 2, 3, 4));
  expect(permutation).toEqual(Uint32Array.of(3, 0, 4, 2, 1));
});

test('refuses a split that leaves nothing, or is none', () => {
  const permutation = Uint32Array.of(0, 1);
  expect(messageFor(() => split(2, 2, permutation))).toBe(
    'Setting 2 of 2 images aside for validation leaves none to train with. Set fewer aside.',
  );
  expect(messageFor(() => split(2, 0.5, permutation), UsageError)).toBe(
    'A validation part needs a whole number of images, 0 or more, but gets 0.5.',
  );
  for (const bad of [Uint32Array.of(0), Uint32Array.of(0, 0), Uint32Array.of(0, 2), Uint32Array.of(0, 1, 2)]) {
    expect(messageFor(() => split(2, 1, bad), UsageError)).toBe(
      'A split of 2 images needs a permutation of as many indices.',
    );
  }
});

test('fingerprints follow shape, pixels, labels and types, and nothing else', async () => {
  const base = imagesFrom(images, labels, classes);
  const print = await fingerprint(base);
  expect(print).toBe('c1b60da705dfe4315dc876897779622fe4dfdcbc671ef4e6cec9a1572ca3ba33');
  expect(await fingerprint({ ...base, pixels: Buffer.from(base.pixels as Uint8Array) })).toBe(print);
  const others = [
    { ...base, shape: [3, 1, 1] },
    { ...base, pixels: Uint8Array.of(1, 2, 3, 4, 5, 7) },
    { ...base, pixels: Float32Array.from(base.pixels) },
    { ...base, labels: Uint8Array.of(0, 2) },
  ];
  expect(new Set([print, ...(await Promise.all(others.map(fingerprint)))]).size).toBe(5);
});
