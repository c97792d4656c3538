import { expect, test } from 'vitest';
import { curvesPanel, epochTicks } from './curves.ts';
import { percentTicks } from './svg.ts';

const panel = (values: readonly number[], range: readonly [number, number]): string =>
  curvesPanel({
    id: 'x',
    title: 'conv',
    description: 'Error by epoch.',
    curves: [{ kind: 'validation', values }],
    range,
    formatTicks: percentTicks,
  }).text;

test('draws a curve from the first epoch at the left to the last at the right, the largest on top', () => {
  expect(panel([0.2, 0.1, 0], [0, 0.2])).toContain('<path class="curve validation" d="M44,10L186,74L328,138"/>');
});

test('has ticks for rates, and for the first and the last epoch', () => {
  const text = panel([0.2, 0.1, 0], [0, 0.2]);
  expect([...text.matchAll(/class="tick"[^>]*>([^<]+)/g)].map(([, label]) => label)).toEqual([
    '0 %',
    '5 %',
    '10 %',
    '15 %',
    '20 %',
    'epoch 1',
    '2',
    '3',
  ]);
});

test('has a scale where all values are equal', () => {
  expect(panel([0.1, 0.1], [0.1, 0.1])).not.toContain('NaN');
});

test.each([
  [1, [1]],
  [2, [1, 2]],
  [4, [1, 2, 3, 4]],
  [100, [1, 34, 67, 100]],
])('names of %d epochs %j', (epochs, ticks) => {
  expect(epochTicks(epochs)).toEqual(ticks);
});
