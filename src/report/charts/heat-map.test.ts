import { expect, test } from 'vitest';
import { heatMap, levelOf } from './heat-map.ts';

const cells = (text: string) =>
  [...text.matchAll(/<td class="(right|h\d)">([^<]*)</g)].map(([, kind, count]) => [kind, count]);

test('has a row for each true class, deeper the more are wrong, and nothing where none is', () => {
  const { text } = heatMap({
    id: 'x',
    caption: 'conv',
    classes: ['a', 'b', '<c>'],
    matrix: [
      [1234, 0, 9],
      [1, 0, 0],
      [0, 36, 5],
    ],
  });
  expect(cells(text)).toEqual([
    ['right', '1234'],
    ['h0', ''],
    ['h3', '9'],
    ['h1', '1'],
    ['right', '0'],
    ['h0', ''],
    ['h0', ''],
    ['h6', '36'],
    ['right', '5'],
  ]);
  expect(text).toContain('<th scope="row">&lt;c&gt;</th>');
  expect(text).toContain('<th scope="col"><span>&lt;c&gt;</span></th>');
});

test.each([
  [0, 100, 0],
  [1, 100, 1],
  [25, 100, 3],
  [100, 100, 6],
])('%d of %d is level %d', (value, largest, level) => {
  expect(levelOf(value, largest)).toBe(level);
});

test('is a picture for more than 20 classes', () => {
  const matrix = Array.from({ length: 21 }, (_, truth) => Array.from({ length: 21 }, (_, k) => (truth === k ? 5 : 1)));
  const { text } = heatMap({ id: 'x', caption: 'conv', classes: matrix.map((_, k) => `${k}`), matrix });
  expect(text).toContain('<img src="data:image/png;base64,');
  expect(text).toContain('alt="Heat map of the confusion matrix: 21\u00a0classes, true down, predicted across');
  expect(text).not.toContain('<table');
});
