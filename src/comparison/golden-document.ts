/**
 * @file Documents of golden trajectories, `mnist-cnn-golden-1` (test/golden/FORMAT.md): read and checked in full before
 * anything runs, so that what a replay reports is about numbers, never about the file.
 */
import { JsonPlace } from '../data/json-place.ts';
import { DataError, ShapeError } from '../errors.ts';
import { firstMaximum } from '../layers/first-maximum.ts';
import { maxPool, sharedConv } from '../layers/index.ts';
import type { Layer } from '../layers/layer.ts';
import { asWritten } from '../layers/notebook-parity.ts';
import { type AdaptRule, buildNetwork, type Network } from '../model/cnn.ts';
import { type Shape, sizeOf } from '../shape.ts';
import { notebookNotations } from './notebook.ts';

/** `[sum, sum of squares, first five entries]` of a tensor. */
export type Summary = readonly number[];

export interface GoldenStep {
  /** Its place in the image file. */
  readonly image: number;
  readonly loss: number;
  readonly probabilities: readonly number[];
  /** One for each parameter, after the update; so is `adagrad`, the sums of the state. */
  readonly parameters: readonly Summary[];
  readonly adagrad: readonly number[];
}

/** One network's trajectory. Lists by parameter have the order of the network's parameters. */
export interface GoldenArchitecture {
  readonly name: string;
  readonly network: Network;
  /** The same network with the tie rule by which `inputGradients` were recorded. */
  readonly firstStepNetwork: Network;
  readonly seed: number;
  readonly initial: readonly Summary[];
  readonly steps: readonly GoldenStep[];
  /** Of step 0, by layer; input gradients have one more, the head's. */
  readonly layerOutputs: readonly Summary[];
  readonly totals: readonly number[];
  readonly inputGradients: readonly Summary[];
  /** Every parameter in full after the last step. */
  readonly final: readonly (readonly number[])[];
}

export interface GoldenDocument {
  readonly mode: 'notebook' | 'exact';
  readonly learningRate: number;
  readonly epsilon: number;
  readonly generator: Generator;
  readonly architectures: readonly GoldenArchitecture[];
}

/** The linear congruential generator's constants. */
export interface Generator {
  readonly multiplier: number;
  readonly modulus: number;
  readonly uniformsPerValue: 1 | 3;
}

export const imageShape = [28, 28, 1] as const;
export const classes = 10;

/** Whose gradients are trained with; the layers' own are the true ones. */
const trained: Readonly<Record<GoldenDocument['mode'], AdaptRule | undefined>> = {
  notebook: asWritten,
  exact: undefined,
};
/** Whose gradients stand in `first_step`; tie rules show there. */
const recorded: typeof trained = { notebook: asWritten, exact: firstMaximum };
const layerNames: Readonly<Record<string, () => Layer>> = { conv: sharedConv, pool: maxPool };

/** The notebook's architectures in the document's words: `conv+pool`. */
const whole = notebookNotations.map((name) => name.replaceAll('sharedConv', 'conv').replaceAll(' ', ''));

/**
 * @param labels one for each image of the file that the document speaks of
 * @param needsAll whether all of the notebook's architectures need to be there
 * @throws DataError naming the first place in the document that is not what the format, or the image file, says
 */
export function readGoldenDocument(document: unknown, labels: Uint8Array, needsAll = false): GoldenDocument {
  const root = new JsonPlace(document, { whole: 'The golden document', part: "The golden document's " });
  root.get('format').oneOf('mnist-cnn-golden-1');
  const mode = root.get('mode').oneOf('notebook', 'exact');
  const init = root.get('init');
  const data = root.get('data');
  const first = data.get('first').whole(0, labels.length - 1);
  const count = data.get('count').whole(1, labels.length - first);
  const architectures = root.get('architectures');
  if (architectures.list().length === 0) throw architectures.error('at least one architecture');
  if (needsAll) requireAll(architectures);
  return {
    mode,
    learningRate: root.get('learn_rate').positive(),
    epsilon: root.get('eps').positive(),
    generator: {
      multiplier: init.get('multiplier').whole(1),
      modulus: init.get('modulus').whole(2),
      uniformsPerValue: init.get('uniforms_per_value').oneOf(1, 3),
    },
    architectures: architectures.list().map((place) => readArchitecture(place, mode, labels, first, count)),
  };
}

