import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { encodeIdx, gzip } from '../../test/encode-idx.ts';
import { DataError } from '../errors.ts';
import { inflateIdx, isGzip, readIdx } from './gzip.ts';

const values = Uint8Array.from({ length: 4000 }, (_, index) => (index * 7) % 251);
const raw = encodeIdx([10, 20, 20], values);

async function messageFor(bytes: Uint8Array): Promise<string> {
  const error: unknown = await readIdx(bytes, 'images.gz').catch((error: unknown) => error);
  expect(error).toBeInstanceOf(DataError);
  return (error as Error).message;
}

test('knows gzip by its first two bytes', () => {
  expect(isGzip(Uint8Array.of(0x1f, 0x8b, 8))).toBe(true);
  expect(isGzip(raw)).toBe(false);
  expect(isGzip(new Uint8Array(0))).toBe(false);
});

test('reads a file raw or packed', async () => {
  const expected = { name: 'images', shape: [10, 20, 20], values };
  expect(await readIdx(raw, 'images')).toEqual(expected);
  expect(await readIdx(await gzip(raw), 'images')).toEqual(expected);
});

test('reads a file shorter than the longest header', async () => {
  const labels = encodeIdx([3], Uint8Array.of(1, 2, 3));
  expect((await readIdx(await gzip(labels), 'labels')).values).toEqual(Uint8Array.of(1, 2, 3));
});

test('refuses gzip cut off anywhere', async () => {
  const packed = await gzip(encodeIdx([3], Uint8Array.of(1, 2, 3)));
  for (let length = 0; length < packed.length; length++) await messageFor(packed.subarray(0, length));
  expect(await messageFor(packed.subarray(0, 12))).toBe(
    'images.gz is damaged: its gzip data end early or are not valid. Get the file again.',
  );
});

test('refuses a wrong checksum', async () => {
  const packed = await gzip(raw);
  packed[packed.length - 8]! ^= 1;
  expect(await messageFor(packed)).toContain('images.gz is damaged');
});

test('says so if the content is shorter or longer than its header promises', async () => {
  expect(await messageFor(await gzip(raw.subarray(0, 3000)))).toContain(
    'images.gz ends after 3,000 bytes; its header promises 4,016 (10 images of 20 × 20).',
  );
  expect(await messageFor(await gzip(Uint8Array.of(...raw, 0)))).toBe(
    'images.gz inflates to more than the 4,016 bytes that its header promises. Get the file again, from a source you trust.',
  );
  expect(await messageFor(await gzip(new TextEncoder().encode('a,b,c\n')))).toContain('images.gz is not an IDX file');
});

test('inflates no more than the header promises', async () => {
  const zeros = new Uint8Array(200_000_000);
  zeros.set(raw.subarray(0, 16));
  const bomb = await gzip(zeros);
  const cancel = vi.spyOn(ReadableStreamDefaultReader.prototype, 'cancel');
  const read = vi.spyOn(ReadableStreamDefaultReader.prototype, 'read');
  await expect(inflateIdx(bomb, 'bomb.gz')).rejects.toThrow('inflates to more than the 4,016 bytes');
  expect(read).toHaveBeenCalledTimes(1);
  expect(cancel).toHaveBeenCalled();
  vi.restoreAllMocks();
});

test('inflates no more than 1 GiB', async () => {
  const header = encodeIdx([2 ** 22, 28, 28], new Uint8Array(0));
  expect(await messageFor(await gzip(Uint8Array.of(...header, ...new Uint8Array(2000))))).toBe(
    'images.gz is too large: its header promises 3,288,334,352 (4,194,304 images of 28 × 28). ' +
      'At most 1,073,741,824 bytes are inflated: unpack it with gunzip, and give the raw file.',
  );
});

test('throws nothing but DataErrors at damaged files', async () => {
  const packed = await gzip(encodeIdx([2, 2], Uint8Array.of(1, 2, 3, 4)));
  await fc.assert(
    fc.asyncProperty(fc.nat(packed.length - 1), fc.nat(255), async (at, byte) => {
      const error: unknown = await readIdx(packed.with(at, byte), 'any.gz').catch((error: unknown) => error);
      if (error instanceof Error) expect(error).toBeInstanceOf(DataError);
    }),
    { numRuns: 500 },
  );
});
