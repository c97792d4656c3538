import { expect, test } from 'vitest';
import { intervalStrips, type Strip } from './interval-strips.ts';

const strip: Strip = {
  label: 'conv <b>',
  figure: '5.00 %',
  title: 'conv',
  description: 'Error: 5.00 %.',
  mean: 0.05,
  interval: { low: 0, high: 0.1 },
  dots: [0.025],
  isBest: false,
};
const drawn = (strips: readonly Strip[], more = {}): string => intervalStrips({ id: 'x', strips, ...more }).text;

test('puts 0 % at 7 % of the width and the largest at 93 %, and the mean between them', () => {
  const text = drawn([strip]);
  expect(text).toContain('<line class="interval" x1="7%" x2="93%" y1="13" y2="13"/>');
  expect(text).toContain('<circle class="mean" cx="50%" cy="13" r="5.5"/>');
  expect(text).toContain('<circle class="dot" cx="28.5%" cy="27" r="3"/>');
});

test('has round ticks, the same in each strip and below', () => {
  const text = drawn([strip, strip]);
  expect([...text.matchAll(/class="tick" x="([\d.]+%)"[^>]*>([^<]+)/g)].map(([, x, label]) => [x, label])).toEqual([
    ['7%', '0 %'],
    ['24.2%', '2 %'],
    ['41.4%', '4 %'],
    ['58.6%', '6 %'],
    ['75.8%', '8 %'],
    ['93%', '10 %'],
  ]);
  expect(text.match(/class="grid" x1="24.2%"/g)).toHaveLength(2);
});

test('can be heard, and escapes names', () => {
  const text = drawn([strip]);
  expect(text).toContain('role="img" aria-labelledby="x-1-title x-1-desc"');
  expect(text).toContain('<title id="x-1-title">conv</title><desc id="x-1-desc">Error: 5.00 %.</desc>');
  expect(text).toContain('<div class="strip-label">conv &lt;b&gt;</div>');
});

test('centres a mean without dots, and dots without a mean', () => {
  expect(drawn([{ ...strip, dots: [] }])).toContain('<circle class="mean" cx="50%" cy="18" r="5.5"/>');
  const text = drawn([{ ...strip, mean: null, interval: null, dots: [0, 0.1], mark: 0.05 }]);
  expect(text).toContain('<circle class="dot" cx="7%" cy="18" r="3"/>');
  expect(text).toContain('<svg class="mark" x="50%" y="18">');
  expect(text).not.toContain('class="mean"');
});

test('draws a reference, and has room for it', () => {
  const text = drawn([{ ...strip, mean: 0.05, interval: null, dots: [] }], { reference: 0 });
  expect(text).toContain('<line class="reference" x1="7%" x2="7%" y1="0" y2="36"/>');
});

test('has a scale for a single value', () => {
  const text = drawn([{ ...strip, mean: 0.05, interval: null, dots: [] }]);
  expect(text).toContain('cx="50%"');
  expect(text).not.toContain('NaN');
});
