/**
 * @file A trained model as a safetensors file: its weights by name, and everything else as JSON in the metadata entry
 * `ocellus`. The file carries its own SHA-256 (`data/seal.ts`), so that a changed bit is found wherever it is.
 */

import { type JsonPlace, readRecord } from '../data/json-place.ts';
import { readSafetensors } from '../data/safetensors.ts';
import { checkSeal, writeSealed } from '../data/seal.ts';
import { engineNames } from '../engine/engine.ts';
import { DataError, OcellusError } from '../errors.ts';
import type { Layer } from '../layers/layer.ts';
import { buildNetwork, cnn } from '../model/cnn.ts';
import { parameterShapes } from '../model/graph.ts';
import { formatShape } from '../shape.ts';
import { readEpoch } from '../training/epoch-record.ts';
import { hashWeights, type Trained, type Weights } from '../training/trained.ts';

/** The bytes of a model's file. */
export function save(trained: Trained): Promise<Uint8Array> {
  const { weights, ...record } = trained;
  return writeSealed(weights, { ocellus: JSON.stringify(record) });
}

/**
 * A model from the bytes of its file.
 * @param name what to call the file in errors
 * @throws DataError if the file is no model of ours, or a bit of it has changed
 */
export async function load(bytes: Uint8Array, name = 'the model'): Promise<Trained> {
  const { tensors, metadata } = readSafetensors(bytes, name);
  const text = metadata.ocellus;
  if (text === undefined)
    throw new DataError(`${name} is not a model of Ocellus: its metadata has no entry "ocellus".`);
  await checkSeal(bytes, name);
  const record = readTrained(readRecord(text, name, remedy), name);
  const { nodes } = buildNetwork(record.model, record.model);
  const weights = parameterShapes(nodes).map(({ name: tensor, shape }): Weights => {
    const found = tensors.get(tensor);
    if (!(found?.values instanceof Float32Array) || String(found.shape) !== String(shape)) {
      const got = found ? formatShape(found.shape) : 'none';
      throw new DataError(`${name} needs a float32 tensor ${tensor} of ${formatShape(shape)}, but has ${got}.`);
    }
    return { name: tensor, shape, values: found.values };
  });
  if ((await hashWeights(weights)) !== record.weightsSha256) {
    throw new DataError(`${name} is damaged: its weights do not have the SHA-256 that its record has. ${remedy}`);
  }
  return { ...record, weights };
}

const remedy = 'Train it again.';

/** Everything but the weights, each part of it held to what it needs to be. */
function readTrained(record: JsonPlace, name: string): Omit<Trained, 'weights'> {
  const model = readModel(record.get('model'), name);
  const channels = model.input[2]!;
  const preprocessing = record.get('preprocessing');
  const bestEpoch = record.find('bestEpoch')?.whole(1);
  return {
    model,
    classNames: record
      .get('classNames')
      .list()
      .map((each) => each.text()),
    preprocessing: {
      scale: preprocessing.get('scale').numbers(channels),
      offset: preprocessing.get('offset').numbers(channels),
    },
    history: record.get('history').list().map(readEpoch),
    ...(bestEpoch === undefined ? {} : { bestEpoch }),
    weightsSha256: record.get('weightsSha256').text(),
    numericsVersion: record.get('numericsVersion').whole(1),
    seconds: record.get('seconds').number(),
    engine: record.get('engine').oneOf(...engineNames),
  };
}

const largestExtent = 2 ** 31 - 1;

/** @throws DataError if its layers do not exist, or do not fit */
function readModel(place: JsonPlace, name: string): Trained['model'] {
  const [height, width, channels] = place
    .get('input')
    .list(3)
    .map((extent) => extent.whole(1, largestExtent)) as [number, number, number];
  const shape = { input: [height, width, channels], classes: place.get('classes').whole(1, 65_536) };
  const layers = place
    .get('layers')
    .list()
    .map((layer) => {
      layer.get('kind').text();
      return layer.value as Layer;
    });
  try {
    return { ...cnn(layers as readonly Layer[] as [], shape), ...shape };
  } catch (cause) {
    if (!(cause instanceof OcellusError)) throw cause;
    throw new DataError(`${name} holds a model that cannot be built: ${cause.message}`, { cause });
  }
}
