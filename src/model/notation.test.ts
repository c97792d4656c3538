import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { layerFactories } from '../layers/factories.ts';
import { conv, dense, maxPool, relu, sharedConv } from '../layers/index.ts';
import type { Layer, Option } from '../layers/layer.ts';
import { adagrad, adam, optimizerFactories, sgd } from '../optimizers/index.ts';
import { parseOptimizer, printOptimizer } from '../optimizers/notation.ts';
import { cnn } from './cnn.ts';
import { parseGrid, parseNotation, printNotation } from './notation.ts';

/** Any value that an option accepts, found from what the option says of itself. */
function acceptedBy(option: Option<unknown>): fc.Arbitrary<unknown> {
  if (typeof option.default === 'boolean') return fc.boolean();
  if (typeof option.default === 'string') return fc.constantFrom(...option.needs.split(' or '));
  const [low, high] = option.needs.match(/-?\d+(\.\d+)?(e-?\d+)?/g)!.map(Number) as [number, number];
  const whole = option.needs.startsWith('a whole number');
  return whole
    ? fc.integer({ min: low, max: high })
    : fc.double({ min: low, max: high, noNaN: true }).map((x) => x + 0);
}

/** Records of any of the factories, with any of their options given. */
function recordOf<R>(
  factories: readonly {
    (options: never): R;
    readonly definition: { readonly options: Readonly<Record<string, Option<unknown>>> };
  }[],
): fc.Arbitrary<R> {
  return fc.oneof(
    ...factories.map((factory) => {
      const values = Object.entries(factory.definition.options).map(([name, option]) => [name, acceptedBy(option)]);
      return fc.record(Object.fromEntries(values), { requiredKeys: [] }).map((options) => factory(options as never));
    }),
  );
}

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
};

describe('printing an architecture', () => {
  it('leaves defaults out', () => {
    expect(printNotation([conv(), relu(), maxPool(), dense({ units: 64 })])).toBe('conv + relu + pool + dense');
  });
  it('names what differs', () => {
    const layers = [conv({ filters: 16, kernelSize: 5, padding: 'valid' }), sharedConv({ kernelSize: 1 })];
    expect(printNotation(layers)).toBe('conv(filters=16, kernelSize=5, padding=valid) + sharedConv(kernelSize=1)');
  });
  it('prints the head alone as nothing', () => {
    expect(printNotation([])).toBe('');
    expect(parseNotation(' ')).toEqual([]);
  });
  it('refuses a record of no layer', () => {
    expect(messageOf(() => printNotation([{ kind: 'blur' }]))).toContain('There is no layer "blur"');
  });
});

describe('reading an architecture', () => {
  it.each<[string, Layer[]]>([
    ['conv(filters=16, kernelSize=5)+relu', [conv({ filters: 16, kernelSize: 5 }), relu()]],
    ['conv(16, 5)', [conv({ filters: 16, kernelSize: 5 })]],
    ['conv(16, padding=valid)', [conv({ filters: 16, padding: 'valid' })]],
    ['conv(8,3,1,valid)', [conv({ padding: 'valid' })]],
    ['  pool + maxPool( 3 ) + relu( )  ', [maxPool(), maxPool({ poolSize: 3 }), relu()]],
    ['conv\n+ dense(1e2)', [conv(), dense({ units: 100 })]],
  ])('%j', (text, layers) => {
    expect(parseNotation(text)).toEqual(layers);
  });
  it('gives what cnn takes', () => {
    expect(cnn(parseNotation('sharedConv + pool')).layers).toEqual([sharedConv(), maxPool()]);
  });
});

