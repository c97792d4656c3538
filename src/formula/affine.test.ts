import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Affine,
  addIndices,
  addQuantities,
  axisIndex,
  coefficientOf,
  constantIndex,
  intervalOf,
  multiplyQuantities,
  named,
  plainAxis,
  quantity,
  sameIndex,
  scaleIndex,
  substituteIndex,
  subtractIndices,
} from './affine.ts';
import { printIndex } from './print.ts';

const p = named('p', 1);
const s = named('s', 2);

const axes = ['y', 'x', 'i'];
const small = fc.integer({ min: -3, max: 3 });
const anyIndex = fc
  .tuple(small, small, small, small)
  .map(([constant, ...coefficients]) =>
    coefficients.reduce<Affine>(
      (sum, coefficient, place) => addIndices(sum, scaleIndex(axisIndex(axes[place]!), quantity(coefficient))),
      constantIndex(constant),
    ),
  );
const anySetting = fc.tuple(small, small, small);
const valueAt = (index: Affine, setting: readonly number[]) =>
  index.constant.value + axes.reduce((sum, axis, place) => sum + coefficientOf(index, axis) * setting[place]!, 0);

test('remembers the names of constants through sums and differences', () => {
  const index = subtractIndices(addIndices(axisIndex('y'), axisIndex('i')), constantIndex(p));
  expect(printIndex(index)).toBe('y+i-p');
  expect(index.constant.value).toBe(-1);
  expect(printIndex(addIndices(index, constantIndex(p)))).toBe('y+i');
});

test('remembers the name of a stride, also when it is scaled', () => {
  expect(printIndex(axisIndex('y', s))).toBe('s*y');
  expect(printIndex(scaleIndex(axisIndex('y', s), quantity(-1)))).toBe('-s*y');
  expect(printIndex(scaleIndex(axisIndex('y', s), quantity(3)))).toBe('6*y');
});

test('a product of two names is a plain number', () => {
  expect(multiplyQuantities(s, named('t', 5))).toEqual(quantity(10));
  expect(multiplyQuantities(quantity(0), s)).toEqual(quantity(0));
  expect(addQuantities(s, multiplyQuantities(s, quantity(-1)))).toEqual(quantity(0));
});

test('terms that cancel are gone', () => {
  expect(subtractIndices(axisIndex('y'), axisIndex('y')).terms).toEqual([]);
  expect(scaleIndex(axisIndex('y'), quantity(0))).toEqual(constantIndex(0));
});

test('a plain axis stands alone, unscaled, at 0', () => {
  expect(plainAxis(axisIndex('y'))).toBe('y');
  expect(plainAxis(addIndices(axisIndex('y'), constantIndex(named('p', 0))))).toBe('y');
  expect(plainAxis(axisIndex('y', 2))).toBeUndefined();
  expect(plainAxis(addIndices(axisIndex('y'), constantIndex(1)))).toBeUndefined();
  expect(plainAxis(addIndices(axisIndex('y'), axisIndex('i')))).toBeUndefined();
});

test('replaces all axes at once', () => {
  const swapped = substituteIndex(
    addIndices(axisIndex('y'), axisIndex('x', 2)),
    new Map([
      ['y', axisIndex('x')],
      ['x', axisIndex('y')],
    ]),
  );
  expect(sameIndex(swapped, addIndices(axisIndex('x'), axisIndex('y', 2)))).toBe(true);
});

test('the interval of an index is what its axes reach', () => {
  const index = subtractIndices(addIndices(axisIndex('y', 2), constantIndex(1)), axisIndex('i'));
  expect(intervalOf(index, { y: 4, i: 3 })).toEqual({ low: -1, high: 7 });
});

test('sums, differences and substitutions have the values that arithmetic gives', () => {
  fc.assert(
    fc.property(anyIndex, anyIndex, anySetting, small, (a, b, setting, factor) => {
      const [x, y] = [valueAt(a, setting), valueAt(b, setting)];
      expect(valueAt(addIndices(a, b), setting)).toBe(x + y);
      expect(valueAt(subtractIndices(a, b), setting)).toBe(x - y);
      expect(valueAt(scaleIndex(a, quantity(factor)), setting)).toBe(factor * x + 0);
      const replaced = substituteIndex(a, new Map([['x', b]]));
      expect(valueAt(replaced, setting)).toBe(valueAt(a, [setting[0], y, setting[2]]));
      expect(sameIndex(a, b)).toBe(
        axes.every((axis) => coefficientOf(a, axis) === coefficientOf(b, axis)) &&
          a.constant.value === b.constant.value,
      );
    }),
  );
});
