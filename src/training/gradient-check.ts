/**
 * @file Gradients against central differences: (loss(w + step) - loss(w - step)) / (2 step), in float64 through the
 * reference engine, away from the kinks of ReLU and max.
 *
 * The error of a tensor is max|analytic - numeric| over the sampled elements / max|tensor|. Where a whole gradient
 * vanishes, rounding is all that differences measure: the divisor is at least 1e-5 of the loss, and 1e-9. A gradient is
 * made from the one above it, so a wrong one makes all layers below fail too: look at the failure nearest the loss.
 */
import type { Program } from '../engine/engine.ts';
import { createReferenceProgram } from '../engine/reference.ts';
import type { LayerRule } from '../layers/layer.ts';
import { type AdaptRule, buildNetwork, type Model } from '../model/cnn.ts';
import type { GraphNode } from '../model/graph.ts';
import { type RandomStream, randomStream } from '../random.ts';
import { type Shape, sizeOf } from '../shape.ts';
import { type Moved, networkSubject, ruleSubject, type Subject } from './gradient-subject.ts';
import { distanceToKink, type Probes, sidesOfKinks, withProbes } from './kinks.ts';

/** The greatest error of a right gradient. */
export const gradientErrorLimit = 1e-6;

/** How many elements of each tensor of a network are moved. */
export const standardSamples = 12;

/** How far a weight is moved, unless a kink is near. */
const largestStep = 1e-4;
/** Inputs lie this many steps away from every kink. */
const stepsFromKinks = 10;
/** After so many draws, the farthest from the kinks is taken, with a shorter step. */
const draws = 12;

export interface CheckOptions {
  readonly seed?: number;
  /** The most elements of a tensor that are moved, drawn by the seed; Infinity for all of them. */
  readonly samples?: number;
  readonly onProgress?: (progress: CheckProgress) => void;
}

/** What comes next, and how many draws and elements are done. */
export interface CheckProgress {
  /** `inputs far from kinks`, or the tensor that is moved, as `conv1.kernel`. */
  readonly next: string;
  readonly done: number;
  readonly of: number;
}

export interface GradientError {
  /** `input` or a parameter's name. */
  readonly tensor: string;
  readonly error: number;
  readonly limit: number;
  /** How many of its elements were moved. */
  readonly checked: number;
  readonly elements: number;
}

export interface LayerGradientError extends GradientError {
  /** The node's name: `conv1`. */
  readonly layer: string;
  /** Whether the error is within its limit, of at least one element. */
  readonly passed: boolean;
}

/** Checks one rule; its "loss" is a fixed random weighting of its outputs. */
export function checkRuleGradients(
  rule: LayerRule,
  inputs: readonly Shape[],
  { samples = 24, ...options }: CheckOptions = {},
): GradientError[] {
  return check(ruleSubject(rule, inputs), { ...options, samples });
}

/**
 * Checks a model with its head and loss: every parameter, and the gradient that every layer hands down.
 * @param options.adapt applied to every layer's rule, such as the notebook's gradients
 */
export function checkModelGradients(
  model: Model,
  { input, classes, adapt, ...options }: CheckOptions & { input: Shape; classes: number; adapt?: AdaptRule },
): LayerGradientError[] {
  return checkNodeGradients(buildNetwork(model, { input, classes }, adapt).nodes, model.input ?? input, options);
}

/** Checks a list of nodes, the last of which gives the logits. */
export function checkNodeGradients(
  nodes: readonly GraphNode[],
  input: Shape,
  { samples = standardSamples, ...options }: CheckOptions = {},
): LayerGradientError[] {
  return check(networkSubject(nodes, input), { ...options, samples });
}