describe('what is wrong stands over a caret', () => {
  it('an unknown layer, with the nearest', () => {
    const known = layerFactories.map(({ definition: { kind, notation } }) => notation ?? kind);
    expect(messageOf(() => parseNotation('conv + cnov(16)'))).toBe(
      `There is no layer "cnov"; did you mean conv? There are ${known.join(', ')}.\n` +
        '  conv + cnov(16)\n' +
        '         ^',
    );
  });
  it('an unknown option, with the nearest', () => {
    expect(messageOf(() => parseNotation('conv(filter=16)'))).toBe(
      'conv has no option "filter"; did you mean filters? It has filters, kernelSize, stride, padding.\n' +
        '  conv(filter=16)\n' +
        '       ^',
    );
  });
  it('an inherited name is not an option', () => {
    expect(messageOf(() => parseNotation('conv(constructor=1)'))).toContain('conv has no option "constructor". It');
  });
  it.each([
    ['conv(0)', 'conv: filters needs a whole number from 1 to 4096, but is 0.', 5],
    ['pool(poolSize=-1)', 'pool: poolSize needs a whole number from 1 to 64, but is -1.', 14],
    ['conv(padding=full)', 'conv: padding needs same or valid, but is full.', 13],
    ['conv(padding=1)', 'conv: padding needs same or valid, but is 1.', 13],
    ['relu(1)', 'relu has no more options than 0. It has none.', 5],
    ['pool(2, 2, 2)', 'pool has no more options than 2. It has poolSize, stride.', 11],
    ['conv(5, filters=5)', 'conv has filters twice.', 8],
    ['conv(filters=5, 3)', 'A value without a name cannot follow one with a name: write name=value.', 16],
    ['conv(', 'The notation needs a value here, but has the end.', 5],
    ['conv(filters=)', 'The notation needs a value here, but has ")".', 13],
    ['conv(5', 'The notation needs "," or ")" here, but has the end.', 6],
    ['conv relu', 'The notation needs "+" or the end here, but has "relu".', 5],
    ['conv + ', 'The notation needs a layer here, but has the end.', 6],
    ['+ conv', 'The notation needs a layer here, but has "+".', 0],
    ['8', 'The notation needs a layer here, but has "8".', 0],
    ['conv\t+ pool;', 'The notation cannot contain ";".', 11],
    ['conv("5")', 'The notation cannot contain """.', 5],
  ])('%s', (text, message, at) => {
    const shown = text.replace(/\s/g, ' ');
    expect(messageOf(() => parseNotation(text))).toBe(`${message}\n  ${shown}\n  ${' '.repeat(at)}^`);
  });
});

describe('optimisers', () => {
  it.each([
    ['adam', adam()],
    ['adam(learningRate=0.002)', adam({ learningRate: 0.002 })],
    ['sgd(0.1, 0.9)', sgd({ learningRate: 0.1, momentum: 0.9 })],
    ['adagrad(epsilon=1e-8)', adagrad({ epsilon: 1e-8 })],
  ])('%s is read', (text, optimizer) => {
    expect(parseOptimizer(text)).toEqual(optimizer);
  });
  it('are printed without defaults', () => {
    expect(printOptimizer(adam({ learningRate: 0.002, epsilon: 1e-7 }))).toBe('adam(learningRate=0.002, epsilon=1e-7)');
  });
  it('come one at a time', () => {
    expect(messageOf(() => parseOptimizer('adam + sgd'))).toContain('needs one optimizer, but has 2.');
    expect(messageOf(() => parseOptimizer(''))).toContain('needs one optimizer, but has none.');
    expect(messageOf(() => parseOptimizer('adan'))).toContain('There is no optimizer "adan"; did you mean adam?');
    expect(messageOf(() => printOptimizer({ kind: 'lion', learningRate: 1 }))).toContain('no optimizer "lion". There');
  });
});

describe('what is printed is read back', () => {
  it('for all layers and options', () => {
    fc.assert(
      fc.property(fc.array(recordOf(layerFactories)), (layers) => {
        expect(parseNotation(printNotation(layers))).toEqual(layers);
      }),
    );
  });
  it('for all optimisers and options', () => {
    fc.assert(
      fc.property(recordOf(optimizerFactories), (optimizer) => {
        expect(parseOptimizer(printOptimizer(optimizer))).toEqual(optimizer);
      }),
    );
  });
  it('and any text is read or refused with a UsageError', () => {
    const pieces = fc.constantFrom('conv', 'pool', '(', ')', ',', '=', '+', ' ', '5', '-', 'padding', 'valid', '💥');
    fc.assert(
      fc.property(fc.array(pieces), (parts) => {
        try {
          parseNotation(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
    );
  });
});

describe('grids', () => {
  it('stand for every combination, the last alternatives changing fastest', () => {
    expect(parseGrid('conv(4 | 16,5) + relu|tanh + pool').map(printNotation)).toEqual([
      'conv(filters=4, kernelSize=5) + relu + pool',
      'conv(filters=4, kernelSize=5) + tanh + pool',
      'conv(filters=16, kernelSize=5) + relu + pool',
      'conv(filters=16, kernelSize=5) + tanh + pool',
    ]);
    expect(parseGrid('conv + pool').map(printNotation)).toEqual(['conv + pool']);
  });

  it.each(['|', 'a|', '|a', 'a||b', '+|a'])('leave a bar that joins no words to whoever reads it: %s', (text) => {
    expect(() => parseGrid(text)).toThrow(UsageError);
  });
});

it('refuses a text that nobody could read, without printing it', () => {
  const message = 'needs at most 10,000 characters, but has 10,001. Write a shorter one.';
  expect(() => parseNotation('x'.repeat(10_001))).toThrow(new UsageError(`The notation of layers ${message}`));
  expect(() => parseOptimizer('x'.repeat(10_001))).toThrow(new UsageError(`The notation of optimizers ${message}`));
  expect(() => parseGrid('x'.repeat(10_001))).toThrow(new UsageError(`An architecture ${message}`));
});
