/** @file Models and checkpoints: damaged anywhere, and sealed again around records that say something else. */
import { createHash } from 'node:crypto';
import { load, save } from '../../../src/export/model-file.ts';
import { conv, dense, maxPool, relu } from '../../../src/layers/index.ts';
import { cnn } from '../../../src/model/cnn.ts';
import { adam } from '../../../src/optimizers/index.ts';
import type { RandomStream } from '../../../src/random.ts';
import { readCheckpoint } from '../../../src/training/checkpoint.ts';
import { memoryStore } from '../../../src/training/checkpoint-store.ts';
import { type TrainOptions, train } from '../../../src/training/train.ts';
import type { Trained } from '../../../src/training/trained.ts';
import { tinyData } from '../../tiny-data.ts';
import type { Format } from '../fuzz.ts';
import { mutateBytes, pick } from '../mutate-bytes.ts';
import { mutateJson } from '../mutate-json.ts';
import { headerLength, headerOf, safetensorsFile } from './safetensors.ts';

const digitsStart = 8 + '{"__metadata__":{"sha256":"'.length;

/** Puts the SHA-256 into its place, whatever stands there: with it, anybody can make a file that is whole. */
export function seal(file: Uint8Array): Uint8Array {
  if (file.length < digitsStart + 64) return file;
  const sealed = Uint8Array.from(file).fill(0x30, digitsStart, digitsStart + 64);
  sealed.set(new TextEncoder().encode(createHash('sha256').update(sealed).digest('hex')), digitsStart);
  return sealed;
}

/** A sealed file with a change to its record, its header or anywhere else; sealed again more often than not. */
export function mutateSealed(file: Uint8Array, random: RandomStream, other: Uint8Array): Uint8Array {
  const kind = random.integer(8);
  if (kind === 0) return mutateBytes(file, random, other);
  if (kind === 1) return seal(mutateBytes(file, random, other, [headerLength]));
  const { header, dataStart } = headerOf(file);
  const data = file.subarray(dataStart);
  if (kind === 2) return seal(safetensorsFile(mutateJson(header, random), data));
  const { __metadata__: metadata, ...tensors } = header as { __metadata__: Record<string, string> };
  const ocellus = mutateJson(JSON.parse(metadata.ocellus!), random);
  return seal(safetensorsFile(JSON.stringify({ __metadata__: { ...metadata, ocellus }, ...tensors }), data));
}

const data = tinyData(9, 3);
const networks = {
  pool: cnn([maxPool({ poolSize: 6, stride: 6 })]),
  conv: cnn([conv({ filters: 2 }), relu(), maxPool({ poolSize: 4 }), dense({ units: 3 })]),
};
const settings = [
  { optimizer: adam(), validation: 3, keepBest: true, epochs: 3, batchSize: 2 },
  { epochs: 2, batchSize: 4 },
] satisfies TrainOptions[];

/** Two trainings' models, and all that was saved on the way. */
export async function trainSmall(): Promise<{ models: Trained[]; checkpoints: Uint8Array[] }> {
  const stores = [memoryStore(), memoryStore()] as const;
  const models = await Promise.all(
    Object.values(networks).map((network, place) =>
      train(network, data, { ...settings[place]!, checkpoint: { store: stores[place]!, everySteps: 1 } }),
    ),
  );
  return { models, checkpoints: stores.flatMap(({ saved }) => saved) };
}

export const model: Format = {
  name: 'model',
  async prepare() {
    const { models } = await trainSmall();
    const files = await Promise.all(models.map(save));
    return {
      draw: (random) => mutateSealed(pick(random, files), random, pick(random, files)),
      read: (input) => load(input, 'fuzz'),
    };
  },
};

export const checkpoint: Format = {
  name: 'checkpoint',
  async prepare() {
    const { checkpoints } = await trainSmall();
    return {
      draw: (random) => mutateSealed(pick(random, checkpoints), random, pick(random, checkpoints)),
      read: (input) => readCheckpoint(input, 'fuzz'),
    };
  },
};

/** What is read of a checkpoint is trained on with. */
export const resumed: Format = {
  name: 'resumed training',
  async prepare() {
    const { checkpoints } = await trainSmall();
    const start = checkpoints.filter((_, place) => place % 4 === 0);
    return {
      draw: (random) => mutateSealed(pick(random, start), random, pick(random, start)),
      async read(input) {
        await readCheckpoint(input, 'fuzz');
        const store = { load: async () => input, save: async () => {} };
        await train(networks.pool, data, { ...settings[0]!, checkpoint: { store, everySteps: 100 } });
      },
    };
  },
};
