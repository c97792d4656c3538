import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstDuplicateKey } from './json.ts';

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
