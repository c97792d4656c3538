/**
 * @file Fashion-MNIST's files as they are downloaded, made of those in Debian's package: these are the same but for the head
 * of the gzip, which there has no file name and another time. The times were found by trying them against the SHA-256.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = '/usr/share/datasets/fashion-mnist';

export const hasFashion = existsSync(folder);

/** Seconds since 1970. */
const times = {
  'train-images-idx3-ubyte': 1_504_176_606,
  'train-labels-idx1-ubyte': 1_504_176_606,
  't10k-images-idx3-ubyte': 1_504_176_627,
  't10k-labels-idx1-ubyte': 1_504_176_627,
};

/** By name. */
export function canonicalFashion(): Map<string, Buffer> {
  return new Map(
    Object.entries(times).map(([name, time]) => {
      const head = Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]);
      head.writeUInt32LE(time, 4);
      const rest = readFileSync(join(folder, `${name}.gz`)).subarray(10);
      return [`${name}.gz`, Buffer.concat([head, Buffer.from(`${name}\0`), rest])];
    }),
  );
}
