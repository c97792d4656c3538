/** @file Stopping and going on: when a training is saved, and how it takes up where a checkpoint left it. */
import { fingerprint, type Images } from '../data/data-set.ts';
import { arithmeticOf, type Program } from '../engine/engine.ts';
import { DataError, UsageError } from '../errors.ts';
import type { Graph } from '../model/graph.ts';
import { randomStream } from '../random.ts';
import { formatShape } from '../shape.ts';
import {
  type Checkpoint,
  readCheckpoint,
  type Standing,
  type StateTensor,
  type TrainingSettings,
  writeCheckpoint,
} from './checkpoint.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
import type { EpochRecord } from './trained.ts';

/**
 * How a training is kept. It is also saved when its signal aborts, and at each epoch's end, unless epochs are so short that
 * it would take more than a twentieth of the time.
 */
export interface CheckpointOptions {
  /** A training goes on from what is in its store. */
  readonly store: CheckpointStore;
  readonly everySteps?: number;
  /** 60 by default. */
  readonly everySeconds?: number;
  /** Told when a checkpoint is safe. */
  readonly onSave?: (standing: Standing) => void;
  /** Gets what a failed save throws, and the training goes on. Without it, the training ends with that error. */
  readonly onSaveError?: (error: unknown) => void;
}

/** A `Standing` while it changes. */
export type Moving = { -readonly [K in keyof Omit<Standing, 'history'>]: Standing[K] } & { history: EpochRecord[] };

/** Where a training with this seed starts. */
export const firstStanding = (seed: number): Moving => ({
  epoch: 1,
  position: 0,
  lossSum: 0,
  seconds: 0,
  shuffles: randomStream(seed, 'shuffle').state(),
  history: [],
  best: null,
});

const standardSeconds = 60;
/** Of the time, for checkpoints at the ends of epochs. */
const largestShare = 1 / 20;

/** Saves a training and restores it. */
export class Keeper {
  readonly #options: CheckpointOptions;
  readonly #settings: TrainingSettings;
  readonly #program: Program;
  readonly #names: readonly string[];
  readonly #graph: Graph;
  #steps = 0;
  #savedAt = performance.now();
  /** Milliseconds that the last save took. */
  #cost = 0;

  private constructor(options: CheckpointOptions, settings: TrainingSettings, program: Program, graph: Graph) {
    this.#options = options;
    this.#settings = settings;
    this.#program = program;
    this.#graph = graph;
    this.#names = stateNames(graph);
  }

  /** @throws UsageError for intervals that are none */
  static async create(
    options: CheckpointOptions,
    settings: Omit<TrainingSettings, 'data' | 'precision'>,
    images: Images,
    program: Program,
    graph: Graph,
  ): Promise<Keeper> {
    const { everySteps = 1, everySeconds = standardSeconds } = options;
    if (!Number.isInteger(everySteps) || everySteps < 1) {
      throw new UsageError(`everySteps needs a whole number from 1, but is ${everySteps}.`);
    }
    if (!(everySeconds > 0)) throw new UsageError(`everySeconds needs a number over 0, but is ${everySeconds}.`);
    const precision = arithmeticOf(program.engine);
    return new Keeper(options, { ...settings, data: await fingerprint(images), precision }, program, graph);
  }

  /**
   * Puts the program into the state of the newest checkpoint.
   * @returns where it stands; undefined if nothing was saved yet
   * @throws UsageError if the checkpoint is of another training; DataError if it is damaged, or cannot be read
   */
  async restore(epochs: number): Promise<Moving | undefined> {
    const bytes = await this.#options.store.load();
    if (bytes === null) return undefined;
    const checkpoint = await readCheckpoint(bytes);
    refuseOtherSettings(checkpoint.settings, this.#settings);
    const { standing } = checkpoint;
    if (standing.history.length > epochs) {
      throw new UsageError(
        `The checkpoint has ${standing.history.length} epochs behind it, but ${epochs} are asked for. Ask for as many or more, or start anew.`,
      );
    }
    const { best } = standing;
    const bestWeights = best && requireTensors(best.weights, this.#graph.parameters, 'best/');
    for (const { name, values } of this.#tensorsOf(checkpoint)) this.#program.write(name, values);
    return { ...standing, best: best && { ...best, weights: bestWeights! }, history: [...standing.history] };
  }

  /** Counts a step. @returns whether it is time to save; the clock is looked at only if `looks` */
  isDue(looks: boolean): boolean {
    const { everySteps, everySeconds = standardSeconds } = this.#options;
    this.#steps++;
    if (everySteps !== undefined && this.#steps >= everySteps) return true;
    return looks && performance.now() - this.#savedAt >= 1000 * everySeconds;
  }

  /** Whether an epoch's end is to be saved. */
  isWorthwhile(): boolean {
    return this.#cost <= largestShare * (performance.now() - this.#savedAt);
  }

  async save(standing: Standing): Promise<void> {
    const started = performance.now();
    this.#steps = 0;
    try {
      const tensors = this.#names.map((name): StateTensor => {
        return { name, shape: this.#graph.tensors.get(name)!.shape, values: this.#program.read(name) };
      });
      await this.#options.store.save(await writeCheckpoint({ settings: this.#settings, standing, tensors }));
    } catch (error) {
      if (!this.#options.onSaveError) throw error;
      this.#options.onSaveError(error);
      return;
    } finally {
      this.#savedAt = performance.now();
      this.#cost = this.#savedAt - started;
    }
    this.#options.onSave?.({ ...standing, history: [...standing.history] });
  }

  /** One for each name, in order. @throws DataError */
  #tensorsOf({ tensors }: Checkpoint): readonly StateTensor[] {
    return requireTensors(
      tensors,
      this.#names.map((name) => this.#graph.tensors.get(name)!),
    );
  }
}

/** Of the tensors, one for each that is needed, in order. @throws DataError naming the first that is missing */
function requireTensors<T extends StateTensor>(
  tensors: readonly T[],
  needed: readonly Pick<StateTensor, 'name' | 'shape'>[],
  prefix = '',
): readonly T[] {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return needed.map(({ name, shape }) => {
    const found = byName.get(name);
    if (found && String(found.shape) === String(shape)) return found;
    const got = found ? formatShape(found.shape) : 'none';
    throw new DataError(
      `The checkpoint needs a tensor ${prefix}${name} of ${formatShape(shape)}, but has ${got}. Start the training anew.`,
    );
  });
}

/** What steps change and later steps read. */
function stateNames({ parameters, updates }: Graph): string[] {
  return [...parameters.map(({ name }) => name), ...updates.flatMap(({ state }) => state.map(({ name }) => name))];
}

/** @throws UsageError naming the first thing that differs */
function refuseOtherSettings(theirs: TrainingSettings, ours: TrainingSettings): void {
  for (const key of Object.keys(ours) as (keyof TrainingSettings)[]) {
    const [saved, asked] = [theirs[key], ours[key]].map((value) => JSON.stringify(value) ?? 'missing');
    if (saved === asked) continue;
    const isShort = saved!.length + asked!.length <= 100;
    const difference = isShort
      ? `its ${key} is ${saved}, but this one's is ${asked}`
      : `the two differ in their ${key}`;
    throw new UsageError(
      `The checkpoint is of another training: ${difference}. Ask for the same, or give this training a store of its own.`,
    );
  }
}