/** @throws DataError naming those that are missing */
function requireAll(architectures: JsonPlace): void {
  const there = architectures.list().map((place) =>
    place
      .get('layers')
      .list()
      .map((layer) => layer.text())
      .join('+'),
  );
  const missing = whole.filter((name) => !there.includes(name));
  if (missing.length === 0) return;
  throw new DataError(
    `${architectures.subject} needs all ${whole.length} of the notebook, but lacks ${missing.join(', ')}. Give the whole recording.`,
  );
}

function readArchitecture(
  place: JsonPlace,
  mode: GoldenDocument['mode'],
  labels: Uint8Array,
  first: number,
  count: number,
): GoldenArchitecture {
  const network = readNetwork(place.get('layers'), trained[mode]);
  const outputs = network.nodes.map(({ rule }) => rule.output);
  const shapes = readTensors(place, network);
  const firstStep = place.get('first_step');
  const tensor = (at: JsonPlace, shape: Shape): Summary => {
    at.get('shape').shape(shape);
    return at.get('summary').numbers(7);
  };
  return {
    name: place.get('name').text(),
    network,
    firstStepNetwork: readNetwork(place.get('layers'), recorded[mode]),
    seed: place.get('seed').whole(0),
    initial: place.get('initial').each(shapes, (at) => at.numbers(7)),
    steps: place
      .get('steps')
      .list(count)
      .map((step, index) => readStep(step, shapes, labels, first + index)),
    layerOutputs: firstStep.get('layer_outputs').each(outputs.slice(0, -1), tensor),
    totals: firstStep.get('totals').numbers(classes),
    inputGradients: firstStep.get('input_gradients').each([imageShape, ...outputs.slice(0, -1)], tensor),
    final: place.get('final').each(shapes, (at, shape) => at.numbers(sizeOf(shape))),
  };
}

function readNetwork(place: JsonPlace, adapt: AdaptRule | undefined): Network {
  const layers = place.list().map((layer) => layerNames[layer.oneOf(...Object.keys(layerNames))]!());
  try {
    return buildNetwork({ layers }, { input: imageShape, classes }, adapt);
  } catch (error) {
    throw error instanceof ShapeError ? new DataError(`${place.subject}: ${error.message}`) : error;
  }
}

/** The shapes that the document's tensors must have, `conv1.filters` … `dense.bias`; checked against what it says. */
function readTensors(place: JsonPlace, network: Network): Shape[] {
  const inputs = sizeOf(network.nodes.at(-2)?.rule.output ?? imageShape);
  place.get('input_len').whole(inputs, inputs);
  const filters = network.nodes.slice(0, -1).flatMap(({ rule }) => Object.values(rule.parameters ?? {}));
  const expected: [string, Shape][] = [
    ...filters.map((shape, conv): [string, Shape] => [`conv${conv + 1}.filters`, shape]),
    ['dense.weights', [inputs, classes]],
    ['dense.bias', [classes]],
  ];
  return place.get('tensors').each(expected, (at, [name, shape]) => {
    at.get('tensor').oneOf(name);
    return at.get('shape').shape(shape);
  });
}

function readStep(place: JsonPlace, shapes: readonly Shape[], labels: Uint8Array, image: number): GoldenStep {
  const label = labels[image]!;
  place.get('image').whole(image, image);
  if (place.get('label').whole(0, classes - 1) !== label) {
    throw place.get('label').error(`${label}, the label of image ${image} in the label file`);
  }
  return {
    image,
    loss: place.get('loss').number(),
    probabilities: place.get('probs').numbers(classes),
    parameters: place.get('params').each(shapes, (at) => at.numbers(7)),
    adagrad: place.get('adagrad').numbers(shapes.length),
  };
}
