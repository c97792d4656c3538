/**
 * @file The IDX format of MNIST and its kin.
 *
 *     00 00 | type | rank | rank × uint32 extents | values in C order; everything big-endian
 *
 * Types: 0x08 uint8, 0x09 int8, 0x0B int16, 0x0C int32, 0x0D float32, 0x0E float64. The header is held to the bytes that
 * are there before anything is allocated. Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", section "The IDX
 * file format".
 */

import { DataError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { formatShape, sizeOf } from '../shape.ts';

export type IdxValues = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** An array from an IDX file; `name` is the file's, for messages. */
export interface Idx {
  readonly name: string;
  readonly shape: number[];
  readonly values: IdxValues;
}

/** What an IDX header says. */
export interface IdxHeader {
  readonly type: ValueType;
  readonly shape: number[];
  /** Bytes before the first value. */
  readonly headerBytes: number;
  /** Bytes of the whole file, header included. */
  readonly fileBytes: number;
}

interface ValueType {
  readonly bytes: number;
  /** Typed values from a big-endian run of them. */
  decode(data: Uint8Array<ArrayBuffer>): IdxValues;
}

/** The longest header: rank 255. */
export const MAX_HEADER_BYTES = 4 + 4 * 255;

const valueTypes: ReadonlyMap<number, ValueType> = new Map<number, ValueType>([
  [0x08, { bytes: 1, decode: (data) => data }],
  [0x09, { bytes: 1, decode: (data) => new Int8Array(data.buffer, data.byteOffset, data.length) }],
  [0x0b, { bytes: 2, decode: (data) => new Int16Array(swapped(data, 2)) }],
  [0x0c, { bytes: 4, decode: (data) => new Int32Array(swapped(data, 4)) }],
  [0x0d, { bytes: 4, decode: (data) => new Float32Array(swapped(data, 4)) }],
  [0x0e, { bytes: 8, decode: (data) => new Float64Array(swapped(data, 8)) }],
]);

/**
 * Reads an uncompressed IDX file.
 *
 * @param name the file's name, for messages
 * @returns the values; those of type uint8 and int8 are a view of `bytes`, not a copy
 * @throws DataError if `bytes` are not exactly one IDX file
 */
export function parseIdx(bytes: Uint8Array, name: string): Idx {
  const header = readIdxHeader(bytes, name);
  checkIdxLength(header, bytes.length, name);
  // A plain Uint8Array even if `bytes` is a Buffer, whose methods differ.
  const data = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset + header.headerBytes, valueBytes(header));
  return { name, shape: header.shape, values: header.type.decode(data) };
}

/**
 * Reads the header alone; `head` may be the file's first `MAX_HEADER_BYTES` bytes or more.
 *
 * @throws DataError if this is not an IDX header, or promises more than can be counted
 */
export function readIdxHeader(head: Uint8Array, name: string): IdxHeader {
  if (head.length < 4) throw new DataError(`${name} ends after ${formatCount(head.length, 'byte')}. ${NEEDS_IDX}`);
  if (head[0] !== 0 || head[1] !== 0) {
    throw new DataError(`${name} is not an IDX file: it starts with ${hex(head.subarray(0, 4))}. ${NEEDS_IDX}`);
  }
  const type = valueTypes.get(head[2]!);
  if (!type) {
    const known = [...valueTypes.keys()].map((code) => `0x${hex([code])}`).join(', ');
    throw new DataError(`${name} has values of type 0x${hex([head[2]!])}; IDX knows ${known}. ${GET_AGAIN}`);
  }
  const rank = head[3]!;
  if (rank === 0) throw new DataError(`${name} has rank 0; an IDX file needs at least one axis. ${GET_AGAIN}`);
  const headerBytes = 4 + 4 * rank;
  if (head.length < headerBytes) {
    const need = `its header of rank ${rank} needs ${formatCount(headerBytes)}`;
    throw new DataError(`${name} ends after ${formatCount(head.length, 'byte')}; ${need}. ${GET_AGAIN}`);
  }
  const view = new DataView(head.buffer, head.byteOffset, headerBytes);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const fileBytes = headerBytes + sizeOf(shape) * type.bytes;
  if (!Number.isSafeInteger(fileBytes)) {
    throw new DataError(`${name} promises ${describeIdx(shape)}, more than can be counted exactly. ${GET_AGAIN}`);
  }
  return { type, shape, headerBytes, fileBytes };
}

/** @throws DataError unless a file of `bytes` bytes is as long as its header promises */
export function checkIdxLength(header: IdxHeader, bytes: number, name: string): void {
  if (bytes === header.fileBytes) return;
  const promise = `its header promises ${formatCount(header.fileBytes)} (${describeIdx(header.shape)})`;
  const received =
    bytes < header.fileBytes ? `ends after ${formatCount(bytes, 'byte')}` : `goes on to ${formatCount(bytes, 'byte')}`;
  throw new DataError(`${name} ${received}; ${promise}. ${GET_AGAIN}`);
}

/** `60,000 images of 28 × 28`, as messages describe what a header promises. */
export function describeIdx(shape: readonly number[]): string {
  const [count, ...item] = shape as [number, ...number[]];
  if (shape.length === 1) return formatCount(count, 'value');
  if (shape.length === 2) return `${formatCount(count, 'row')} of ${formatShape(item)}`;
  if (shape.length <= 4) return `${formatCount(count, 'image')} of ${formatShape(item)}`;
  return `an array of rank ${shape.length}`;
}

const NEEDS_IDX =
  'An IDX file starts with 00 00, a type, a rank and the sizes. Give files as MNIST has them, raw or .gz.';
const GET_AGAIN = 'Get the file again.';

function valueBytes(header: IdxHeader): number {
  return header.fileBytes - header.headerBytes;
}

/** A copy with the bytes of each value in reverse: little-endian, the order of typed arrays wherever Ocellus runs. */
function swapped(data: Uint8Array, valueBytes: number): ArrayBuffer {
  const result = new Uint8Array(data.length);
  for (let start = 0; start < data.length; start += valueBytes) {
    for (let byte = 0; byte < valueBytes; byte++) result[start + byte] = data[start + valueBytes - 1 - byte]!;
  }
  return result.buffer;
}

function hex(bytes: Iterable<number>): string {
  return Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
}
