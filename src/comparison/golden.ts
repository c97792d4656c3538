/**
 * @file Replays golden trajectories (test/golden/FORMAT.md) on an engine and measures how far it strays from them: the
 * notebook's own networks from fixed parameters on fixed images, with its gradients or with the true ones.
 *
 * Deviations are relative, as section 6 of the format has them: to the reference for losses, probabilities and sums of
 * squares; to n · rms for sums of n signed values; to the rms for single values.
 */

import type { Engine, Program } from '../engine/engine.ts';
import { DataError } from '../errors.ts';
import { buildGraph, type Graph } from '../model/graph.ts';
import { adagrad } from '../optimizers/index.ts';
import { sizeOf } from '../shape.ts';
import {
  classes,
  type Generator,
  type GoldenArchitecture,
  type GoldenDocument,
  type GoldenStep,
  imageShape,
  readGoldenDocument,
  type Summary,
} from './golden-document.ts';

/**
 * The largest deviation of each kind. A number that is not finite, or that should be exactly 0 and is not, deviates by
 * Number.MAX_VALUE, so that results survive JSON.
 */
export interface Deviations {
  readonly loss: number;
  readonly probabilities: number;
  /** Of parameters before the first and after every step, and of the first step's outputs and gradients. */
  readonly summaries: number;
  readonly adagrad: number;
  /** Of every parameter after the last step; null if that step is not among those looked at. */
  readonly final: number | null;
}

export interface ArchitectureResult {
  readonly name: string;
  readonly steps: number;
  /** The first so many steps, at most 100, are judged: rounding grows with the steps. */
  readonly judgedSteps: number;
  readonly deviations: Deviations;
  /** Of the steps that are not judged, where there are any. */
  readonly laterDeviations?: Deviations;
}

export interface GoldenResult {
  readonly mode: GoldenDocument['mode'];
  readonly engine: Engine['name'];
  readonly tolerance: number;
  readonly passed: boolean;
  /** The largest of all architectures, over the judged steps. */
  readonly deviations: Deviations;
  readonly architectures: readonly ArchitectureResult[];
}

export interface GoldenProgress {
  readonly architecture: string;
  /** Steps done, of `steps`, in all architectures. */
  readonly step: number;
  readonly steps: number;
}

export interface GoldenOptions {
  /** Whether a document without all six architectures of the notebook is refused. */
  readonly needsAll?: boolean;
  readonly onProgress?: (progress: GoldenProgress) => void;
}

const mostJudgedSteps = 100;

/**
 * @param document the parsed JSON
 * @param images pixels of the image file, n × 784, in its order
 * @param labels of the n images
 * @throws DataError for a document that is not of the format, or that does not belong to these images
 */
export async function replayGolden(
  document: unknown,
  images: Uint8Array,
  labels: Uint8Array,
  engine: Engine,
  { needsAll = false, onProgress }: GoldenOptions = {},
): Promise<GoldenResult> {
  if (images.length !== labels.length * sizeOf(imageShape)) {
    throw new DataError(
      `Golden trajectories need ${sizeOf(imageShape)} pixels for each label, but get ${images.length} pixels and ` +
        `${labels.length} labels; give the images and labels of the same MNIST files.`,
    );
  }
  const golden = readGoldenDocument(document, labels, needsAll);
  const tolerance = engine.name === 'reference' ? 1e-9 : 1e-4;
  const steps = golden.architectures.reduce((sum, architecture) => sum + architecture.steps.length, 0);
  const architectures: ArchitectureResult[] = [];
  let step = 0;
  for (const architecture of golden.architectures) {
    const report = (): void => onProgress?.({ architecture: architecture.name, step: ++step, steps });
    architectures.push(await replayArchitecture(golden, architecture, images, labels, engine, report));
  }
  const all = new Worst();
  for (const { deviations } of architectures) all.add(deviations);
  const deviations = all.result();
  const passed = Object.values(deviations).every((deviation) => deviation === null || deviation <= tolerance);
  return { mode: golden.mode, engine: engine.name, tolerance, passed, deviations, architectures };
}

