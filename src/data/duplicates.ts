/** @file Images that two parts have in common, byte for byte. */

import type { Images } from './data-set.ts';

/** Images of `b` that are in `a` too. */
export interface Duplicates {
  readonly count: number;
  /** How many of them have no twin in `a` of their own class. */
  readonly otherClass: number;
  /** The first pair: indices into `a` and `b`. */
  readonly first: readonly [a: number, b: number] | null;
}

/** Images are compared by a hash first, and then byte by byte. */
export function duplicates(a: Images, b: Images): Duplicates {
  const none = { count: 0, otherClass: 0, first: null };
  const { BYTES_PER_ELEMENT: valueBytes } = a.pixels;
  if (String(a.shape) !== String(b.shape) || valueBytes !== b.pixels.BYTES_PER_ELEMENT) return none;
  const [ofA, ofB] = [bytesOf(a), bytesOf(b)];
  const length = ofA.length / a.count;
  const known = new Map<number, number[]>();
  for (let image = 0; image < a.count; image++) {
    const key = hash(ofA, image * length, length);
    const others = known.get(key);
    if (others) others.push(image);
    else known.set(key, [image]);
  }
  let [count, otherClass] = [0, 0];
  let first: Duplicates['first'] = null;
  for (let image = 0; image < b.count; image++) {
    const candidates = known.get(hash(ofB, image * length, length)) ?? [];
    const twins = candidates.filter((other) => areEqual(ofA, other * length, ofB, image * length, length));
    if (twins.length === 0) continue;
    first ??= [twins[0]!, image];
    count++;
    if (!twins.some((twin) => a.labels[twin] === b.labels[image])) otherClass++;
  }
  return { count, otherClass, first };
}

function bytesOf({ pixels }: Images): Uint8Array {
  return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
}

/** FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/. */
function hash(bytes: Uint8Array, start: number, length: number): number {
  let value = 0x811c9dc5;
  for (let at = start; at < start + length; at++) value = Math.imul(value ^ bytes[at]!, 0x01000193);
  return value;
}

function areEqual(a: Uint8Array, startA: number, b: Uint8Array, startB: number, length: number): boolean {
  for (let at = 0; at < length; at++) if (a[startA + at] !== b[startB + at]) return false;
  return true;
}
