/**
 * @file A checkpoint: all that a training needs to go on as if it had never stopped, as one sealed safetensors file.
 *
 * Its tensors are the parameters and the optimiser's state, by their names in the graph, in the engine's own precision. What
 * else there is stands as JSON in the metadata entry `ocellus`; JSON writes each finite number so that the same bits are
 * read. The file carries its own SHA-256 (`data/seal.ts`).
 */
import { type JsonPlace, readRecord, requireForm } from '../data/json-place.ts';
import { readSafetensors } from '../data/safetensors.ts';
import { checkSeal, writeSealed } from '../data/seal.ts';
import type { Model } from '../model/cnn.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import { restoreStream, type StreamState } from '../random.ts';
import type { Shape } from '../shape.ts';
import { readEpoch } from './epoch-record.ts';
import type { EpochRecord, Weights } from './trained.ts';

/** What determines every bit of a training, but for how many epochs it has. */
export interface TrainingSettings {
  readonly model: Model & { readonly input: Shape; readonly classes: number };
  /** The formulas of each layer, forwards and as far as they are stated backwards: they tell other gradients apart. */
  readonly formulas: readonly (readonly string[])[];
  readonly optimizer: Optimizer;
  readonly batchSize: number;
  readonly seed: number;
  readonly validation: number;
  /** Null: all that are left. */
  readonly trainImages: number | null;
  /** SHA-256 of the training images, those to validate on among them. */
  readonly data: string;
  readonly numericsVersion: number;
  /** See `arithmeticOf`. */
  readonly precision: string;
  /** Null: it does not stop early. */
  readonly patience: number | null;
  readonly keepBest: boolean;
  /** Where the optimizer's schedule stretches over all of them. */
  readonly epochs?: number;
}

/** Where a training stands. */
export interface Standing {
  /** The epoch that runs, from 1. */
  readonly epoch: number;
  /** Images of it that are done. */
  readonly position: number;
  /** Sum of their losses. */
  readonly lossSum: number;
  /** Of training so far, in all sittings. */
  readonly seconds: number;
  /** The stream of shuffles as it was before this epoch's. */
  readonly shuffles: StreamState;
  /** Of the epochs before. */
  readonly history: readonly EpochRecord[];
  /** The weights after the best epoch, where they are kept; in the file, tensors named `best/…`. */
  readonly best: { readonly epoch: number; readonly weights: readonly Weights[] } | null;
}

export interface StateTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly values: Float32Array | Float64Array;
}

export interface Checkpoint {
  readonly settings: TrainingSettings;
  readonly standing: Standing;
  readonly tensors: readonly StateTensor[];
}

const schema = 'ocellus/checkpoint/1';
const bestPrefix = 'best/';

export function writeCheckpoint({ settings, standing, tensors }: Checkpoint): Promise<Uint8Array> {
  const { best, ...rest } = standing;
  const weights = best?.weights.map((tensor) => ({ ...tensor, name: bestPrefix + tensor.name })) ?? [];
  const record = { schema, settings, standing: { ...rest, bestEpoch: best?.epoch ?? null } };
  return writeSealed([...tensors, ...weights], { ocellus: JSON.stringify(record) });
}

/**
 * @param name what to call the checkpoint in errors
 * @throws DataError if a bit of it has changed, or it was written by a release that this one does not know
 */
export async function readCheckpoint(bytes: Uint8Array, name = 'the checkpoint'): Promise<Checkpoint> {
  await checkSeal(bytes, name);
  const { tensors, metadata } = readSafetensors(bytes, name);
  const record = readRecord(metadata.ocellus ?? 'null', name, remedy);
  requireForm(record, schema, name);
  const settings = readSettings(record.get('settings'));
  const { bestEpoch, ...standing } = readStanding(record.get('standing'));
  const all = [...tensors].flatMap(([tensor, { shape, values }]): StateTensor[] =>
    values instanceof Float32Array || values instanceof Float64Array ? [{ name: tensor, shape, values }] : [],
  );
  const weights = all.flatMap(({ name: tensor, shape, values }): Weights[] =>
    tensor.startsWith(bestPrefix) && values instanceof Float32Array
      ? [{ name: tensor.slice(bestPrefix.length), shape, values }]
      : [],
  );
  return {
    settings,
    standing: { ...standing, best: bestEpoch === null ? null : { epoch: bestEpoch, weights } },
    tensors: all.filter((tensor) => !tensor.name.startsWith(bestPrefix)),
  };
}

const remedy = 'Use an older one, or start anew.';

/** They are good for nothing but to be compared with what is asked for, part by part. */
function readSettings(place: JsonPlace): TrainingSettings {
  place.get('model').keys();
  place.get('data').text();
  return place.value as TrainingSettings;
}

/** A standing as it is written: the best weights are tensors. */
type WrittenStanding = Omit<Standing, 'best'> & { readonly bestEpoch: number | null };

function readStanding(place: JsonPlace): WrittenStanding {
  const epoch = place.get('epoch').whole(1);
  const history = place
    .get('history')
    .list(epoch - 1)
    .map(readEpoch);
  const bestEpoch = place.get('bestEpoch');
  return {
    epoch,
    position: place.get('position').whole(0),
    lossSum: place.get('lossSum').number(),
    seconds: place.get('seconds').number(),
    shuffles: restoreStream(place.get('shuffles').list().map(word)).state(),
    history,
    bestEpoch: bestEpoch.value === null ? null : bestEpoch.whole(1, history.length),
  };
}

const word = (place: JsonPlace): string | number => (typeof place.value === 'string' ? place.text() : place.number());
