import { expect, test } from 'vitest';
import { ShapeError } from '../errors.ts';
import { requireImage, windowsOf } from './window.ts';

test('valid windows stay inside', () => {
  expect(windowsOf(7, 3, 2, 'valid')).toEqual({ count: 3, offset: 0 });
  expect(windowsOf(6, 3, 2, 'valid')).toEqual({ count: 2, offset: 0 });
  expect(windowsOf(3, 3, 5, 'valid')).toEqual({ count: 1, offset: 0 });
});

test('same windows are ceil(extent / stride), with the odd zero after', () => {
  expect(windowsOf(7, 3, 1, 'same')).toEqual({ count: 7, offset: 1 });
  expect(windowsOf(7, 4, 1, 'same')).toEqual({ count: 7, offset: 1 });
  expect(windowsOf(7, 3, 2, 'same')).toEqual({ count: 4, offset: 1 });
  expect(windowsOf(6, 3, 2, 'same')).toEqual({ count: 3, offset: 0 });
  expect(windowsOf(5, 1, 4, 'same')).toEqual({ count: 2, offset: 0 });
});

test('an image has three axes and is large enough', () => {
  expect(() => requireImage([28, 28, 1], 28)).not.toThrow();
  expect(() => requireImage([28, 28], 1)).toThrow(new ShapeError('needs an image, but gets 28 × 28'));
  expect(() => requireImage([], 1)).toThrow(new ShapeError('needs an image, but gets a number'));
  expect(() => requireImage([28, 1, 1], 2)).toThrow(
    new ShapeError('needs an image of at least 2 × 2, but gets 28 × 1 × 1'),
  );
});
