/** @file A small data set on disk for tests of the command line: three classes, each a bright band in a noisy image. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomStream } from '../src/random.ts';
import { encodeIdx } from './encode-idx.ts';

export interface TinyData {
  readonly size?: number;
  readonly classes?: number;
  readonly train?: number;
  readonly test?: number;
}

/** Makes the folder, with four raw IDX files named as MNIST's. */
export async function writeTinyData(
  folder: string,
  { size = 12, classes = 3, train = 60, test = 30 }: TinyData = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [part, count] of [
    ['train', train],
    ['t10k', test],
  ] as const) {
    const { integer } = randomStream(1, part);
    const labels = Uint8Array.from({ length: count }, (_, image) => image % classes);
    const band = size / classes;
    const pixels = Uint8Array.from({ length: count * size * size }, (_, at) => {
      const row = Math.floor(at / size) % size;
      const label = labels[Math.floor(at / (size * size))]!;
      return Math.floor(row / band) === label ? 128 + integer(128) : integer(128);
    });
    await writeFile(join(folder, `${part}-images-idx3-ubyte`), encodeIdx([count, size, size], pixels));
    await writeFile(join(folder, `${part}-labels-idx1-ubyte`), encodeIdx([count], labels));
  }
}
