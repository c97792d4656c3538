import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeIdx } from '../../test/encode-idx.ts';
import { DataError } from '../errors.ts';
import { parseIdx } from './idx.ts';

/** Two images of 2 × 3 bytes. */
const twoImages = Uint8Array.of(
  0,
  0,
  8,
  3,
  0,
  0,
  0,
  2,
  0,
  0,
  0,
  2,
  0,
  0,
  0,
  3,
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
);

function messageFor(bytes: ArrayLike<number>): string {
  try {
    parseIdx(Uint8Array.from(bytes), 'train-images-idx3-ubyte');
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

test('reads bytes as a view', () => {
  const { name, shape, values } = parseIdx(twoImages, 'two');
  expect({ name, shape }).toEqual({ name: 'two', shape: [2, 2, 3] });
  expect(values).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
  expect(values.buffer).toBe(twoImages.buffer);
});

test('reads big-endian values of every type', () => {
  expect(parseIdx(Uint8Array.of(0, 0, 0x09, 1, 0, 0, 0, 2, 0xff, 2), 'i8').values).toEqual(Int8Array.of(-1, 2));
  expect(parseIdx(Uint8Array.of(0, 0, 0x0b, 1, 0, 0, 0, 1, 1, 2), 'i16').values).toEqual(Int16Array.of(258));
  expect(parseIdx(Uint8Array.of(0, 0, 0x0c, 1, 0, 0, 0, 1, 0, 0, 1, 2), 'i32').values).toEqual(Int32Array.of(258));
  const one = [0x3f, 0xf0, 0, 0, 0, 0, 0, 0];
  expect(parseIdx(Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 1, 0x3f, 0x80, 0, 0), 'f32').values).toEqual(
    Float32Array.of(1),
  );
  expect(parseIdx(Uint8Array.of(0, 0, 0x0e, 1, 0, 0, 0, 1, ...one), 'f64').values).toEqual(Float64Array.of(1));
});

test('reads from the middle of a Buffer, as a plain Uint8Array', () => {
  const file = Buffer.concat([Buffer.from('xxx'), twoImages]).subarray(3);
  const { values } = parseIdx(file, 'two');
  expect(Object.getPrototypeOf(values)).toBe(Uint8Array.prototype);
  expect(values[11]).toBe(12);
});

test('reads a file of no images, and rank 255', () => {
  expect(parseIdx(encodeIdx([0, 28, 28], new Uint8Array(0)), 'none').shape).toEqual([0, 28, 28]);
  const ones = new Array<number>(255).fill(1);
  expect(parseIdx(encodeIdx(ones, Uint8Array.of(7)), 'ones')).toEqual({
    name: 'ones',
    shape: ones,
    values: Uint8Array.of(7),
  });
});

test('any array survives writing and reading', () => {
  const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 });
  const types = fc.constantFrom(Uint8Array, Int8Array, Int16Array, Int32Array, Float32Array, Float64Array);
  fc.assert(
    fc.property(shapes, types, fc.integer(), (shape, Values, seed) => {
      const size = shape.reduce((product, extent) => product * extent, 1);
      const values = new Values(Array.from({ length: size }, (_, index) => Math.sin(seed + index) * 1e6));
      expect(parseIdx(encodeIdx(shape, values), 'any')).toEqual({ name: 'any', shape, values });
    }),
  );
});

test('refuses a file cut off anywhere', () => {
  for (let length = 0; length < twoImages.length; length++) messageFor(twoImages.subarray(0, length));
});

test('says how long the file is and should be', () => {
  const header = [0, 0, 8, 3, 0, 0, 0xea, 0x60, 0, 0, 0, 28, 0, 0, 0, 28];
  expect(messageFor([...header, 1, 2])).toBe(
    'train-images-idx3-ubyte ends after 18 bytes; its header promises 47,040,016 (60,000 images of 28 × 28). Get the file again.',
  );
  expect(messageFor([...twoImages, 0])).toBe(
    'train-images-idx3-ubyte goes on to 29 bytes; its header promises 28 (2 images of 2 × 3). Get the file again.',
  );
  expect(messageFor([0, 0, 8, 1, 0, 0, 0, 1])).toContain('promises 9 (1 value)');
  expect(messageFor([0, 0, 12, 2, 0, 0, 0, 1, 0, 0, 0, 8])).toContain('promises 44 (1 row of 8)');
  expect(messageFor(encodeIdx([1, 1, 1, 1, 2], new Uint8Array(0)))).toContain('promises 26 (an array of rank 5)');
});

test('says what is wrong with a header', () => {
  expect(messageFor([0, 0, 8])).toBe(
    'train-images-idx3-ubyte ends after 3 bytes. An IDX file starts with 00 00, a type, a rank and the sizes. ' +
      'Give files as MNIST has them, raw or .gz.',
  );
  expect(messageFor([0x89, 0x50, 0x4e, 0x47, 0x0d])).toContain(
    'is not an IDX file: it starts with 89 50 4E 47. An IDX',
  );
  expect(messageFor([0, 0, 10, 1, 0, 0, 0, 0])).toBe(
    'train-images-idx3-ubyte has values of type 0x0A; IDX knows 0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E. Get the file again.',
  );
  expect(messageFor([0, 0, 8, 0])).toContain('has rank 0; an IDX file needs at least one axis.');
  expect(messageFor([0, 0, 8, 3, 0, 0])).toContain('ends after 6 bytes; its header of rank 3 needs 16.');
});

test('refuses a product of sizes beyond exact counting', () => {
  const huge = [255, 255, 255, 255];
  expect(messageFor([0, 0, 8, 3, ...huge, ...huge, ...huge])).toContain(
    'promises 4,294,967,295 images of 4294967295 × 4294967295, more than can be counted exactly.',
  );
  expect(messageFor([0, 0, 8, 255, ...new Array<number>(1020).fill(255)])).toContain('promises an array of rank 255');
});

test('throws nothing but DataErrors at damaged files', () => {
  fc.assert(
    fc.property(fc.nat(twoImages.length - 1), fc.nat(255), fc.nat(40), (at, byte, length) => {
      const bytes = Uint8Array.from({ length }, (_, index) => (index === at ? byte : (twoImages[index] ?? 0)));
      try {
        parseIdx(bytes, 'any');
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
      }
    }),
    { numRuns: 1000 },
  );
});
