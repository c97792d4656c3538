import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { expect, test } from 'vitest';
import { DataError } from '../errors.ts';
import { catalogueEntry } from './catalogue.ts';
import { type CifarFile, cifarFiles, parseCifar, unpackCifar } from './cifar.ts';

const { classes } = catalogueEntry('cifar-10');

/** Records whose pixel in channel `c` at `at` is `c` * 50 + `at` % 50. */
function file(name: string, labels: readonly number[]): CifarFile {
  const bytes = new Uint8Array(labels.length * 3073);
  labels.forEach((label, record) => {
    bytes[record * 3073] = label;
    for (let at = 0; at < 3072; at++) bytes[record * 3073 + 1 + at] = Math.floor(at / 1024) * 50 + ((at % 1024) % 50);
  });
  return { name, bytes };
}

async function messageFor(action: () => unknown): Promise<string> {
  const error: unknown = await (async () => action())().catch((error: unknown) => error);
  expect(error).toBeInstanceOf(DataError);
  return (error as Error).message;
}

test('turns planes into channels, file after file', () => {
  const { shape, count, labels, pixels } = parseCifar([file('a', [3, 9]), file('b', [0])], classes);
  expect({ shape, count, labels }).toEqual({ shape: [32, 32, 3], count: 3, labels: Uint8Array.of(3, 9, 0) });
  // Row 0, columns 0 and 49 % 32 of row 1; red, green, blue.
  expect([...pixels.subarray(0, 6)]).toEqual([0, 50, 100, 1, 51, 101]);
  expect([...pixels.subarray(2 * 3072 + 49 * 3, 2 * 3072 + 50 * 3)]).toEqual([49, 99, 149]);
});

test('refuses a file that is no whole records, and a label that is no class', async () => {
  const short = { name: 'data_batch_1.bin', bytes: file('', [1]).bytes.subarray(1) };
  expect(await messageFor(() => parseCifar([short], classes))).toBe(
    "data_batch_1.bin has 3,072 bytes; CIFAR-10's files are whole records of 3,073. Get the file again.",
  );
  expect(await messageFor(() => parseCifar([file('test_batch.bin', [1, 10])], classes))).toBe(
    'test_batch.bin has label 10 at index 1, outside the 10 classes (0 to 9). Do the labels belong to this set?',
  );
});

const full = file('', [1, 2]).bytes;

async function archive(names: readonly string[], body = full): Promise<Uint8Array> {
  const folder = { header: { name: 'cifar-10-batches-bin/', type: 'directory', size: 0 } } as const;
  const entries = names.map((name) => ({ header: { name: `cifar-10-batches-bin/${name}`, size: body.length }, body }));
  return packTar([folder, ...entries]);
}

const all = [...cifarFiles.train, ...cifarFiles.test];

test('unpacks the six files of the archive, and nothing else', async () => {
  const packed = gzipSync(await archive([...all, 'data_batch_6.bin']));
  const { train, test } = await unpackCifar(packed, 'cifar-10-binary.tar.gz', 2);
  expect(train.map(({ name }) => name)).toEqual([1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`));
  expect(test.map(({ name }) => name)).toEqual(['test_batch.bin']);
  expect(parseCifar(train, classes).labels).toEqual(Uint8Array.of(1, 2, 1, 2, 1, 2, 1, 2, 1, 2));
});

test('refuses an archive that lacks a file, has it twice, is damaged, or inflates to more', async () => {
  const unpack = (tar: Uint8Array, records = 2) =>
    messageFor(() => unpackCifar(gzipSync(tar), 'cifar.tar.gz', records));
  expect(await unpack(await archive(all.slice(1)))).toBe(
    'cifar.tar.gz holds no data_batch_1.bin of 2 records of 3,073 bytes. Get the file again.',
  );
  expect(await unpack(await archive(all), 10_000)).toContain('holds no data_batch_1.bin of 10,000 records');
  expect(await unpack(await archive([...all, all[0]!]))).toContain('holds more than one data_batch_1.bin of 2 records');
  const tar = await archive(all);
  expect(await unpack(tar.subarray(0, 20_000))).toMatch(/^cifar\.tar\.gz is damaged: .* Get the file again\.$/);
  tar[600]! ^= 1;
  expect(await unpack(tar)).toMatch(/^cifar\.tar\.gz is damaged: .* Get the file again\.$/);
  const packed = gzipSync(await archive(all));
  expect(await messageFor(() => unpackCifar(packed.subarray(0, 90), 'cifar.tar.gz', 2))).toBe(
    'cifar.tar.gz is damaged: its gzip data end early or are not valid. Get the file again.',
  );
  expect(await unpack(await archive([...all, 'more.bin'], new Uint8Array(2 ** 20)))).toBe(
    'cifar.tar.gz inflates to more than the 1,085,452 bytes that CIFAR-10 needs. Get the file again, from a source you trust.',
  );
});