function check(
  subject: Subject,
  { seed = 0, samples, onProgress }: CheckOptions & { samples: number },
): LayerGradientError[] {
  const random = randomStream(seed, 'gradient check');
  const probes = withProbes(subject.graph, subject.smooth);
  const base = createReferenceProgram(probes.graph, { batchSize: 1, purpose: 'train' });
  const of = draws + subject.moved.reduce((sum, { name }) => sum + Math.min(sizeIn(subject, name), samples), 0);
  const report = (next: string, done: number): void => onProgress?.({ next, done, of });
  const step = drawAwayFromKinks(base, probes, subject, random, (draw) => report('inputs far from kinks', draw));
  base.gradients(1);
  const floor = Math.max(1e-5 * subject.lossScale(base), 1e-9);
  let before = draws;
  return subject.moved.map((moved) => {
    const { layer, tensor } = moved;
    const analytic = sumOf(base, moved.gradients);
    const move = mover(base, probes, subject.graph.loss, moved);
    let greatest = analytic.reduce((most, value) => Math.max(most, Math.abs(value)), floor);
    let difference = 0;
    const order = random.permutation(analytic.length);
    // Elements that a kink stands beside do not count, so a few more may be tried.
    let checked = 0;
    for (let tried = 0; tried < Math.min(order.length, 2 * samples) && checked < samples; tried++) {
      report(`${layer}.${tensor}`, before + checked);
      const element = order[tried]!;
      const numeric = slopeNear(analytic[element]!, move, element, step, gradientErrorLimit * greatest);
      if (numeric === undefined) continue;
      checked++;
      greatest = Math.max(greatest, Math.abs(numeric));
      difference = Math.max(difference, Math.abs(analytic[element]! - numeric));
    }
    const error = difference === 0 ? 0 : difference / greatest;
    before += Math.min(analytic.length, samples);
    const passed = checked > 0 && error <= gradientErrorLimit;
    return { layer, tensor, error, limit: gradientErrorLimit, checked, elements: analytic.length, passed };
  });
}

const sizeIn = ({ graph }: Subject, tensor: string): number => sizeOf(graph.tensors.get(tensor)!.shape);

/** Leaves the program run forward on inputs far from every kink. @returns the step for them */
function drawAwayFromKinks(
  program: Program,
  probes: Probes,
  subject: Subject,
  random: RandomStream,
  report: (draw: number) => void,
): number {
  const given = [...subject.graph.tensors.keys()];
  let farthest = -1;
  let best: Map<string, ArrayLike<number>> | undefined;
  for (let draw = 0; draw < draws; draw++) {
    report(draw);
    subject.draw(program, random);
    program.forward(1);
    const distance = distanceToKink(program, probes);
    if (distance >= stepsFromKinks * largestStep) return largestStep;
    if (distance <= farthest) continue;
    farthest = distance;
    best = new Map(given.map((name) => [name, program.read(name)]));
  }
  for (const [name, values] of best!) program.write(name, values);
  program.forward(1);
  return farthest / stepsFromKinks;
}

type Move = (element: number, step: number) => number | undefined;

/**
 * The slope by central differences. What is farther than `tolerance` from the expected slope is measured with half the
 * step too, and the part of the error that shrinks with the square of the step is taken out (Richardson).
 */
function slopeNear(expected: number, move: Move, element: number, step: number, tolerance: number): number | undefined {
  const slope = move(element, step);
  if (slope === undefined || Math.abs(slope - expected) <= tolerance) return slope;
  const finer = move(element, step / 2);
  return finer === undefined ? slope : (4 * finer - slope) / 3;
}

/** Central differences of one tensor's elements; undefined where a kink lies between the two places. */
function mover(base: Program, probes: Probes, loss: string, { name, first }: Moved): Move {
  const { graph } = probes;
  const program = createReferenceProgram(
    { ...graph, forward: graph.forward.slice(graph.forward.indexOf(first)), backward: [] },
    { batchSize: 1, purpose: 'predict' },
  );
  for (const tensor of graph.tensors.keys()) program.write(tensor, base.read(tensor));
  const sides = sidesOfKinks(base, probes);
  const values = base.read(name);
  const lossAt = (element: number, value: number): number | undefined => {
    const before = values[element]!;
    values[element] = value;
    program.write(name, values);
    values[element] = before;
    program.forward(1);
    return sidesOfKinks(program, probes) === sides ? program.read(loss)[0]! : undefined;
  };
  return (element, step) => {
    const [above, below] = [values[element]! + step, values[element]! - step];
    const [gain, drop] = [lossAt(element, above), lossAt(element, below)];
    return gain === undefined || drop === undefined ? undefined : (gain - drop) / (above - below);
  };
}

function sumOf(program: Program, tensors: readonly string[]): Float64Array {
  const [first, ...others] = tensors.map((name) => Float64Array.from(program.read(name)));
  for (const other of others) for (const [element, value] of other.entries()) first![element]! += value;
  return first!;
}
