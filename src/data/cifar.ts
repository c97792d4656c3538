/**
 * @file The binary files of CIFAR-10: records of one label byte and 3,072 pixel bytes, a plane of 32 × 32 for red, green and
 * blue in turn; here channels come last. The archive has five files to train with and one to test with, 10,000 records
 * each. Source: A. Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
 */

import { unpackTar } from 'modern-tar';
import { DataError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { type Images, imagesFrom } from './data-set.ts';
import { inflate } from './gzip.ts';

const [height, width, channels] = [32, 32, 3];
const planeBytes = height * width;
export const cifarRecordBytes = 1 + channels * planeBytes;
const recordsPerFile = 10_000;

/** The names of the files, by part. */
export const cifarFiles = {
  train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
  test: ['test_batch.bin'],
} as const;

/** A file's name and content. */
export interface CifarFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The images of one part, in the order of the files.
 *
 * @throws DataError if a file holds no whole number of records, or a label that is not one of `classes`
 */
export function parseCifar(files: readonly CifarFile[], classes: readonly string[]): Images {
  for (const { name, bytes } of files) {
    if (bytes.length > 0 && bytes.length % cifarRecordBytes === 0) continue;
    const need = `CIFAR-10's files are whole records of ${formatCount(cifarRecordBytes)}`;
    throw new DataError(`${name} has ${formatCount(bytes.length, 'byte')}; ${need}. Get the file again.`);
  }
  const count = files.reduce((sum, { bytes }) => sum + bytes.length / cifarRecordBytes, 0);
  const labels = new Uint8Array(count);
  const pixels = new Uint8Array(count * channels * planeBytes);
  let image = 0;
  for (const { bytes } of files) {
    for (let record = 0; record < bytes.length; record += cifarRecordBytes) {
      labels[image] = bytes[record]!;
      const to = image * channels * planeBytes;
      for (let channel = 0; channel < channels; channel++) {
        const plane = record + 1 + channel * planeBytes;
        for (let at = 0; at < planeBytes; at++) pixels[to + at * channels + channel] = bytes[plane + at]!;
      }
      image++;
    }
  }
  const name = files.map((file) => file.name).join(', ');
  const shape = [count, height, width, channels];
  return imagesFrom({ name, shape, values: pixels }, { name, shape: [count], values: labels }, classes);
}

/** What an archive may have beside its six files: headers, a page, and a list of names. */
const otherArchiveBytes = 2 ** 20;

/**
 * The six files of CIFAR-10's archive, `.tar.gz`. Nothing is kept of other files, and no more is inflated than the six need.
 *
 * @param records how many each file has
 * @throws DataError if the archive is damaged, too large, or lacks a file
 */
export async function unpackCifar(
  bytes: Uint8Array,
  name: string,
  records = recordsPerFile,
): Promise<{ train: CifarFile[]; test: CifarFile[] }> {
  const fileBytes = records * cifarRecordBytes;
  const wanted: readonly string[] = [...cifarFiles.train, ...cifarFiles.test];
  const isWanted = (path: string, size: number): boolean => wanted.includes(baseName(path)) && size === fileBytes;
  let entries: Awaited<ReturnType<typeof unpackTar>>;
  try {
    entries = await unpackTar(limited(bytes, name, 6 * fileBytes + otherArchiveBytes), {
      strict: true,
      filter: (header) => header.type === 'file' && isWanted(header.name, header.size),
    });
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError(`${name} is damaged: ${(cause as Error).message} Get the file again.`, { cause });
  }
  const file = (wantedName: string): CifarFile => {
    const found = entries.filter((entry) => baseName(entry.header.name) === wantedName);
    if (found.length === 1) return { name: wantedName, bytes: found[0]!.data! };
    const received = `holds ${found.length === 0 ? 'no' : 'more than one'} ${wantedName}`;
    const need = `${formatCount(records, 'record')} of ${formatCount(cifarRecordBytes, 'byte')}`;
    throw new DataError(`${name} ${received} of ${need}. Get the file again.`);
  };
  return { train: cifarFiles.train.map(file), test: cifarFiles.test.map(file) };
}

function limited(bytes: Uint8Array, name: string, most: number): ReadableStream<Uint8Array> {
  const chunks = inflate(bytes, name);
  let length = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await chunks.next();
      if (done) return controller.close();
      length += value.length;
      if (length > most) {
        const limit = `the ${formatCount(most, 'byte')} that CIFAR-10 needs`;
        throw new DataError(`${name} inflates to more than ${limit}. Get the file again, from a source you trust.`);
      }
      controller.enqueue(value);
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
