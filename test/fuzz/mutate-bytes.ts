/** @file Changes to bytes, drawn by a seed: bits, cuts, splices, repeated regions, and numbers set to extremes. */
import type { RandomStream } from '../../src/random.ts';

/** Where a number stands that a reader believes: a length, a size, a magic number. */
export interface Field {
  readonly at: number;
  readonly bytes: 1 | 2 | 4 | 8;
  readonly littleEndian: boolean;
}

const extremes = [
  ...[0n, 1n, 2n, 7n, 8n, 127n, 128n, 255n, 256n, 65_535n, 65_536n, 100_000_000n, 100_000_001n],
  ...[2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n],
];

export const pick = <T>(random: RandomStream, list: readonly T[]): T => list[random.integer(list.length)]!;

/** From 0 to `length`, both included. */
const placeIn = (random: RandomStream, length: number): number => random.integer(length + 1);

function region(random: RandomStream, length: number): [number, number] {
  const from = placeIn(random, length);
  return [from, Math.min(length, from + 1 + random.integer(Math.max(1, Math.min(length, 512))))];
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function writeField(bytes: Uint8Array, { at, bytes: size, littleEndian }: Field, value: bigint): Uint8Array {
  const changed = Uint8Array.from(bytes);
  for (let place = 0; place < size && at + place < changed.length; place++) {
    changed[at + place] = Number((value >> BigInt(8 * (littleEndian ? place : size - 1 - place))) & 255n);
  }
  return changed;
}

type Change = (bytes: Uint8Array, random: RandomStream, other: Uint8Array, fields: readonly Field[]) => Uint8Array;

const changes: readonly Change[] = [
  function flipBits(bytes, random) {
    const changed = Uint8Array.from(bytes);
    if (changed.length === 0) return changed;
    for (let count = 1 + random.integer(8); count > 0; count--) {
      changed[random.integer(changed.length)]! ^= 1 << random.integer(8);
    }
    return changed;
  },
  function setBytes(bytes, random) {
    const changed = Uint8Array.from(bytes);
    const [from, to] = region(random, Math.min(bytes.length, 64));
    return changed.fill(pick(random, [0, 255, 127, 128, 32, 123, 34, random.integer(256)]), from, to);
  },
  function setField(bytes, random, _, fields) {
    const anywhere = {
      at: placeIn(random, bytes.length),
      bytes: pick(random, [1, 2, 4, 8] as const),
      littleEndian: random.integer(2) === 0,
    };
    return writeField(bytes, fields.length > 0 ? pick(random, fields) : anywhere, pick(random, extremes));
  },
  function cut(bytes, random) {
    return bytes.slice(0, placeIn(random, bytes.length));
  },
  function extend(bytes, random) {
    return concat(bytes, new Uint8Array(1 + random.integer(64)).fill(pick(random, [0, 32, 255])));
  },
  function remove(bytes, random) {
    const [from, to] = region(random, bytes.length);
    return concat(bytes.subarray(0, from), bytes.subarray(to));
  },
  function repeat(bytes, random) {
    const [from, to] = region(random, bytes.length);
    const times = 1 + random.integer(pick(random, [1, 1, 2, 20]));
    const copies = Array.from({ length: times }, () => bytes.subarray(from, to));
    return concat(bytes.subarray(0, to), ...copies, bytes.subarray(to));
  },
  function splice(bytes, random, other) {
    return concat(bytes.subarray(0, placeIn(random, bytes.length)), other.subarray(placeIn(random, other.length)));
  },
  function move(bytes, random) {
    const [from, to] = region(random, bytes.length);
    const rest = concat(bytes.subarray(0, from), bytes.subarray(to));
    const at = placeIn(random, rest.length);
    return concat(rest.subarray(0, at), bytes.subarray(from, to), rest.subarray(at));
  },
];

/** One change, or a few. */
export function mutateBytes(
  bytes: Uint8Array,
  random: RandomStream,
  other: Uint8Array,
  fields: readonly Field[] = [],
): Uint8Array {
  let changed = bytes;
  do changed = pick(random, changes)(changed, random, other, fields);
  while (random.integer(3) === 0);
  return changed;
}
