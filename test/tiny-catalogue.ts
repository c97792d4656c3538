/** @file A data set to download for tests: an entry of a catalogue whose four packed files are small. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { IdxEntry, PinnedFile } from '../src/data/catalogue.ts';
import { randomStream } from '../src/random.ts';
import { encodeIdx } from './encode-idx.ts';

export interface TinyDownload {
  readonly entry: IdxEntry;
  /** The packed files by name. */
  readonly files: ReadonlyMap<string, Buffer>;
}

const [train, test, size] = [400, 40, 16];

/** @param knowsContent whether the entry has the hashes of the uncompressed files too */
export function tinyDownload({ knowsContent = true } = {}): TinyDownload {
  const files = new Map<string, Buffer>();
  const file = (name: string, shape: number[], values: Uint8Array): PinnedFile => {
    const bytes = encodeIdx(shape, values);
    const packed = gzipSync(bytes);
    files.set(`${name}.gz`, packed);
    const pinned = { name: `${name}.gz`, bytes: packed.length, sha256: sha256(packed) };
    return { name, bytes: bytes.length, sha256: knowsContent ? sha256(bytes) : null, packed: pinned };
  };
  const part = (name: string, count: number) => {
    const { integer } = randomStream(1, name);
    const pixels = Uint8Array.from({ length: count * size * size }, () => integer(256));
    const labels = Uint8Array.from({ length: count }, (_, image) => image % 4);
    return {
      images: file(`${name}-images-idx3-ubyte`, [count, size, size], pixels),
      labels: file(`${name}-labels-idx1-ubyte`, [count], labels),
    };
  };
  const entry: IdxEntry = {
    name: 'tiny',
    aliases: [],
    title: 'Tiny',
    classes: ['a', 'b', 'c', 'd'],
    licence: 'none',
    source: 'made for tests',
    shape: [size, size, 1],
    trainImages: train,
    testImages: test,
    package: null,
    mirrors: ['http://127.0.0.1:9/'],
    fingerprints: null,
    format: 'idx',
    files: { train: part('train', train), test: part('t10k', test) },
  };
  return { entry, files };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
