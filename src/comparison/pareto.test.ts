import { expect, test } from 'vitest';
import { paretoFront } from './pareto.ts';

test('is on the front unless another is at most as costly in all and less in one', () => {
  const costs = [
    [1, 0.09],
    [2, 0.05],
    [2, 0.06],
    [3, 0.05],
    [9, 0.04],
  ];
  expect(paretoFront(costs)).toEqual([true, true, false, false, true]);
});

test('equals do not push each other off', () => {
  expect(
    paretoFront([
      [1, 2],
      [1, 2],
    ]),
  ).toEqual([true, true]);
});
