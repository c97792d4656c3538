/**
 * @file Labelled images: a training part and a test part.
 *
 * Images stay as the file has them (bytes, or float32), `[count, height, width, channels]` in C order; a subset is a list
 * of indices, and preprocessing belongs to the model.
 */

import { DataError, UsageError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { formatShape, type Shape } from '../shape.ts';
import { describeIdx, type Idx } from './idx.ts';
import { sha256Hex } from './sha256.ts';

/** Images of one size with a class each. */
export interface Images {
  /** One image: `[height, width, channels]`. */
  readonly shape: Shape;
  readonly count: number;
  /** `[count, height, width, channels]`. */
  readonly pixels: Uint8Array | Float32Array;
  /** The class of each image, an index into the data set's `classes`. */
  readonly labels: Uint8Array | Uint16Array;
}

/** A data set: images to train with, and images to test with. */
export interface DataSet {
  readonly name: string;
  /** The name of each class. */
  readonly classes: readonly string[];
  readonly train: Images;
  readonly test: Images;
}

/** Labels are held in 16 bits. */
const MAX_CLASSES = 2 ** 16;

/**
 * Puts a data set together.
 *
 * @throws DataError if the two parts' images differ in size or type
 */
export function dataSet(name: string, classes: readonly string[], train: Images, test: Images): DataSet {
  const [trainKind, testKind] = [train, test].map(({ shape, pixels }) => `${formatShape(shape)} ${kindOf(pixels)}`);
  if (trainKind !== testKind) {
    const received = `the training images of ${name} are ${trainKind}, the test images ${testKind}`;
    throw new DataError(`${received}; both parts need one size and type. Take all files from one set.`);
  }
  return { name, classes, train, test };
}

/**
 * Images from two IDX arrays.
 *
 * @param images `[count, height, width]` or `[count, height, width, channels]`; other types than uint8 become float32
 * @param labels whole numbers, `[count]`, or `[count, columns]` with the class in column 0 (as in QMNIST)
 * @throws DataError if there are none, their numbers differ, a label is not one of `classes`, or a pixel is not finite
 */
export function imagesFrom(images: Idx, labels: Idx, classes: readonly string[]): Images {
  const rank = images.shape.length;
  if (rank !== 3 && rank !== 4) {
    const need = 'images need rank 3 (count × height × width) or 4 (channels last)';
    throw new DataError(
      `${images.name} has rank ${rank} (${describeIdx(images.shape)}); ${need}. Are these the labels?`,
    );
  }
  const [count, height, width, channels = 1] = images.shape as [number, number, number, number?];
  if (images.values.length === 0) {
    throw new DataError(`${images.name} is empty: ${describeIdx(images.shape)}. Give at least one image.`);
  }
  checkClassCount(classes.length, labels.name);
  const column = classColumn(labels);
  if (column.length !== count) {
    const received = `${labels.name} has ${formatCount(column.length, 'label')}`;
    const need = `${images.name} has ${formatCount(count, 'image')}`;
    throw new DataError(`${received}; ${need}. Take both files from one set.`);
  }
  const bad = column.findIndex((label) => label < 0 || label >= classes.length);
  if (bad >= 0) {
    const known = `the ${formatCount(classes.length, 'class')} (0 to ${classes.length - 1})`;
    const received = `label ${column[bad]} at index ${formatCount(bad)}`;
    throw new DataError(`${labels.name} has ${received}, outside ${known}. Do the labels belong to this set?`);
  }
  return {
    shape: [height, width, channels],
    count,
    pixels: pixelsOf(images),
    labels: classes.length <= 256 ? Uint8Array.from(column) : Uint16Array.from(column),
  };
}

/**
 * Names for the classes that label files use: `'0'` up to the largest label.
 *
 * @throws DataError if a label is not a class: no whole number, or over 65,535
 */
export function classNames(...labelFiles: Idx[]): string[] {
  const counts = labelFiles.map((labels) => {
    const count = classColumn(labels).reduce((largest, label) => Math.max(largest, label), -1) + 1;
    checkClassCount(count, labels.name);
    return count;
  });
  return Array.from({ length: Math.max(...counts) }, (_, label) => `${label}`);
}

/**
 * Splits the indices of `count` images by a shuffle of them; both lists ascend.
 *
 * @param permutation the indices 0 to `count - 1` in a seeded order; the first `validationCount` are set aside
 * @throws DataError if nothing is left to train with
 * @throws UsageError if `permutation` is none, or `validationCount` is no count
 */
export function split(
  count: number,
  validationCount: number,
  permutation: Uint32Array,
): { train: Uint32Array; validation: Uint32Array } {
  if (!Number.isInteger(validationCount) || validationCount < 0) {
    throw new UsageError(
      `A validation part needs a whole number of images, 0 or more, but gets ${formatCount(validationCount)}.`,
    );
  }
  if (validationCount >= count) {
    const request = `Setting ${formatCount(validationCount)} of ${formatCount(count, 'image')} aside for validation`;
    throw new DataError(`${request} leaves none to train with. Set fewer aside.`);
  }
  const validation = permutation.slice(0, validationCount).sort();
  const train = permutation.slice(validationCount).sort();
  const all = new Set(permutation);
  if (permutation.length !== count || all.size !== count || Math.max(train.at(-1)!, validation.at(-1) ?? 0) >= count) {
    throw new UsageError(`A split of ${formatCount(count, 'image')} needs a permutation of as many indices.`);
  }
  return { train, validation };
}

/**
 * SHA-256 over shape, pixels and labels: equal exactly for equal images in equal order.
 *
 * It is the digest of five lines of text, so that pixels need no copy: `ocellus images 1`, `shape 28 28 1`, `count 60000`,
 * `pixels uint8 <SHA-256>`, `labels uint8 <SHA-256>`, each with a line feed. Numbers are little-endian.
 */
export async function fingerprint({ shape, count, pixels, labels }: Images): Promise<string> {
  const lines = ['ocellus images 1', `shape ${shape.join(' ')}`, `count ${count}`];
  for (const [part, values] of Object.entries({ pixels, labels })) {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    lines.push(`${part} ${kindOf(values)} ${await sha256Hex(bytes)}`);
  }
  return sha256Hex(new TextEncoder().encode(`${lines.join('\n')}\n`));
}

function pixelsOf({ name, shape, values }: Idx): Uint8Array | Float32Array {
  if (values instanceof Uint8Array) return values;
  const pixels = values instanceof Float32Array ? values : new Float32Array(values);
  const bad = pixels.findIndex((pixel) => !Number.isFinite(pixel));
  if (bad >= 0) {
    const image = Math.floor(bad / (values.length / shape[0]!));
    throw new DataError(
      `${name} has a pixel of ${pixels[bad]} in image ${formatCount(image)}; pixels need to be finite.`,
    );
  }
  return pixels;
}

function classColumn({ name, shape, values }: Idx): Int32Array {
  const whole = !(values instanceof Float32Array || values instanceof Float64Array);
  if (!whole || shape.length > 2 || shape[1] === 0) {
    const received = `${name} holds ${describeIdx(shape)} (${kindOf(values)})`;
    const need = 'labels need whole numbers: one value an image, or one row with the class first';
    throw new DataError(`${received}; ${need}. Are these the images?`);
  }
  const [count, columns = 1] = shape as [number, number?];
  return Int32Array.from({ length: count }, (_, row) => values[row * columns]!);
}

function checkClassCount(count: number, name: string): void {
  if (count <= MAX_CLASSES) return;
  const limit = `at most ${formatCount(MAX_CLASSES)} are supported`;
  throw new DataError(`${name} needs ${formatCount(count, 'class')}; ${limit}. Are these labels?`);
}

/** `uint8`, `float32`, … */
function kindOf(values: Idx['values'] | Uint16Array): string {
  return values[Symbol.toStringTag].replace('Array', '').toLowerCase();
}
