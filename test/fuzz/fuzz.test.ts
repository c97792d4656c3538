/** @file Every reader of foreign bytes, and the judge of readers: each promise that it holds them to has one that breaks it. */
import { expect, test } from 'vitest';
import { DataError } from '../../src/errors.ts';
import { changedBits, changedBytes } from './formats/damage.ts';
import { formats } from './formats.ts';
import { type Format, fuzz } from './fuzz.ts';

/** Inputs of each; `npm run test:fuzz` gives them any number. */
const runs: Readonly<Record<string, number>> = {
  ...Object.fromEntries(['idx', 'gzip', 'safetensors', 'checkpoint', 'json'].map((name) => [name, 20_000])),
  'resumed training': 100,
};
const fewerRuns = 2000;
const damaged = [...changedBytes, ...changedBits];
const usual = formats.filter((format) => !damaged.includes(format)).map((format) => [format.name, format] as const);

test.each(usual)('%s', { timeout: 300_000 }, async (name, format) => {
  const tally = await fuzz(format, { runs: runs[name] ?? fewerRuns });
  // Neither refuses everything nor takes everything.
  expect(tally.read).toBeGreaterThan(0);
  expect(count(tally.refused)).toBeGreaterThan(tally.runs / 10);
});

const count = (refused: ReadonlyMap<string, number>): number => [...refused.values()].reduce((a, b) => a + b, 0);

const reader = (read: (input: Uint8Array) => unknown): Format => ({
  name: 'twin',
  prepare: () => ({ draw: (random) => Uint8Array.of(random.integer(4)), read }),
});

const refuse = (): never => {
  throw new DataError('no');
};
const spin = (milliseconds: number): void => {
  const start = process.cpuUsage();
  for (let spent = 0; spent < 1000 * milliseconds; ) {
    const { user, system } = process.cpuUsage(start);
    spent = user + system;
  }
};

test.each([
  ['an error that is none of ours', () => Reflect.get(undefined as unknown as object, 'x'), 'threw TypeError'],
  ['a rejection that is none of ours', async () => Promise.reject(new RangeError('x')), 'threw RangeError: x'],
  [
    'a full stack',
    function deep(): unknown {
      return [deep()];
    },
    'threw RangeError: Maximum call stack',
  ],
  ['what takes long', () => spin(300), /took \d{3,} ms/],
  ['what takes long and is refused', () => [spin(300), refuse()], /took \d{3,} ms/],
  ['what a header promises', () => new Uint8Array(2 ** 27), /took 134\d{6} bytes for 1/],
  ['buffers that are forgotten', () => [new Float64Array(4e6), refuse()], /took 32\d{6} bytes for 1/],
  ['objects without number', () => Array.from({ length: 5e5 }, (_, place) => ({ place })), /took \d{8} bytes for 1/],
])('finds %s', async (_, read, message) => {
  const found = fuzz(
    reader((input) => (input[0] === 3 ? read() : refuse())),
    { runs: 40 },
  );
  await expect(found).rejects.toThrow(message);
  await expect(found).rejects.toThrow(/Seed 0, input \d+, 1 bytes:\n"\\u0003"$/);
});

test('finds what changes all objects', async () => {
  const pollute = () => Object.assign(Object.prototype, { polluted: 1 });
  const found = fuzz(reader(pollute), { runs: 1 }).finally(() => Reflect.deleteProperty(Object.prototype, 'polluted'));
  await expect(found).rejects.toThrow('twin: the reader gave every object the key polluted. ');
});

test('finds a reader that takes what is damaged', async () => {
  const prepare = () => ({
    draw: (_: unknown, number: number) => Uint8Array.of(number),
    read: () => 1,
    refusesAll: true,
  });
  const found = fuzz({ name: 'twin', prepare }, { runs: 2 });
  await expect(found).rejects.toThrow('twin: the reader took what is damaged. Seed 0, input 0, 1 bytes:\n"\\u0000"');
});

test('counts what was read and what was refused, the same for the same seed', async () => {
  const tally = () =>
    fuzz(
      reader((input) => input[0] === 3 || refuse()),
      { runs: 40, seed: 2 },
    );
  const { runs, read, refused } = await tally();
  expect(runs).toBe(40);
  expect(read).toBeGreaterThan(2);
  expect(refused).toEqual(new Map([['DataError', 40 - read]]));
  expect((await tally()).read).toBe(read);
});