async function replayArchitecture(
  golden: GoldenDocument,
  architecture: GoldenArchitecture,
  images: Uint8Array,
  labels: Uint8Array,
  engine: Engine,
  report: () => void,
): Promise<ArchitectureResult> {
  const { name, network, steps } = architecture;
  const optimizer = adagrad.definition.rule({ learningRate: golden.learningRate, epsilon: golden.epsilon });
  const graph = buildGraph(network.nodes, network.input, optimizer);
  const initial = initialParameters(graph, architecture.seed, golden.generator);
  const create = async (of: Graph, keep: readonly string[]): Promise<Program> => {
    const program = await engine.create(of, { batchSize: 1, purpose: 'train', keep });
    for (const [i, parameter] of graph.parameters.entries()) program.write(parameter.name, initial[i]!);
    return program;
  };
  const fill = (program: Program, image: number): void => {
    const pixels = images.subarray(image * sizeOf(imageShape), (image + 1) * sizeOf(imageShape));
    program.write(graph.image, Float64Array.from(pixels, normalized), 0);
    program.write(
      graph.target,
      Float64Array.from({ length: classes }, (_, k) => (k === labels[image] ? 1 : 0)),
      0,
    );
  };
  const judged = new Worst();
  const later = new Worst();

  // The first step's inner values come from a program of their own: what is kept for reading is not fused.
  const outputs = network.nodes.slice(0, -1).map((node) => `${node.name}.output`);
  const inputGradients = [graph.image, ...outputs].map((input) => `${input}Grad`);
  const firstStep = buildGraph(architecture.firstStepNetwork.nodes, network.input);
  const open = await create(firstStep, [...outputs, graph.logits, ...inputGradients]);
  fill(open, steps[0]!.image);
  open.gradients(1);
  for (const [i, tensor] of outputs.entries()) judged.summary(open.read(tensor, 0), architecture.layerOutputs[i]!);
  for (const [i, tensor] of inputGradients.entries()) {
    judged.summary(open.read(tensor, 0), architecture.inputGradients[i]!);
  }
  judged.add({ summaries: ofEntries(open.read(graph.logits, 0), architecture.totals) });

  const program = await create(graph, [graph.loss, graph.probabilities]);
  for (const [i, parameter] of graph.parameters.entries()) {
    judged.summary(program.read(parameter.name), architecture.initial[i]!);
  }
  const judgedSteps = Math.min(steps.length, mostJudgedSteps);
  for (const [index, step] of steps.entries()) {
    fill(program, step.image);
    program.step(1);
    compareStep(program, graph, step, index < judgedSteps ? judged : later);
    report();
  }
  const last = steps.length > judgedSteps ? later : judged;
  for (const [i, parameter] of graph.parameters.entries()) {
    last.add({ final: ofEntries(program.read(parameter.name), architecture.final[i]!) });
  }
  return {
    name,
    steps: steps.length,
    judgedSteps,
    deviations: judged.result(),
    ...(last === later ? { laterDeviations: later.result() } : {}),
  };
}

const normalized = (pixel: number): number => pixel / 255 - 0.5;

function compareStep(program: Program, graph: Graph, step: GoldenStep, worst: Worst): void {
  worst.add({ loss: relative(program.read(graph.loss, 0)[0]!, step.loss) });
  const probabilities = program.read(graph.probabilities, 0);
  for (const [k, golden] of step.probabilities.entries()) {
    worst.add({ probabilities: relative(probabilities[k]!, golden) });
  }
  for (const [i, { name }] of graph.parameters.entries()) {
    worst.summary(program.read(name), step.parameters[i]!);
    const [sum] = summaryOf(program.read(`${name}.squaredGradSum`));
    worst.add({ adagrad: relative(sum!, step.adagrad[i]!) });
  }
}

/**
 * Values of the parameters in order, drawn as section 3 of the format says; biases are 0 and draw nothing. What a value
 * is divided by, 9 or the inputs of the dense layer, is what the layers themselves say of their deviations.
 */
function initialParameters(graph: Graph, seed: number, generator: Generator): Float64Array[] {
  const { modulus, uniformsPerValue } = generator;
  const multiplier = BigInt(generator.multiplier);
  let state = BigInt(seed);
  const next = (): number => {
    state = (multiplier * state) % BigInt(modulus);
    return Number(state) / modulus;
  };
  const draw = (): number =>
    uniformsPerValue === 1 ? Math.sqrt(3) * (2 * next() - 1) : 2 * (next() + next() + next() - 1.5);
  return graph.parameters.map(({ shape, initialDeviation }) => {
    const values = new Float64Array(sizeOf(shape));
    return initialDeviation === 0 ? values : values.map(() => draw() / Math.round(1 / initialDeviation));
  });
}

/** Gathers the largest deviations. */
class Worst {
  readonly #largest: Record<keyof Deviations, number | undefined> = {
    loss: undefined,
    probabilities: undefined,
    summaries: undefined,
    adagrad: undefined,
    final: undefined,
  };

  add(deviations: Partial<Deviations>): void {
    for (const [kind, deviation] of Object.entries(deviations) as [keyof Deviations, number | null][]) {
      if (deviation !== null) this.#largest[kind] = Math.max(this.#largest[kind] ?? 0, deviation);
    }
  }

  summary(values: ArrayLike<number>, golden: Summary): void {
    this.add({ summaries: ofSummary(values, golden) });
  }

  result(): Deviations {
    const { loss = 0, probabilities = 0, summaries = 0, adagrad = 0, final = null } = this.#largest;
    return { loss, probabilities, summaries, adagrad, final };
  }
}

/** |value - golden| / scale; the scale is |golden| unless given. */
function relative(value: number, golden: number, scale = Math.abs(golden)): number {
  const difference = Math.abs(value - golden);
  if (difference === 0) return 0;
  const deviation = difference / scale;
  return Number.isFinite(deviation) ? deviation : Number.MAX_VALUE;
}

function ofSummary(values: ArrayLike<number>, golden: Summary): number {
  const [sum, squares, ...entries] = summaryOf(values);
  const rms = Math.sqrt(golden[1]! / values.length);
  return Math.max(
    relative(sum!, golden[0]!, values.length * rms),
    relative(squares!, golden[1]!),
    ...entries.map((entry, i) => relative(entry, golden[i + 2]!, rms)),
  );
}

/** The largest |value - golden| / rms over all entries. */
function ofEntries(values: ArrayLike<number>, golden: readonly number[]): number {
  const rms = Math.sqrt(golden.reduce((sum, entry) => sum + entry * entry, 0) / golden.length);
  return golden.reduce((worst, entry, i) => Math.max(worst, relative(values[i]!, entry, rms)), 0);
}

function summaryOf(values: ArrayLike<number>): number[] {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i]!;
    squares += values[i]! * values[i]!;
  }
  return [sum, squares, ...Array.from({ length: 5 }, (_, i) => values[i]!)];
}
