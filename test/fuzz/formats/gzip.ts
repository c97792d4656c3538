/** @file IDX files packed with gzip: damaged packing, and whole packing around what is damaged; files that inflate to much. */
import { gzipSync } from 'node:zlib';
import { readIdx } from '../../../src/data/gzip.ts';
import { encodeIdx } from '../../encode-idx.ts';
import type { Format } from '../fuzz.ts';
import { concat, type Field, mutateBytes, pick } from '../mutate-bytes.ts';
import { idxFields, idxFiles, useIdx } from './idx.ts';

export const gzip: Format = {
  name: 'gzip',
  prepare() {
    const packed = idxFiles.map((file) => new Uint8Array(gzipSync(file)));
    const bombs = [[10, 6, 8], [1], [4096, 1024], [2 ** 32 - 1, 2 ** 21]].map(
      (shape) => new Uint8Array(gzipSync(concat(encodeIdx(shape, new Uint8Array(0)), new Uint8Array(6e6)))),
    );
    return {
      draw(random) {
        const kind = random.integer(10);
        if (kind < 4) {
          return new Uint8Array(
            gzipSync(mutateBytes(pick(random, idxFiles), random, pick(random, idxFiles), idxFields)),
          );
        }
        const file = pick(random, kind === 9 ? bombs : packed);
        return mutateBytes(file, random, pick(random, packed), random.integer(2) === 0 ? fieldsOf(file) : []);
      },
      read: async (input) => useIdx(await readIdx(input, 'fuzz')),
    };
  },
};

/** Of the header, the checksum and the length. */
const fieldsOf = ({ length }: Uint8Array): Field[] => [
  ...[0, 1, 2, 3, 8, 9, 10].map((at) => ({ at, bytes: 1, littleEndian: true }) as const),
  ...[length - 8, length - 4].map((at) => ({ at, bytes: 4, littleEndian: true }) as const),
];
