/**
 * @file IDX files packed with gzip.
 *
 * The IDX header inside tells how long the content is; no more than that is inflated, so that a small file cannot fill the
 * memory. Source: RFC 1951 and 1952; "Compression Streams", WHATWG.
 */

import { DataError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { describeIdx, type Idx, MAX_HEADER_BYTES, parseIdx, readIdxHeader } from './idx.ts';

/** The most that is inflated, whatever a header promises; EMNIST's largest file has 547 MB. */
const MAX_CONTENT_BYTES = 2 ** 30;

/** Browsers inflate a chunk at once, however much comes out (up to 1032 times as much): small chunks, small surprises. */
const CHUNK_BYTES = 2 ** 14;

/** Whether `bytes` start as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Reads an IDX file, raw or packed with gzip.
 *
 * @param name the file's name, for messages
 * @throws DataError if it is neither, damaged, or not as long as its header promises
 */
export async function readIdx(bytes: Uint8Array, name: string): Promise<Idx> {
  return parseIdx(isGzip(bytes) ? await inflateIdx(bytes, name) : bytes, name);
}

/**
 * The content of an IDX file packed with gzip; at most as long as its header promises.
 *
 * @throws DataError if the gzip is damaged, or its content not IDX, longer than it promises, or over 1 GiB
 */
export async function inflateIdx(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let promised: number | undefined;
  for await (const chunk of inflate(bytes, name)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= MAX_HEADER_BYTES) promised ??= promisedLength(joined(chunks, length), name);
    if (promised !== undefined && length > promised) {
      const promise = `the ${formatCount(promised, 'byte')} that its header promises`;
      throw new DataError(`${name} inflates to more than ${promise}. Get the file again, from a source you trust.`);
    }
  }
  return joined(chunks, length);
}

function promisedLength(head: Uint8Array, name: string): number {
  const { fileBytes, shape } = readIdxHeader(head, name);
  if (fileBytes <= MAX_CONTENT_BYTES) return fileBytes;
  const promise = `its header promises ${formatCount(fileBytes)} (${describeIdx(shape)})`;
  const limit = `At most ${formatCount(MAX_CONTENT_BYTES, 'byte')} are inflated`;
  throw new DataError(`${name} is too large: ${promise}. ${limit}: unpack it with gunzip, and give the raw file.`);
}

/**
 * Inflates gzip chunk by chunk, as fast as the caller takes them; stops when the caller does.
 *
 * @throws DataError if the gzip is damaged
 */
export async function* inflate(bytes: Uint8Array, name: string): AsyncGenerator<Uint8Array> {
  const stream = new DecompressionStream('gzip');
  const reader: ReadableStreamDefaultReader<Uint8Array> = stream.readable.getReader();
  // What goes wrong while writing also goes wrong while reading, where it is reported.
  const ignore = () => {};
  write(stream.writable.getWriter(), bytes).catch(ignore);
  try {
    while (true) {
      const { value, done } = await reader.read().catch((cause: unknown) => {
        const remedy = 'Get the file again.';
        throw new DataError(`${name} is damaged: its gzip data end early or are not valid. ${remedy}`, { cause });
      });
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(ignore);
  }
}

async function write(writer: WritableStreamDefaultWriter, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    await writer.write(bytes.subarray(start, start + CHUNK_BYTES));
  }
  await writer.close();
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const result = new Uint8Array(length);
  let start = 0;
  for (const chunk of chunks) {
    result.set(chunk, start);
    start += chunk.length;
  }
  return result;
}
