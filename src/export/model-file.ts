/**
 * @file A trained model as a safetensors file: its weights by name, and everything else as JSON in the metadata entry
 * `ocellus`.
 */

import { readSafetensors, writeSafetensors } from '../data/safetensors.ts';
import { DataError, OcellusError } from '../errors.ts';
import { buildNetwork } from '../model/cnn.ts';
import { buildGraph, type Parameter } from '../model/graph.ts';
import { formatShape } from '../shape.ts';
import { hashWeights, type Trained, type Weights } from '../training/trained.ts';

/** The bytes of a model's file. */
export function save(trained: Trained): Uint8Array {
  const { weights, ...record } = trained;
  return writeSafetensors(weights, { ocellus: JSON.stringify(record) });
}

/**
 * A model from the bytes of its file.
 * @param name what to call the file in errors
 * @throws DataError if the file is damaged, is not a model of ours, or its weights are not those it was saved with
 */
export async function load(bytes: Uint8Array, name = 'the model'): Promise<Trained> {
  const { tensors, metadata } = readSafetensors(bytes, name);
  const text = metadata.ocellus;
  if (text === undefined)
    throw new DataError(`${name} is not a model of Ocellus: its metadata has no entry "ocellus".`);
  const record = parseRecord(text, name);
  const parameters = parametersOf(record, name);
  const weights = parameters.map(({ name: tensor, shape }): Weights => {
    const found = tensors.get(tensor);
    if (!(found?.values instanceof Float32Array) || String(found.shape) !== String(shape)) {
      const got = found ? formatShape(found.shape) : 'none';
      throw new DataError(`${name} needs a float32 tensor ${tensor} of ${formatShape(shape)}, but has ${got}.`);
    }
    return { name: tensor, shape, values: found.values };
  });
  if ((await hashWeights(weights)) !== record.weightsSha256) {
    throw new DataError(
      `${name} is damaged: its weights do not have the SHA-256 that it was saved with. Train it again.`,
    );
  }
  return { ...record, weights };
}

/** What the model's layers learn, for which the file must have the weights. */
function parametersOf({ model }: Omit<Trained, 'weights'>, name: string): readonly Parameter[] {
  try {
    const network = buildNetwork(model, model);
    return buildGraph(network.nodes, network.input).parameters;
  } catch (cause) {
    if (!(cause instanceof OcellusError)) throw cause;
    throw new DataError(`${name} holds a model that cannot be built: ${cause.message}`, { cause });
  }
}

function parseRecord(text: string, name: string): Omit<Trained, 'weights'> {
  let record: Partial<Trained> | null;
  try {
    record = JSON.parse(text);
  } catch {
    throw new DataError(`${name} is damaged: its metadata is not JSON.`);
  }
  const isWhole =
    Array.isArray(record?.model?.layers) &&
    Array.isArray(record.model.input) &&
    Number.isInteger(record.model.classes) &&
    Array.isArray(record.classNames) &&
    Array.isArray(record.preprocessing?.scale) &&
    Array.isArray(record.preprocessing.offset) &&
    Array.isArray(record.history) &&
    typeof record.weightsSha256 === 'string';
  if (!isWhole) throw new DataError(`${name} is damaged: its metadata lacks the model's record.`);
  return record as Omit<Trained, 'weights'>;
}
