import { expect, test } from 'vitest';
import { formatCount } from './format-number.ts';

test('groups thousands', () => {
  expect(formatCount(47_040_016)).toBe('47,040,016');
  expect(formatCount(999)).toBe('999');
});

test('adds a noun in its number', () => {
  expect(formatCount(60_000, 'image')).toBe('60,000 images');
  expect(formatCount(1, 'image')).toBe('1 image');
  expect(formatCount(0, 'class')).toBe('0 classes');
});
