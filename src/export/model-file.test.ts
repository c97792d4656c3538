import { expect, test } from 'vitest';
import { tinyData } from '../../test/tiny-data.ts';
import { readSafetensors, writeSafetensors } from '../data/safetensors.ts';
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

test('a changed weight is found', async () => {
  const bytes = await save(trained);
  bytes[bytes.length - 3]! ^= 1;
  await expect(load(bytes, 'm.safetensors')).rejects.toThrow(
    new DataError(
      'm.safetensors is damaged: its weights do not have the SHA-256 that it was saved with. Train it again.',
    ),
  );
});

test('a safetensors file of another origin is refused', async () => {
  const bytes = writeSafetensors([{ name: 'a', shape: [1], values: Float32Array.of(1) }]);
  await expect(load(bytes, 'a.safetensors')).rejects.toThrow(
    new DataError('a.safetensors is not a model of Ocellus: its metadata has no entry "ocellus".'),
  );
});

test.each([
  ['{', 'm is damaged: its metadata is not JSON.'],
  ['{}', "m is damaged: its metadata lacks the model's record."],
  ['null', "m is damaged: its metadata lacks the model's record."],
])('metadata %s is refused', async (ocellus, message) => {
  const bytes = writeSafetensors([{ name: 'a', shape: [1], values: Float32Array.of(1) }], { ocellus });
  await expect(load(bytes, 'm')).rejects.toThrow(new DataError(message));
});

test('a model with an unknown layer is damaged data', async () => {
  const { weights, ...record } = trained;
  const ocellus = JSON.stringify({ ...record, model: { ...record.model, layers: [{ kind: 'cnov' }] } });
  await expect(load(writeSafetensors(weights, { ocellus }), 'm')).rejects.toThrow(
    /^m holds a model that cannot be built: /,
  );
});
