import { expect, test } from 'vitest';
import { tinyData } from '../../test/tiny-data.ts';
import { readSafetensors, writeSafetensors } from '../data/safetensors.ts';
import { writeSealed } from '../data/seal.ts';
import { DataError } from '../errors.ts';
import { conv, maxPool } from '../layers/index.ts';
import { cnn } from '../model/cnn.ts';
import { evaluate } from '../training/evaluate.ts';
import { train } from '../training/train.ts';
import { load, save } from './model-file.ts';

const data = tinyData();
const trained = await train(cnn([conv({ filters: 5 }), maxPool()]), data);

test('a model comes back as it was saved', async () => {
  const again = await load(await save(trained));
  expect(again).toEqual(trained);
  expect(await evaluate(again, data.test)).toEqual(await evaluate(trained, data.test));
});

test('its weights stand under their names, in the shapes that the formulas have', async () => {
  const { tensors } = readSafetensors(await save(trained), 'a model');
  expect([...tensors].map(([name, { shape }]) => [name, shape])).toEqual([
    ['conv1.kernel', [3, 3, 1, 5]],
    ['conv1.bias', [5]],
    ['dense3.weights', [6, 6, 5, 3]],
    ['dense3.bias', [3]],
  ]);
});

test('a changed bit is found, whether in the weights or in the record', async () => {
  const bytes = await save(trained);
  for (const place of [bytes.length - 3, new TextDecoder().decode(bytes).indexOf('trainLoss')]) {
    await expect(load(bytes.with(place, bytes[place]! ^ 1), 'm.safetensors')).rejects.toThrow(
      new DataError('m.safetensors is damaged: its bytes do not have the SHA-256 that it was written with.'),
    );
  }
});

test('a safetensors file of another origin is refused', async () => {
  const bytes = writeSafetensors([{ name: 'a', shape: [1], values: Float32Array.of(1) }]);
  await expect(load(bytes, 'a.safetensors')).rejects.toThrow(
    new DataError('a.safetensors is not a model of Ocellus: its metadata has no entry "ocellus".'),
  );
});

const { weights, ...record } = trained;
/** A file that is whole, with another record. */
const recorded = (ocellus: unknown) =>
  writeSealed(weights, { ocellus: typeof ocellus === 'string' ? ocellus : JSON.stringify(ocellus) });

test.each<[string, unknown, string]>([
  ['no JSON', '{', 'm is damaged: it is not JSON. Train it again.'],
  ['a key twice', '{"model":1,"model":2}', 'm is damaged: it has the key "model" twice. Train it again.'],
  ['a deep nesting', '['.repeat(1e5), 'm is damaged: it is nested more than 32 deep. Train it again.'],
  ['no record', '{}', 'm is damaged: it has no key "model". Train it again.'],
  ['null', 'null', 'm is damaged: it needs an object, but is null. Train it again.'],
  [
    'a layer that is none',
    { ...record, model: { ...record.model, layers: [null] } },
    'm is damaged: its model.layers[0] needs an object, but is null. Train it again.',
  ],
  [
    'a kind that is no text',
    { ...record, model: { ...record.model, layers: [{ kind: { toString: 1 } }] } },
    'm is damaged: its model.layers[0].kind needs a text, but is {"toString":1}. Train it again.',
  ],
  [
    'classes below 1',
    { ...record, model: { ...record.model, classes: -1 } },
    'm is damaged: its model.classes needs a whole number from 1 to 65536, but is -1. Train it again.',
  ],
  [
    'preprocessing for other channels',
    { ...record, preprocessing: { scale: [1, 1], offset: [0] } },
    'm is damaged: its preprocessing.scale needs a list of 1 numbers, but is a list of 2. Train it again.',
  ],
  [
    'an epoch that is none',
    { ...record, history: ['x'] },
    'm is damaged: its history[0] needs an object, but is "x". Train it again.',
  ],
  [
    'an unknown layer',
    { ...record, model: { ...record.model, layers: [{ kind: 'cnov' }] } },
    'm holds a model that cannot be built: There is no layer "cnov"; there are averagePool, conv, dense, maxPool, relu, sharedConv, tanh.',
  ],
  [
    // One formula for each of 10^18 residues, if it were built.
    'an option out of range',
    { ...record, model: { ...record.model, layers: [{ kind: 'maxPool', stride: 1e9 }] } },
    'm holds a model that cannot be built: maxPool: stride needs a whole number from 0 to 64, but is 1000000000.',
  ],
  [
    'another network',
    { ...record, model: { ...record.model, layers: [] } },
    'm needs a float32 tensor dense1.weights of 12 × 12 × 1 × 3, but has none.',
  ],
  [
    'other weights',
    { ...record, weightsSha256: 'x' },
    'm is damaged: its weights do not have the SHA-256 that its record has. Train it again.',
  ],
])('a record with %s is refused', async (_, ocellus, message) => {
  await expect(load(await recorded(ocellus), 'm')).rejects.toThrow(new DataError(message));
});
