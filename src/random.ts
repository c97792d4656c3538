/**
 * @file Chance with a seed: one stream per purpose, and hashes of counters.
 *
 * A stream is for what happens in one fixed order (initialisation, shuffles, splits). Its state can be saved and
 * restored. A counter hash is for what threads compute in any order (masks, augmentation): its value depends on (seed,
 * purpose, epoch, sample, element) alone. Purposes never share numbers: drawing more for one changes no other.
 *
 * Sources: xoroshiro128+ (Blackman and Vigna 2018) from pure-rand; fmix32, the finaliser of MurmurHash3 (Appleby 2011).
 */

import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { DataError, UsageError } from './errors.ts';
import { log } from './numerics.ts';

/** The name of the generator and its four int32 words: survives JSON and postMessage. */
export type StreamState = readonly (string | number)[];

/** A sequence of random numbers that one seed and one purpose determine. */
export interface RandomStream {
  /** A multiple of 2^-53 in [0, 1), all equally likely. */
  uniform(): number;
  /** An integer from 0 to below − 1, all equally likely; below is 1 to 2^32. */
  integer(below: number): number;
  /** A number with the standard normal distribution. */
  normal(): number;
  /** The numbers 0 to length − 1 in random order, all orders equally likely. */
  permutation(length: number): Uint32Array;
  /** What `restoreStream` needs to go on from here. */
  state(): StreamState;
}

const GENERATOR = 'xoroshiro128+';
const TWO_32 = 0x100000000;

/** The stream for a purpose ('initialisation', 'shuffle', …), from its start. The seed is a safe integer ≥ 0. */
export function randomStream(seed: number, purpose: string): RandomStream {
  const words = wordsOf(seed, purpose, []);
  return streamFrom([0, 1, 2, 3].map((lane) => hashWords(words, lane)));
}

/** The stream whose `state()` this is, from where it stood. */
export function restoreStream(state: StreamState): RandomStream {
  const [generator, ...words] = state;
  if (generator !== GENERATOR || words.length !== 4 || !words.every(isInt32) || words.every((word) => word === 0)) {
    throw new DataError(
      `A random stream's state is '${GENERATOR}' and four 32-bit integers, not all 0, ` +
        `but this is ${JSON.stringify(state)}.\nRestore a state that state() returned.`,
    );
  }
  return streamFrom(words);
}

function isInt32(value: string | number): value is number {
  return typeof value === 'number' && (value | 0) === value;
}

function streamFrom(words: readonly number[]): RandomStream {
  const generator = xoroshiro128plusFromState(words);
  const uint32 = () => generator.next() >>> 0;

  // The lowest bits of xoroshiro128+ are the weakest: both draws drop them.
  const uniform = () => {
    const high = uint32() >>> 5;
    return (high * 67108864 + (uint32() >>> 6)) / 9007199254740992;
  };

  const integer = (below: number) => {
    if (!Number.isInteger(below) || below < 1 || below > TWO_32) {
      throw new UsageError(`integer(below) needs an integer from 1 to 2^32, but gets ${below}.`);
    }
    const width = Math.floor(TWO_32 / below);
    for (;;) {
      const slot = Math.floor(uint32() / width);
      if (slot < below) return slot;
    }
  };

  return {
    uniform,
    integer,
    // Marsaglia's polar method; the second number of each pair is dropped, so that the state is the generator's alone.
    normal() {
      for (;;) {
        const x = 2 * uniform() - 1;
        const y = 2 * uniform() - 1;
        const square = x * x + y * y;
        if (square > 0 && square < 1) return x * Math.sqrt((-2 * log(square)) / square);
      }
    },
    // Fisher and Yates, from the end.
    permutation(length) {
      if (!Number.isInteger(length) || length < 0 || length > TWO_32) {
        throw new UsageError(`permutation(length) needs an integer from 0 to 2^32, but gets ${length}.`);
      }
      const order = Uint32Array.from({ length }, (_, index) => index);
      for (let last = length - 1; last > 0; last--) {
        const other = integer(last + 1);
        const swapped = order[last]!;
        order[last] = order[other]!;
        order[other] = swapped;
      }
      return order;
    },
    state: () => [GENERATOR, ...generator.getState()],
  };
}

/** What the elements of one sample in one epoch have in common: two int32. */
export type CounterKey = readonly [first: number, second: number];

/** The key of one sample in one epoch, for `keyedHash` in loops over elements. Counters are 0 to 2^32 − 1. */
export function counterKey(seed: number, purpose: string, epoch: number, sample: number): CounterKey {
  const words = wordsOf(seed, purpose, [epoch, sample]);
  return [hashWords(words, 0), hashWords(words, 1)];
}

/** fmix32(fmix32(element ⊕ first) ⊕ second), a uint32: 16 integer operations, for compiled code too. */
export function keyedHash([first, second]: CounterKey, element: number): number {
  return fmix32(fmix32(element ^ first) ^ second) >>> 0;
}

/** A uint32 from its five arguments alone: `keyedHash(counterKey(seed, purpose, epoch, sample), element)`. */
export function counterHash(seed: number, purpose: string, epoch: number, sample: number, element: number): number {
  return keyedHash(counterKey(seed, purpose, epoch, sample), element);
}

/** The seed's low and high word, the number of counters, the counters, the purpose's UTF-16 code units. */
function wordsOf(seed: number, purpose: string, counters: readonly number[]): number[] {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new UsageError(`A seed needs to be an integer from 0 to ${Number.MAX_SAFE_INTEGER}, but this is ${seed}.`);
  }
  const words = [seed | 0, Math.floor(seed / TWO_32), counters.length, ...counters];
  for (let i = 0; i < purpose.length; i++) words.push(purpose.charCodeAt(i));
  return words;
}

/** hash ← fmix32((hash ⊕ word) + ⌊2^32 / φ⌋) over the words, starting from the lane's number; an int32. */
function hashWords(words: readonly number[], lane: number): number {
  return words.reduce((hash, word) => fmix32(((hash ^ word) + 0x9e3779b9) | 0), lane);
}

/** MurmurHash3's finaliser: a permutation of the int32 in which each bit of the input stirs all of the output. */
function fmix32(word: number): number {
  let hash = word;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
