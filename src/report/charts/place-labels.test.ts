import { expect, test } from 'vitest';
import { placeLabels } from './place-labels.ts';

const point = (x: number, y: number) => ({ x, y, length: 1 });

test('puts a label to the right of its point', () => {
  expect(placeLabels([point(50, 100)], [], 200)).toEqual([{ dx: 14, dy: 0 }]);
});

test('avoids other points: to the left where the right is taken', () => {
  // 4 % of 290 pixels are 12: the second point lies where the first one's label would.
  expect(placeLabels([point(50, 100), point(54, 100)], [], 200)).toEqual([
    { dx: -14, dy: 0 },
    { dx: 14, dy: 0 },
  ]);
});

test('avoids lines and the edge', () => {
  expect(placeLabels([point(50, 100)], [{ x1: 50, y1: 100, x2: 90, y2: 100 }], 200)).toEqual([{ dx: -14, dy: 0 }]);
  expect(placeLabels([point(99, 100)], [], 200)).toEqual([{ dx: -14, dy: 0 }]);
});

test('finds room for eight points in one place', () => {
  const offsets = placeLabels(
    Array.from({ length: 8 }, () => point(50, 150)),
    [],
    300,
  );
  expect(new Set(offsets.map(({ dx, dy }) => `${dx} ${dy}`)).size).toBe(8);
});
