import { expect, test } from 'vitest';
import * as numbers from './numbers.ts';

const spaced = (text: string): string => text.replaceAll('\u00a0', ' ');

test.each([
  [numbers.percent(0.08421), '8.42 %'],
  [numbers.percentRange({ low: 0.081, high: 0.0877 }), '8.10–8.77 %'],
  [numbers.probability(0.9984), '99.8 %'],
  [numbers.probability(0.99951), '> 99.9 %'],
  [numbers.points(0.012), '+1.20'],
  [numbers.points(-0.0042), '−0.42'],
  [numbers.points(0), '0.00'],
  [numbers.points(-0.00001), '0.00'],
  [numbers.pointsRange({ low: -0.0003, high: 0.012 }), '−0.03 to +1.20'],
  [numbers.loss(0.23456), '0.2346'],
  [numbers.pValue(0.0414), '0.041'],
  [numbers.pValue(0.0004), '< 0.001'],
  [numbers.count(60000), '60,000'],
  [numbers.count(1, 'image'), '1 image'],
  [numbers.whole(1000001), '1000001'],
  [numbers.value(-0.5268), '−0.527'],
  [numbers.value(12345), '12,345'],
  [numbers.value(0), '0.00'],
  [numbers.bytes(512), '512 B'],
  [numbers.bytes(65432), '65.4 kB'],
  [numbers.bytes(1_234_567), '1.2 MB'],
  [numbers.seconds(3.4151), '3.42 s'],
  [numbers.seconds(42.06), '42.1 s'],
  [numbers.seconds(200.2), '3 min 20 s'],
  [numbers.microseconds(12.34), '12.3 µs'],
  [numbers.moment('2026-11-25T06:27:01.123Z'), '2026-11-25 06:27 UTC'],
])('%s', (text, expected) => {
  expect(spaced(text)).toBe(expected);
});
