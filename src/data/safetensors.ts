/**
 * @file The safetensors format: named tensors that any framework reads.
 *
 *     uint64 n | n bytes of JSON | data         all little-endian; tensors in C order
 *
 * The JSON maps each name to `{ dtype, shape, data_offsets: [begin, end] }`, offsets counted from the start of the data,
 * and `__metadata__` to a map of strings. The tensors cover the data without overlap or hole. Written headers are padded
 * with spaces so that the data start at a multiple of 8. Source: huggingface/safetensors, README "Format".
 */

import { DataError, ShapeError, UsageError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { formatShape, type Shape, sizeOf } from '../shape.ts';
import { parseJson, quoted } from './json.ts';

export type SafetensorsValues = Float32Array | Float64Array | Uint8Array | Int32Array | BigInt64Array;

/** A tensor as read. */
export interface Tensor {
  readonly shape: number[];
  readonly values: SafetensorsValues;
}

/** What a safetensors file holds, in the header's order. */
export interface Safetensors {
  readonly tensors: Map<string, Tensor>;
  readonly metadata: Record<string, string>;
}

/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;

const METADATA = '__metadata__';

const valueTypes: ReadonlyMap<string, { bytes: number; make(length: number): SafetensorsValues }> = new Map([
  ['F32', { bytes: 4, make: (length) => new Float32Array(length) }],
  ['F64', { bytes: 8, make: (length) => new Float64Array(length) }],
  ['U8', { bytes: 1, make: (length) => new Uint8Array(length) }],
  ['I32', { bytes: 4, make: (length) => new Int32Array(length) }],
  ['I64', { bytes: 8, make: (length) => new BigInt64Array(length) }],
]);

/** What can be written. */
export interface WrittenTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly values: Float32Array | Float64Array;
}

/** What the header says of a tensor. */
interface Entry {
  readonly key: string;
  readonly dtype: string;
  readonly shape: number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Writes float32 and float64 tensors, in the order given; equal arguments give equal bytes.
 *
 * @throws ShapeError if a tensor's values do not fill its shape
 * @throws UsageError if a name is used twice, or reserved by the format
 */
export function writeSafetensors(
  tensors: readonly WrittenTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) header.set(METADATA, metadata);
  let end = 0;
  for (const { name, shape, values } of tensors) {
    if (name === METADATA || header.has(name)) {
      const reason = name === METADATA ? 'is reserved by safetensors' : 'is used twice';
      throw new UsageError(`The tensor name ${quoted(name)} ${reason}. Give each tensor a name of its own.`);
    }
    if (values.length !== sizeOf(shape)) {
      const need = `needs ${formatCount(sizeOf(shape), 'value')} (${formatShape(shape)})`;
      throw new ShapeError(`Tensor ${quoted(name)} ${need}, but gets ${formatCount(values.length)}.`);
    }
    const begin = end;
    end += values.byteLength;
    const dtype = values instanceof Float32Array ? 'F32' : 'F64';
    header.set(name, { dtype, shape, data_offsets: [begin, end] });
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(json, 8);
  bytes.fill(0x20, 8 + json.length, 8 + headerBytes);
  let at = 8 + headerBytes;
  for (const { values } of tensors) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return bytes;
}

/**
 * Reads tensors of types F32, F64, U8, I32 and I64; values are copies.
 *
 * @param name the file's name, for messages
 * @throws DataError if `bytes` are not exactly one safetensors file, or hold a tensor of another type
 */
export function readSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const { json, dataStart } = readHeader(bytes, name);
  // It starts with {, so it is an object.
  const header = parseJson(json, (problem, cause) => damaged(name, `its header ${problem}`, cause));
  const { [METADATA]: metadata = {} } = header as Record<string, unknown>;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw damaged(name, `${METADATA} needs to map names to strings`);
  }
  const keys = Object.keys(header as object).filter((key) => key !== METADATA);
  const entries = keys.map((key) => entryOf(key, (header as Record<string, unknown>)[key], name));
  checkCover(entries, bytes.length - dataStart, name);
  const tensors = new Map<string, Tensor>();
  for (const { key, dtype, shape, begin, end } of entries) {
    const type = valueTypes.get(dtype)!;
    const values = type.make((end - begin) / type.bytes);
    // One without elements needs no views.
    if (end > begin) new Uint8Array(values.buffer).set(bytes.subarray(dataStart + begin, dataStart + end));
    tensors.set(key, { shape, values });
  }
  return { tensors, metadata: metadata as Record<string, string> };
}

/** The header's text, and where the data start. */
function readHeader(bytes: Uint8Array, name: string): { json: Uint8Array; dataStart: number } {
  if (bytes.length < 8) throw damaged(name, `it ends after ${formatCount(bytes.length, 'byte')}`);
  const written = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const length = Number(written);
  if (length > MAX_HEADER_BYTES) {
    throw damaged(name, `its header of ${formatCount(written, 'byte')} is over ${formatCount(MAX_HEADER_BYTES)}`);
  }
  if (length > bytes.length - 8) {
    const promise = `its header promises ${formatCount(8 + length)} or more`;
    throw damaged(name, `it ends after ${formatCount(bytes.length, 'byte')}; ${promise}`);
  }
  if (length === 0 || bytes[8] !== 0x7b) throw damaged(name, 'its header does not start with {');
  return { json: bytes.subarray(8, 8 + length), dataStart: 8 + length };
}

function entryOf(key: string, value: unknown, name: string): Entry {
  const tensor = (): string => `tensor ${quoted(key)}`;
  if (!isRecord(value)) throw damaged(name, `${tensor()} is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') throw damaged(name, `${tensor()} has no dtype`);
  if (!isCounts(shape)) throw damaged(name, `${tensor()} needs a shape of whole numbers`);
  if (!isCounts(offsets) || offsets.length !== 2) throw damaged(name, `${tensor()} needs two data_offsets`);
  const type = valueTypes.get(dtype);
  if (!type) {
    const known = [...valueTypes.keys()].join(', ');
    throw new DataError(
      `${name} has ${tensor()} of type ${quoted(dtype)}; ${known} are read. Convert it to F32 first.`,
    );
  }
  const [begin, end] = offsets as [number, number];
  let need = type.bytes;
  for (const extent of shape) {
    need *= extent;
    if (!Number.isSafeInteger(need)) throw damaged(name, `${tensor()} has more elements than can be counted exactly`);
  }
  if (need !== end - begin) {
    const promise = `${formatCount(need, 'byte')} (${dtype} ${shape.length > 8 ? `of rank ${shape.length}` : formatShape(shape)})`;
    throw damaged(name, `${tensor()} needs ${promise}, but its data_offsets are ${begin} to ${end}`);
  }
  return { key, dtype, shape, begin, end };
}

/** @throws DataError unless the tensors cover the data without overlap or hole */
function checkCover(entries: readonly Entry[], dataBytes: number, name: string): void {
  let covered = 0;
  for (const { key, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      const problem = begin < covered ? 'overlaps the one before it' : 'leaves a hole before it';
      throw damaged(name, `tensor ${quoted(key)} ${problem}: it begins at ${begin}, not ${covered}`);
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    const received = `it has ${formatCount(dataBytes, 'byte')} of data`;
    throw damaged(name, `${received}; its header promises ${formatCount(covered)}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}

function damaged(name: string, problem: string, cause?: unknown): DataError {
  const message = `${name} is not a valid safetensors file: ${problem}. Get the file again, or export it anew.`;
  return new DataError(message, { cause });
}
