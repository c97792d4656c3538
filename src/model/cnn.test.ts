import { describe, expect, expectTypeOf, test } from 'vitest';
import { ShapeError, UsageError } from '../errors.ts';
import * as layers from '../layers/index.ts';
import { conv, dense, maxPool, relu, sharedConv } from '../layers/index.ts';
import { buildNetwork, cnn, definitionOf, type Model } from './cnn.ts';

const mnist = { input: [28, 28, 1], classes: 10 };

describe('cnn', () => {
  test('is a frozen record of frozen layers that survives JSON', () => {
    const model = cnn([conv({ filters: 16 }), relu(), maxPool()], mnist);
    expect(JSON.stringify(model)).toBe(
      '{"layers":[{"kind":"conv","filters":16,"kernelSize":3,"stride":1,"padding":"same"},{"kind":"relu"},' +
        '{"kind":"maxPool","poolSize":2,"stride":0}],"input":[28,28,1],"classes":10}',
    );
    const { layers: read, input, classes } = JSON.parse(JSON.stringify(model)) as Required<Model>;
    expect(cnn(read as never, { input, classes })).toEqual(model);
    expect([model, model.layers, ...model.layers].every(Object.isFrozen)).toBe(true);
  });

  test('fills in the options that a record leaves out', () => {
    expect(cnn([{ kind: 'maxPool' }] as never).layers).toEqual([maxPool()]);
  });

  test('names a layer or an option that does not exist', () => {
    const known = Object.keys(layers).join(', ');
    expect(() => cnn([{ kind: 'pool' }] as never)).toThrow(
      new UsageError(`There is no layer "pool"; there are ${known}.`),
    );
    expect(() => cnn([{ kind: 'conv', size: 3 }] as never)).toThrow(
      new UsageError('conv has no option "size"; it has filters, kernelSize, stride, padding.'),
    );
    expect(() => definitionOf('toString')).toThrow(UsageError);
  });

  test('checks sizes as soon as the input is known', () => {
    const pools = [maxPool(), maxPool()] as const;
    expect(() => cnn(pools)).not.toThrow();
    expect(() => cnn(pools, { input: [3, 3, 1] })).toThrow(ShapeError);
  });

  test('refuses an image layer behind a vector when it is compiled', () => {
    // @ts-expect-error a pool needs an image, but dense gives a vector
    expect(() => cnn([dense(), maxPool()], mnist)).toThrow(ShapeError);
    // @ts-expect-error relu hands the vector on
    expect(() => cnn([conv(), dense(), relu(), sharedConv()], mnist)).toThrow(ShapeError);
    expectTypeOf(cnn([conv(), relu(), maxPool(), dense(), relu(), dense()])).toEqualTypeOf<Model>();
    expectTypeOf(cnn([])).toEqualTypeOf<Model>();
  });
});

describe('buildNetwork', () => {
  test('infers every shape and appends the head', () => {
    const {
      layers: all,
      nodes,
      input,
      classes,
    } = buildNetwork(cnn([conv(), maxPool(), sharedConv({ filters: 4 })]), mnist);
    expect(nodes.map(({ name, inputs, rule }) => [name, inputs, rule.output])).toEqual([
      ['conv1', [-1], [28, 28, 8]],
      ['maxPool2', [0], [14, 14, 8]],
      ['sharedConv3', [1], [14, 14, 4]],
      ['dense4', [2], [10]],
    ]);
    expect(all.at(-1)).toEqual({ kind: 'dense', units: 10, initialization: 'small' });
    expect({ input, classes }).toEqual(mnist);
  });

  test("prefers the model's own input and classes to the data's", () => {
    const model = cnn([conv()], { input: [8, 8, 3], classes: 3 });
    const { input, classes, nodes } = buildNetwork(model, mnist);
    expect({ input, classes, output: nodes.at(-1)!.rule.output }).toEqual({
      input: [8, 8, 3],
      classes: 3,
      output: [3],
    });
  });

  test('shows the whole chain of shapes where one does not fit', () => {
    const model = cnn([conv(), maxPool(), conv(), maxPool(), maxPool()]);
    expect(() => buildNetwork(model, { input: [5, 5, 1], classes: 10 })).toThrow(
      new ShapeError(
        'layer 5, pool, needs an image of at least 2 × 2, but gets 1 × 1 × 8.\n' +
          '  input 5 × 5 × 1 → conv 5 × 5 × 8 → pool 2 × 2 × 8 → conv 2 × 2 × 8 → pool 1 × 1 × 8\n' +
          'Remove a layer before it, make its size smaller, or start from a larger image.',
      ),
    );
  });

  test('shows a vector where an image is needed', () => {
    const model = cnn([dense(), maxPool()] as never);
    expect(() => buildNetwork(model, mnist)).toThrow(
      'layer 2, pool, needs an image of at least 2 × 2, but gets 64.\n  input 28 × 28 × 1 → dense 64\n',
    );
  });

  test('lets every rule be adapted', () => {
    const kinds: string[] = [];
    const { nodes } = buildNetwork(cnn([conv(), relu()]), mnist, (kind, rule) => {
      kinds.push(kind);
      return { ...rule, backward: ['mark'] };
    });
    expect(kinds).toEqual(['conv', 'relu', 'dense']);
    expect(nodes.every(({ rule }) => rule.backward?.[0] === 'mark')).toBe(true);
  });
});
