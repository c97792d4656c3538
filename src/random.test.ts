import { describe, expect, test } from 'vitest';
import { DataError, UsageError } from './errors.ts';
import { counterHash, counterKey, keyedHash, type RandomStream, randomStream, restoreStream } from './random.ts';

const draws = (stream: RandomStream) => [stream.uniform(), stream.integer(10), stream.normal()];
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('randomStream', () => {
  test('is the same for ever', () => {
    const stream = randomStream(1, 'initialisation');
    expect(draws(stream)).toEqual([0.6909257577400557, 7, 0.9542215166723325]);
    expect([...stream.permutation(8)]).toEqual([4, 2, 7, 3, 5, 0, 6, 1]);
    expect(stream.state()).toEqual(['xoroshiro128+', 1577472014, 2046317627, -843362610, -573453866]);
  });

  test('differs for another seed or another purpose', () => {
    const streams = [
      randomStream(0, ''),
      randomStream(0, 'shuffle'),
      randomStream(1, 'shuffle'),
      randomStream(1 + 2 ** 32, 'shuffle'),
      randomStream(1, 'shuffles'),
      randomStream(Number.MAX_SAFE_INTEGER, 'shuffle'),
    ];
    expect(new Set(streams.map((stream) => stream.uniform())).size).toBe(6);
  });

  test('refuses a seed that is no safe integer from 0 up', () => {
    for (const seed of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      expect(() => randomStream(seed, 'shuffle')).toThrow(
        new UsageError(`A seed needs to be an integer from 0 to 9007199254740991, but this is ${seed}.`),
      );
      expect(() => counterHash(seed, 'mask', 0, 0, 0)).toThrow(UsageError);
    }
  });

  test('goes on from a saved state, through JSON, after any kind of draw', () => {
    const stream = randomStream(7, 'shuffle');
    for (const draw of [stream.uniform, stream.normal, () => stream.integer(3), () => stream.permutation(5)]) {
      draw();
      const restored = restoreStream(JSON.parse(JSON.stringify(stream.state())));
      expect(draws(restored)).toEqual(draws(stream));
    }
  });

  test('refuses a state that is none', () => {
    const bad = [[], ['mt19937', 1, 2, 3, 4], ['xoroshiro128+', 1, 2, 3], ['xoroshiro128+', 0, 0, 0, 0]];
    for (const state of [...bad, ['xoroshiro128+', 1, 2, 3, 0.5], ['xoroshiro128+', 1, 2, 3, '4']]) {
      expect(() => restoreStream(state)).toThrow(DataError);
    }
    expect(() => restoreStream(['mt19937', 1])).toThrow(
      "A random stream's state is 'xoroshiro128+' and four 32-bit integers, not all 0, but this is [\"mt19937\",1].\n" +
        'Restore a state that state() returned.',
    );
  });

  test('uniform numbers fill [0, 1) evenly, and use bits down to 2^-53', () => {
    const { uniform } = randomStream(3, 'test');
    const values = Array.from({ length: 100_000 }, uniform);
    expect(values.every((value) => value >= 0 && value < 1 && Number.isInteger(value * 2 ** 53))).toBe(true);
    expect(values.filter((value) => (value * 2 ** 53) % 2 === 1).length / 1000).toBeCloseTo(50, -0.5);
    expect(mean(values)).toBeCloseTo(0.5, 2);
    expect(mean(values.map((value) => (value - 0.5) ** 2))).toBeCloseTo(1 / 12, 2);
  });

  test('integers below n are equally frequent, for n that do and do not divide 2^32', () => {
    for (const below of [1, 2, 3, 10, 16]) {
      const { integer } = randomStream(below, 'test');
      const counts = new Array<number>(below).fill(0);
      for (let i = 0; i < 10_000 * below; i++) counts[integer(below)]!++;
      for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(450);
    }
    const { integer } = randomStream(0, 'test');
    const large = Array.from({ length: 10_000 }, () => integer(3 * 2 ** 30) / 2 ** 30);
    for (const third of [0, 1, 2]) {
      expect(Math.abs(large.filter((value) => Math.floor(value) === third).length - 3333)).toBeLessThan(250);
    }
    expect(integer(2 ** 32)).toBeLessThan(2 ** 32);
  });

  test('integer and permutation refuse what they cannot do', () => {
    const { integer, permutation } = randomStream(0, 'test');
    for (const below of [0, -1, 1.5, NaN, 2 ** 32 + 1]) {
      expect(() => integer(below)).toThrow(
        new UsageError(`integer(below) needs an integer from 1 to 2^32, but gets ${below}.`),
      );
    }
    for (const length of [-1, 1.5, NaN]) {
      expect(() => permutation(length)).toThrow(
        new UsageError(`permutation(length) needs an integer from 0 to 2^32, but gets ${length}.`),
      );
    }
  });

  test('normal numbers have the moments and the tails of the bell', () => {
    const { normal } = randomStream(5, 'test');
    const values = Array.from({ length: 100_000 }, normal);
    expect(mean(values)).toBeCloseTo(0, 1);
    expect(mean(values.map((value) => value ** 2))).toBeCloseTo(1, 1);
    expect(mean(values.map((value) => value ** 4))).toBeCloseTo(3, 0);
    expect(values.filter((value) => Math.abs(value) > 1.959964).length / 100_000).toBeCloseTo(0.05, 2);
  });

  test('a permutation holds each number once, and every order is equally frequent', () => {
    const stream = randomStream(2, 'test');
    expect([...stream.permutation(0)]).toEqual([]);
    expect([...stream.permutation(1000).sort()]).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = stream.permutation(4).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('counterHash', () => {
  test('is the same for ever, and its key can be taken out of the loop', () => {
    expect([0, 1, 2].map((element) => counterHash(1, 'dropout', 0, 0, element))).toEqual([
      3978416079, 443829119, 2352462241,
    ]);
    const key = counterKey(1, 'dropout', 2, 3);
    expect(keyedHash(key, 4)).toBe(counterHash(1, 'dropout', 2, 3, 4));
  });

  test('changes about half of its bits with any bit of any counter', () => {
    const hash = (counters: readonly number[]) => counterHash(9, 'mask', counters[0]!, counters[1]!, counters[2]!);
    for (const changed of [0, 1, 2]) {
      for (let bit = 0; bit < 32; bit++) {
        const flips = new Array<number>(32).fill(0);
        for (let trial = 0; trial < 500; trial++) {
          const counters = [trial % 5, trial % 83, trial];
          const before = hash(counters);
          counters[changed] = (counters[changed]! ^ (1 << bit)) >>> 0;
          const difference = before ^ hash(counters);
          for (let out = 0; out < 32; out++) flips[out]! += (difference >>> out) & 1;
        }
        for (const count of flips) expect(Math.abs(count - 250)).toBeLessThan(65);
      }
    }
  });

  test('never gives two samples of ten epochs the same key', () => {
    const keys = new Set<string>();
    for (let epoch = 0; epoch < 10; epoch++) {
      for (let sample = 0; sample < 10_000; sample++) keys.add(counterKey(1, 'mask', epoch, sample).join());
    }
    expect(keys.size).toBe(100_000);
  });
});
