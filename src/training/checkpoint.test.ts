import { expect, test } from 'vitest';
import { tinyData } from '../../test/tiny-data.ts';
import { readSafetensors, writeSafetensors } from '../data/safetensors.ts';
import { writeSealed } from '../data/seal.ts';
import { DataError } from '../errors.ts';
import { maxPool } from '../layers/index.ts';
import { cnn } from '../model/cnn.ts';
import { adam } from '../optimizers/index.ts';
import { readCheckpoint } from './checkpoint.ts';
import { memoryStore } from './checkpoint-store.ts';
import { train } from './train.ts';

async function smallCheckpoint(): Promise<Uint8Array> {
  const store = memoryStore();
  const model = cnn([maxPool({ poolSize: 6, stride: 6 })]);
  await train(model, tinyData(9, 3), { optimizer: adam(), validation: 3, checkpoint: { store } });
  return store.saved.at(-1)!;
}

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

test('a changed bit is found, in whichever byte it is', async () => {
  const bytes = await smallCheckpoint();
  expect(bytes.length).toBeLessThan(8000);
  for (let place = 0; place < bytes.length; place++) {
    const changed = Uint8Array.from(bytes);
    changed[place]! ^= 1 << (place % 8);
    await expect(readCheckpoint(changed, 'c')).rejects.toThrow(damaged);
  }
});

test('a file cut short, or too long, is found', async () => {
  const bytes = await smallCheckpoint();
  for (let length = 0; length < bytes.length; length++) {
    await expect(readCheckpoint(bytes.subarray(0, length), 'c')).rejects.toThrow(damaged);
  }
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

test('a form without its parts is refused', async () => {
  for (const rest of [{}, { settings: { data: '', model: {} }, standing: { epoch: 1.5 } }]) {
    const text = JSON.stringify({ schema: 'ocellus/checkpoint/1', ...rest });
    await expect(readCheckpoint(await writeSealed([], { ocellus: text }), 'c')).rejects.toThrow(
      new DataError('c is damaged: it lacks where the training stands. Use an older one, or start anew.'),
    );
  }
});
