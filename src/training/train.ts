/** @file Training: seeded initial weights, seeded shuffles, and one program step for each batch. */
import { type DataSet, type Images, split } from '../data/data-set.ts';
import type { Engine, EngineName, Program } from '../engine/engine.ts';
import { wasmEngine } from '../engine/wasm/index.ts';
import { UsageError } from '../errors.ts';
import { type AdaptRule, buildNetwork, type Model } from '../model/cnn.ts';
import { buildGraph, learningRate, type Parameter } from '../model/graph.ts';
import { numericsVersion } from '../numerics-version.ts';
import { adam, ruleOf } from '../optimizers/index.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import { learningRates } from '../optimizers/schedule.ts';
import { randomStream, restoreStream } from '../random.ts';
import { sizeOf } from '../shape.ts';
import { checkEarlyStopping, type EarlyStopping, isBest, isOver, keepsBest } from './early-stopping.ts';
import { Evaluator, requireInput } from './evaluate.ts';
import { Feed, standardPreprocessing } from './feed.ts';
import { describeBreak } from './health.ts';
import { type CheckpointOptions, firstStanding, Keeper } from './resume.ts';
import { type EpochRecord, hashWeights, type Trained, type Weights } from './trained.ts';

export type Progress =
  | {
      readonly kind: 'start';
      readonly engine: EngineName;
      /** How many share a step; and why they are fewer than asked for, where they are: the rest of a sentence. */
      readonly threads: number;
      readonly threadsReason?: string;
    }
  | {
      readonly kind: 'steps';
      readonly epoch: number;
      readonly examples: number;
      readonly of: number;
      readonly loss: number;
    }
  | { readonly kind: 'epoch'; readonly record: EpochRecord; readonly epochs: number };

