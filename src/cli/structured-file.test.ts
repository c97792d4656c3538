import { expect, test } from 'vitest';
import { UsageError } from '../errors.ts';
import { parseStructured } from './structured-file.ts';

const parse = (text: string): unknown => parseStructured(new TextEncoder().encode(text), 'f');

test('reads JSON, and YAML without tags and references', () => {
  const expected = { architectures: ['conv + relu', 'pool'], seeds: [7] };
  expect(parse(JSON.stringify(expected))).toEqual(expected);
  expect(parse('architectures:\n  - conv + relu\n  - pool\nseeds: [7]\n')).toEqual(expected);
  expect(parse('{architectures: [conv + relu, "pool"], seeds: [7]}')).toEqual(expected);
  expect(parse('')).toBe(null);
});

test('reads a thousand architectures as JSON', () => {
  const architectures = Array.from({ length: 1000 }, (_, place) => `conv(filters=${place + 1}) + relu + pool`);
  expect(parse(JSON.stringify({ architectures }))).toEqual({ architectures });
});

test.each([
  ['f has the anchor &x, which is not read. Write the value out.', 'a: &x 1'],
  ['f has the alias *x, which is not read. Write the value out.', 'a: *x'],
  ['f has the tag !!binary, which is not read. Write the value out.', 'a: !!binary AAAA'],
  ['f is nested more than 32 deep. Give a configuration or a study.', '- '.repeat(20_000)],
  ['f is nested more than 32 deep. Give a configuration or a study.', '['.repeat(20_000)],
  ['f is nested more than 32 deep. Give a configuration or a study.', '{a: '.repeat(20_000)],
  ['f is nested more than 32 deep. Give a configuration or a study.', '['.repeat(40) + ']'.repeat(40)],
  ['f has more than 5,000 words and signs. Write it as JSON.', '- x\n'.repeat(5000)],
  ['f needs at most 200,000 bytes, but has 200,001. Give a configuration or a study.', 'a: 1'.padEnd(200_001)],
  ['f has the key "a" twice. Give a configuration or a study.', '{"a":1,"a":2}'],
])('%s', (message, text) => {
  expect(() => parse(text)).toThrow(new UsageError(message));
});

test('says what is neither', () => {
  expect(() => parse('a: [1')).toThrow(/^f is neither JSON nor YAML: ./);
  expect(() => parse('a: 1\na: 2')).toThrow(/^f is neither JSON nor YAML: Map keys must be unique/);
  expect(() => parse('}')).toThrow(/^f is neither JSON nor YAML: /);
});
