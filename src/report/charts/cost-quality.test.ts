import { expect, test } from 'vitest';
import { type CostPoint, costQuality } from './cost-quality.ts';

const point = (letter: string, multiplyAdds: number, error: number, isOnFront = true): CostPoint => ({
  letter,
  multiplyAdds,
  error,
  low: error,
  high: error,
  isOnFront,
  isBest: false,
});
const drawn = (...points: CostPoint[]): string =>
  costQuality({ id: 'x', title: 'Cost', description: 'All.', points }).text;

test('has costs across, and errors up', () => {
  const text = drawn(point('A', 100, 0.1), point('B', 200, 0));
  expect(text).toContain('<circle class="point on-front" cx="14%" cy="26" r="6"/>');
  expect(text).toContain('<circle class="point on-front" cx="92%" cy="264" r="6"/>');
});

test('joins the front by steps: the dearer is better, from its cost on', () => {
  const text = drawn(point('B', 200, 0), point('C', 150, 0.1, false), point('A', 100, 0.1));
  expect(
    [...text.matchAll(/<line class="front" x1="(.*?)" y1="(.*?)" x2="(.*?)" y2="(.*?)"/g)].map((m) => m.slice(1)),
  ).toEqual([
    ['14%', '26', '92%', '26'],
    ['92%', '26', '92%', '264'],
  ]);
  expect(text).toContain('<circle class="point" cx="53%"');
});

test('is logarithmic where costs differ many times', () => {
  const text = drawn(point('A', 1000, 0.1), point('B', 10_000, 0.05), point('C', 100_000, 0));
  expect([...text.matchAll(/class="tick" x="[\d.]+%"[^>]*>([^<]+)/g)].map(([, label]) => label)).toEqual([
    '1 k',
    '3 k',
    '10 k',
    '30 k',
    '100 k',
  ]);
  expect(text).toContain('cx="53%"');
});

test('draws a single architecture, and equal ones', () => {
  expect(drawn(point('A', 100, 0.1))).not.toContain('NaN');
  expect(drawn(point('A', 100, 0.1), point('B', 100, 0.1))).not.toContain('NaN');
});
