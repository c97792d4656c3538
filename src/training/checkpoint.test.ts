import { expect, test } from 'vitest';
import { tinyData } from '../../test/tiny-data.ts';
import { readSafetensors, writeSafetensors } from '../data/safetensors.ts';
import { writeSealed } from '../data/seal.ts';
import { DataError } from '../errors.ts';
import { maxPool } from '../layers/index.ts';
import { cnn } from '../model/cnn.ts';
import { adam } from '../optimizers/index.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { memoryStore } from './checkpoint-store.ts';
import { train } from './train.ts';

async function smallCheckpoint(): Promise<Uint8Array> {
  const store = memoryStore();
  const model = cnn([maxPool({ poolSize: 6, stride: 6 })]);
  await train(model, tinyData(9, 3), { optimizer: adam(), validation: 3, checkpoint: { store } });
  return store.saved.at(-1)!;
}

const standingWith =
  (changes: object) =>
  ({ settings, standing }: Record<string, Record<string, unknown>>) => ({
    settings,
    standing: { ...standing, ...changes },
  });

const damaged = new DataError('c is damaged: its bytes do not have the SHA-256 that it was written with.');

test('is a safetensors file that any reader knows, with the state of the optimiser', async () => {
  const bytes = await smallCheckpoint();
  const { tensors, metadata } = readSafetensors(bytes, 'c');
  expect(Object.keys(metadata)).toEqual(['sha256', 'ocellus']);
  const names = ['dense2.weights', 'dense2.bias'];
  expect([...tensors.keys()].filter((name) => !name.includes('optimizer'))).toEqual([
    ...names,
    ...names.flatMap((name) => [`${name}.mean`, `${name}.square`]),
  ]);
  expect([...tensors.keys()].filter((name) => name.startsWith('optimizer.'))).toEqual([
    'optimizer.learningRate',
    'optimizer.meanWeight',
    'optimizer.squareWeight',
  ]);
});

test('a file that is too long is found', async () => {
  const bytes = await smallCheckpoint();
  await expect(readCheckpoint(Uint8Array.from([...bytes, 0]), 'c')).rejects.toThrow(damaged);
});

test('another form is refused by its name', async () => {
  const newer = await writeSealed([], { ocellus: '{"schema":"ocellus/checkpoint/2"}' });
  await expect(readCheckpoint(newer, 'c')).rejects.toThrow(
    new DataError(
      'c needs to be of the form ocellus/checkpoint/1, but is "ocellus/checkpoint/2". Use the release that wrote it, or start anew.',
    ),
  );
  await expect(readCheckpoint(await writeSealed([], {}), 'c')).rejects.toThrow('but is null.');
  await expect(readCheckpoint(writeSafetensors([]), 'c')).rejects.toThrow(damaged);
});

test.each<[string, (record: Record<string, Record<string, unknown>>) => unknown, string]>([
  ['no standing', ({ settings }) => ({ settings }), 'it has no key "standing"'],
  ['no model', ({ standing }) => ({ settings: {}, standing }), 'its settings has no key "model"'],
  ['half an epoch', standingWith({ epoch: 1.5 }), 'its standing.epoch needs a whole number of at least 1, but is 1.5'],
  [
    'less history than epochs',
    standingWith({ epoch: 9 }),
    'its standing.history needs a list of 8, but is a list of 1',
  ],
  ['a list for a loss', standingWith({ lossSum: [] }), 'its standing.lossSum needs a number, but is a list of 0'],
  ['a best epoch to come', standingWith({ bestEpoch: 2 }), 'its standing.bestEpoch needs 1, but is 2'],
  [
    'an epoch without a loss',
    standingWith({ history: [{ epoch: 1 }] }),
    'its standing.history[0] has no key "trainLoss"',
  ],
])('a record with %s is refused', async (_, change, problem) => {
  const { metadata } = readSafetensors(await smallCheckpoint(), 'c');
  const record = JSON.parse(metadata.ocellus!);
  const ocellus = JSON.stringify({ schema: record.schema, ...(change(record) as object) });
  await expect(readCheckpoint(await writeSealed([], { ocellus }), 'c')).rejects.toThrow(
    new DataError(`c is damaged: ${problem}. Use an older one, or start anew.`),
  );
});

test('best weights of another network are not trained on with', async () => {
  const store = memoryStore();
  const model = cnn([maxPool({ poolSize: 6, stride: 6 })]);
  const options = { validation: 3, keepBest: true };
  await train(model, tinyData(9, 3), { ...options, checkpoint: { store } });
  const checkpoint = await readCheckpoint(store.saved.at(-1)!);
  const best = { epoch: 1, weights: checkpoint.standing.best!.weights.slice(1) };
  const changed = await writeCheckpoint({ ...checkpoint, standing: { ...checkpoint.standing, best } });
  const again = train(model, tinyData(9, 3), { ...options, checkpoint: { store: memoryStore(changed) } });
  await expect(again).rejects.toThrow(
    new DataError(
      'The checkpoint needs a tensor best/dense2.weights of 2 × 2 × 1 × 3, but has none. Start the training anew.',
    ),
  );
});
