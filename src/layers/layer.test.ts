import { expect, test } from 'vitest';
import { UsageError } from '../errors.ts';
import { checkOptions, defineLayer, oneOf, realNumber, wholeNumber } from './layer.ts';

const blur = defineLayer({
  kind: 'blur',
  takes: 'image',
  gives: 'image',
  options: { size: wholeNumber(3, 1, 9), strength: realNumber(0.5, 0, 1), edge: oneOf('zero', 'copy') },
  rule: (_, input) => ({ output: input, forward: ['output[y,x,c] = input[y,x,c]'] }),
});

test('a factory fills in defaults, in the order of the options, and freezes the record', () => {
  const layer = blur({ edge: 'copy', size: 5 });
  expect(JSON.stringify(layer)).toBe('{"kind":"blur","size":5,"strength":0.5,"edge":"copy"}');
  expect(Object.isFrozen(layer)).toBe(true);
  expect(blur({ size: undefined as never })).toEqual(blur());
});

test('an option that does not exist is named, with those that do', () => {
  expect(() => blur({ radius: 2 } as never)).toThrow(
    new UsageError('blur has no option "radius"; it has size, strength, edge.'),
  );
  expect(() => checkOptions('relu', {}, { slope: 1 })).toThrow(
    new UsageError('relu has no option "slope"; it has none.'),
  );
  expect(() => checkOptions('relu', {}, { toString: 1 })).toThrow('relu has no option "toString"');
});

test.each([
  [{ size: 0 }, 'blur: size needs a whole number from 1 to 9, but is 0.'],
  [{ size: 2.5 }, 'blur: size needs a whole number from 1 to 9, but is 2.5.'],
  [{ size: '3' }, 'blur: size needs a whole number from 1 to 9, but is "3".'],
  [{ strength: 1.5 }, 'blur: strength needs a number from 0 to 1, but is 1.5.'],
  [{ strength: Number.NaN }, 'blur: strength needs a number from 0 to 1, but is null.'],
  [{ edge: 'wrap' }, 'blur: edge needs zero or copy, but is "wrap".'],
])('refuses %j', (options, message) => {
  expect(() => blur(options as never)).toThrow(new UsageError(message));
});
