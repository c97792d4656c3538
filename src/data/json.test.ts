import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError } from '../errors.ts';
import { firstDuplicateKey, parseJson } from './json.ts';

test('finds a key that one object has twice, however it is written', () => {
  expect(firstDuplicateKey('{"a":1,"b":2,"a":3}')).toBe('a');
  expect(firstDuplicateKey('{"a" : {"b":1, "\\u0062"\n: 2}}')).toBe('b');
  expect(firstDuplicateKey('[{"a\\"":1,"a\\"":2}]')).toBe('a"');
});

test('minds neither values nor other objects', () => {
  expect(firstDuplicateKey('{"a":"a","b":["a","a","{","}"],"c":{"a":{"a":1}},"d":{"a":"\\\\"}}')).toBe(undefined);
  expect(firstDuplicateKey('3')).toBe(undefined);
});

test('finds none in what JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(firstDuplicateKey(JSON.stringify(JSON.parse(json), null, 1))).toBe(undefined);
    }),
  );
});

const read = (json: string | Uint8Array) => parseJson(json, (problem) => new DataError(problem));

test('reads what JSON.parse reads, from text or UTF-8', () => {
  expect(read('{"a":[1,"ä"]}')).toEqual({ a: [1, 'ä'] });
  expect(read(new TextEncoder().encode('\ufeff[1]'))).toEqual([1]);
  const deep = '['.repeat(32) + ']'.repeat(32);
  expect(JSON.stringify(read(deep))).toBe(deep);
  expect(read('"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["')).toHaveLength(40);
});

test.each([
  ['is not UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
  ['is not JSON', ''],
  ['is not JSON', '[1,]'],
  ['is not JSON', '"\\'],
  ['is nested more than 32 deep', '['.repeat(33) + ']'.repeat(33)],
  ['is nested more than 32 deep', '{"a":'.repeat(1e6)],
  ['has the key "a" twice', '{"a":1,"\\u0061":2}'],
  [`has the key "${'k'.repeat(80)}…" twice`, `{"${'k'.repeat(100)}":1,"${'k'.repeat(100)}":2}`],
])('refuses what %s', (problem, json) => {
  expect(() => read(json)).toThrow(new DataError(problem));
});
