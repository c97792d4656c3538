/**
 * @file The trials of a run that is not over: each is written down as it ends, so that it need not be trained again, and is
 * saved while it runs. `trial-KEY.safetensors` has a trained network and what it made of its validation images;
 * `checkpoint-KEY-1.safetensors` a half-trained one. The key is a hash of all that the trial depends on.
 */
import type { Job, JobResult, RunJobs, TrainedTrial, Trial } from '../comparison/trial.ts';
import { type JsonPlace, readRecord } from '../data/json-place.ts';
import { readSafetensors } from '../data/safetensors.ts';
import { checkSeal, writeSealed } from '../data/seal.ts';
import { sha256Hex } from '../data/sha256.ts';
import { DataError } from '../errors.ts';
import { load } from '../export/model-file.ts';
import { folderStore } from '../training/node/checkpoint-folder.ts';
import type { Context } from './context.ts';
import type { RunFolder } from './run-folder.ts';
import type { DataPrints } from './run-plan.ts';

export class KeptTrials {
  readonly #folder: RunFolder;
  readonly #context: Context;
  readonly #data: DataPrints;

  constructor(folder: RunFolder, context: Context, data: DataPrints) {
    this.#folder = folder;
    this.#context = context;
    this.#data = data;
  }

  /** Where a trial is saved while it runs: see `folderStore`. */
  async checkpointOf(trial: Trial): Promise<{ readonly folder: string; readonly name: string }> {
    return { folder: this.#folder.root, name: `checkpoint-${await this.#keyOf(trial)}` };
  }

  /** Writes a trial down. @throws DataError */
  async keep(trial: Trial, { trained, validation }: TrainedTrial): Promise<void> {
    const { weights, ...record } = trained;
    const part = validation && {
      ...validation,
      images: Array.from(validation.images),
      predictions: Array.from(validation.predictions),
    };
    const metadata = { ocellus: JSON.stringify(record), validation: JSON.stringify(part) };
    await this.#folder.write(`trial-${await this.#keyOf(trial)}.safetensors`, await writeSealed(weights, metadata));
    const { folder, name } = await this.checkpointOf(trial);
    await folderStore(folder, { name }).clear();
  }

  /** Runs only those trials that are not there yet. */
  runMissing(run: RunJobs): RunJobs {
    return async <J extends Job>(jobs: readonly J[]) => {
      const found = await Promise.all(jobs.map((job) => (job.kind === 'train' ? this.#read(job.trial) : null)));
      const missing = jobs.filter((_, place) => !found[place]);
      const count = jobs.length - missing.length;
      if (count > 0) this.#context.note(`${count} of ${jobs.length} trials are trained already.`);
      const results = missing.length > 0 ? await run(missing) : [];
      let next = 0;
      return found.map((trial) => (trial as JobResult<J> | null) ?? results[next++]!);
    };
  }

  async #keyOf(trial: Trial): Promise<string> {
    const facts = JSON.stringify({ trial, data: this.#data[trial.data]!.train });
    return (await sha256Hex(new TextEncoder().encode(facts))).slice(0, 16);
  }

  /** Null if it was not written; one that is damaged is named, and trained again. */
  async #read(trial: Trial): Promise<TrainedTrial | null> {
    const file = `trial-${await this.#keyOf(trial)}.safetensors`;
    const path = `${this.#folder.path}/${file}`;
    const bytes = await this.#folder.read(file);
    if (bytes === null) return null;
    try {
      await checkSeal(bytes, path);
      const trained = await load(bytes, path);
      const { metadata } = readSafetensors(bytes, path);
      return { trained, validation: readValidation(readRecord(metadata.validation ?? '{}', path)) };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      this.#context.warn(`${error.message} It is trained again.`);
      return null;
    }
  }
}

/** @throws DataError */
export function readValidation(place: JsonPlace): TrainedTrial['validation'] {
  if (place.value === null) return null;
  const images = place.get('images').list();
  const predictions = place.get('predictions').list(images.length);
  return {
    images: Uint32Array.from(images, (image) => image.whole(0, 2 ** 32 - 1)),
    predictions: Uint16Array.from(predictions, (label) => label.whole(0, 65_535)),
    errorRate: place.get('errorRate').number(),
  };
}
