/** @file IDX files, and the images or labels that are made of them. */
import { classNames, imagesFrom } from '../../../src/data/data-set.ts';
import { type Idx, parseIdx } from '../../../src/data/idx.ts';
import { encodeIdx } from '../../encode-idx.ts';
import type { Format } from '../fuzz.ts';
import { type Field, mutateBytes, pick } from '../mutate-bytes.ts';

const counting = Uint8Array.from({ length: 480 }, (_, index) => index % 7);

/** One of each type and of several ranks. */
export const idxFiles: readonly Uint8Array[] = [
  encodeIdx([10, 6, 8], counting),
  encodeIdx([5, 4, 8, 3], counting),
  encodeIdx([480], counting),
  encodeIdx([60, 8], Int32Array.from(counting)),
  encodeIdx([3], Int8Array.of(1, -1, 0)),
  encodeIdx([4], Int16Array.of(0, 1, 2, 30_000)),
  encodeIdx(
    [2, 3, 3],
    Float32Array.from({ length: 18 }, (_, index) => index / 7),
  ),
  encodeIdx(
    [2, 2, 2],
    Float64Array.from({ length: 8 }, (_, index) => index * 1e300),
  ),
  encodeIdx([0, 28, 28], new Uint8Array(0)),
  encodeIdx(new Array<number>(255).fill(1), Uint8Array.of(7)),
];

export const idxFields: readonly Field[] = [
  ...[0, 1, 2, 3].map((at) => ({ at, bytes: 1, littleEndian: false }) as const),
  ...[4, 8, 12, 16].map((at) => ({ at, bytes: 4, littleEndian: false }) as const),
];

/** Goes on as loading a data set does. */
export function useIdx(idx: Idx): void {
  const [count] = idx.shape as [number];
  if (idx.shape.length <= 2)
    imagesFrom({ name: 'images', shape: [count, 1, 1], values: new Uint8Array(count) }, idx, classNames(idx));
  else imagesFrom(idx, { name: 'labels', shape: [1], values: Uint8Array.of(0) }, ['only']);
}

export const idx: Format = {
  name: 'idx',
  prepare: () => ({
    draw: (random) => mutateBytes(pick(random, idxFiles), random, pick(random, idxFiles), idxFields),
    read: (input) => useIdx(parseIdx(input, 'fuzz')),
  }),
};