export interface TrainOptions extends EarlyStopping {
  /** Passes over the training images; 1 by default. */
  readonly epochs?: number;
  /** Examples per step; 32 by default. The last batch of an epoch may be smaller. */
  readonly batchSize?: number;
  /** `adam()` by default. */
  readonly optimizer?: Optimizer;
  /** Everything random follows from it; 0 by default. */
  readonly seed?: number;
  /** How many of the training images are set aside to validate on; 0 by default. */
  readonly validation?: number;
  /** How many of the remaining images to train on, drawn by the seed; all by default. */
  readonly trainImages?: number;
  readonly engine?: Engine;
  /** The most threads that share a step, 1 by default; the weights do not depend on them. */
  readonly threads?: number;
  /** Changes the layers' rules: other gradients, say. */
  readonly adapt?: AdaptRule;
  /** Where the training is saved, and taken up again: it ends in the same bits as if it had never stopped. */
  readonly checkpoint?: CheckpointOptions;
  /** Whether each epoch's record has the SHA-256 of the weights. */
  readonly hashEpochs?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** Milliseconds between reports, and between chances for other work to run. */
const breathInterval = 100;

/**
 * Trains a model on a data set's training images.
 * @throws UsageError, ShapeError before anything is computed; EngineError when loss, gradients or weights are no longer
 *   finite, at that step, or a thread fails; the signal's reason when it aborts; what the checkpoints' store throws
 */
export async function train(model: Model, data: DataSet, options: TrainOptions = {}): Promise<Trained> {
  const programs: Pick<Program, 'close'>[] = [];
  const release = await options.checkpoint?.store.hold?.();
  try {
    return await runTraining(model, data, options, programs);
  } finally {
    for (const program of programs) program.close();
    release?.();
  }
}

/** @param programs gets what is to be closed in the end */
async function runTraining(
  model: Model,
  data: DataSet,
  options: TrainOptions,
  programs: Pick<Program, 'close'>[],
): Promise<Trained> {
  const { epochs = 1, batchSize = 32, optimizer = adam(), seed = 0, validation = 0, engine = wasmEngine } = options;
  const { threads = 1, signal } = options;
  requireCount('epochs', epochs, 1, 1e6);
  requireCount('batchSize', batchSize, 1, 65536);
  requireCount('threads', threads, 1, 1024);
  checkEarlyStopping(options, validation);
  const { patience } = options;
  const keepBest = keepsBest(options);
  const images = data.train;
  const network = buildNetwork(model, { input: images.shape, classes: data.classes.length }, options.adapt);
  requireInput(network.input, images.shape);
  if (network.classes < data.classes.length) {
    throw new UsageError(`The model has ${network.classes} classes, but the data has ${data.classes.length}.`);
  }
  const chosen = chooseImages(images, seed, validation, options.trainImages);
  const preprocessing = standardPreprocessing(images);
  const graph = buildGraph(network.nodes, network.input, ruleOf(optimizer));
  const stepsPerEpoch = Math.ceil(chosen.train.length / batchSize);
  const steps = epochs * stepsPerEpoch;
  const rateAt = learningRates(optimizer, steps);
  const program = await engine.create(graph, { batchSize, purpose: 'train', threads, steps });
  programs.push(program);
  const { threadsReason } = program;
  const fewer = threadsReason !== undefined && threads > program.threads ? { threadsReason } : {};
  options.onProgress?.({ kind: 'start', engine: program.engine, threads: program.threads, ...fewer });
  for (const { name, values } of initialWeights(graph.parameters, seed)) program.write(name, values);
  const feed = new Feed(program, graph, images, preprocessing, network.classes);
  const count = epochs * chosen.validation.length;
  const evaluator =
    count > 0 ? await Evaluator.create(network, images, preprocessing, { engine, threads, count }) : undefined;
  if (evaluator) programs.push(evaluator);
  const losses = Array.from({ length: batchSize }, (_, example) => program.place(graph.loss, example));
  const weights = (): Weights[] =>
    graph.parameters.map(({ name, shape }) => ({ name, shape, values: Float32Array.from(program.read(name)) }));

  const settled = Object.freeze({ ...model, input: network.input, classes: network.classes });
  const settings = {
    model: settled,
    formulas: network.nodes.map(({ rule: { forward, backward = [] } }) => [...forward, ...backward]),
    ...{ optimizer, batchSize, seed, validation, trainImages: options.trainImages ?? null, numericsVersion },
    ...{ patience: patience ?? null, keepBest, ...(rateAt ? { epochs } : {}) },
  };
  const keeper = options.checkpoint && (await Keeper.create(options.checkpoint, settings, images, program, graph));
  const standing = (await keeper?.restore(epochs)) ?? firstStanding(seed);
  const stopIfAborted = async (): Promise<void> => {
    if (signal?.aborted) await keeper?.save(standing);
    signal?.throwIfAborted();
  };

  const total = chosen.train.length;
  let breath = performance.now();
  while (standing.epoch <= epochs && !isOver(standing.history, standing.best, patience)) {
    const { epoch } = standing;
    const shuffles = restoreStream(standing.shuffles);
    const order = shuffles.permutation(total);
    let started = performance.now();
    for (let from = standing.position; from < total; from += batchSize) {
      const count = Math.min(batchSize, total - from);
      for (let example = 0; example < count; example++) feed.load(example, chosen.train[order[from + example]!]!);
      if (rateAt) program.write(learningRate, [rateAt((epoch - 1) * stepsPerEpoch + from / batchSize)]);
      program.step(count);
      let loss = 0;
      for (let example = 0; example < count; example++) loss += losses[example]!.values[losses[example]!.start]!;
      if (!Number.isFinite(loss) || program.broken().length > 0) {
        const inBatch = Array.from(order.subarray(from, from + count), (place) => chosen.train[place]!);
        throw await describeBreak(program, graph, engine, {
          ...{ epoch, from, images: inBatch, batchSize, learningRate: optimizer.learningRate },
        });
      }
      standing.position = from + count;
      standing.lossSum += loss;
      // Looking at the clock costs as much as a small step.
      const isTime = batchSize > 8 || (from & 63) === 0 || from + batchSize >= total;
      const isDue = keeper?.isDue(isTime) ?? false;
      if (!isDue && (!isTime || performance.now() - breath < breathInterval)) continue;
      standing.seconds += (performance.now() - started) / 1000;
      const { position, lossSum } = standing;
      options.onProgress?.({ kind: 'steps', epoch, examples: position, of: total, loss: lossSum / position });
      await new Promise((resolve) => setTimeout(resolve, 0));
      await stopIfAborted();
      if (isDue) await keeper?.save(standing);
      started = performance.now();
      breath = started;
    }
    standing.seconds += (performance.now() - started) / 1000;
    await stopIfAborted();
    const score = evaluator?.run(weights(), chosen.validation);
    const record: EpochRecord = {
      epoch,
      trainLoss: standing.lossSum / total,
      ...(score ? { validationLoss: score.loss, validationErrorRate: score.errorRate } : {}),
      seconds: standing.seconds,
      ...(options.hashEpochs ? { weightsSha256: await hashWeights(weights()) } : {}),
    };
    standing.history.push(record);
    if (keepBest && isBest(standing.history, standing.best)) standing.best = { epoch, weights: weights() };
    Object.assign(standing, { epoch: epoch + 1, position: 0, lossSum: 0, shuffles: shuffles.state() });
    const isLast = epoch === epochs || isOver(standing.history, standing.best, patience);
    if (isLast || keeper?.isWorthwhile()) await keeper?.save(standing);
    options.onProgress?.({ kind: 'epoch', record, epochs });
  }
  const final = standing.best?.weights ?? weights();
  return {
    model: settled,
    classNames: data.classes,
    preprocessing,
    weights: final,
    history: standing.history,
    ...(standing.best ? { bestEpoch: standing.best.epoch } : {}),
    weightsSha256: await hashWeights(final),
    numericsVersion,
    engine: program.engine,
    seconds: standing.seconds,
  };
}

/** Normal values of each parameter's deviation, drawn in layer order; the others are 0. */
function initialWeights(parameters: readonly Parameter[], seed: number): Weights[] {
  const stream = randomStream(seed, 'initial weights');
  return parameters.map(({ name, shape, initialDeviation }) => ({
    name,
    shape,
    values: Float32Array.from({ length: sizeOf(shape) }, () =>
      initialDeviation === 0 ? 0 : stream.normal() * initialDeviation,
    ),
  }));
}

/** Which images to train and to validate on, by index; the same for every model with the same seed. */
export function chooseImages(
  images: Images,
  seed: number,
  validation: number,
  trainImages: number | undefined,
): { train: Uint32Array; validation: Uint32Array } {
  requireCount('validation', validation, 0, images.count - 1);
  const parts = split(images.count, validation, randomStream(seed, 'validation').permutation(images.count));
  if (trainImages === undefined) return parts;
  requireCount('trainImages', trainImages, 1, parts.train.length);
  const order = randomStream(seed, 'training images').permutation(parts.train.length).subarray(0, trainImages);
  return { ...parts, train: Uint32Array.from(order, (place) => parts.train[place]!).sort() };
}

/** @throws UsageError */
export function requireCount(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new UsageError(`${name} needs a whole number from ${low} to ${high}, but is ${value}.`, { option: name });
}
