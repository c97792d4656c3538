import { expect, test } from 'vitest';
import { formatCount, formatMegabytes } from './format-number.ts';

test('groups thousands', () => {
  expect(formatCount(47_040_016)).toBe('47,040,016');
  expect(formatCount(999)).toBe('999');
});

test('adds a noun in its number', () => {
  expect(formatCount(60_000, 'image')).toBe('60,000 images');
  expect(formatCount(1, 'image')).toBe('1 image');
  expect(formatCount(0, 'class')).toBe('0 classes');
});

test('gives sizes in MB, and small ones in KB', () => {
  expect([30_878_645, 100_000, 99_999, 4542].map(formatMegabytes)).toEqual(['30.9 MB', '0.1 MB', '100.0 KB', '4.5 KB']);
});
