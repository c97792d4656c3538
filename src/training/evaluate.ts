/** @file Predictions of a trained model on images, and what they are worth. */
import type { Images } from '../data/data-set.ts';
import type { Engine, Place, Program } from '../engine/engine.ts';
import { wasmEngine } from '../engine/wasm/index.ts';
import { ShapeError } from '../errors.ts';
import { buildNetwork, type Network } from '../model/cnn.ts';
import { buildGraph, type Graph } from '../model/graph.ts';
import { formatShape, type Shape } from '../shape.ts';
import { Feed, type Preprocessing } from './feed.ts';
import { type ConfusionMatrix, confusionMatrix, errorRate } from './metrics.ts';
import type { Trained, Weights } from './trained.ts';

export interface Evaluation {
  readonly count: number;
  readonly errorRate: number;
  /** Mean loss. */
  readonly loss: number;
  readonly confusionMatrix: ConfusionMatrix;
  /** The predicted class of each image, in the order given. */
  readonly predictions: Uint16Array;
  /** Of each predicted class. */
  readonly probabilities: Float32Array;
}

export interface EvaluateOptions {
  /** Which images, by index; all of them by default. */
  readonly indices?: Uint32Array;
  readonly engine?: Engine;
  /** The most threads that share the work, 1 by default; the result does not depend on them. */
  readonly threads?: number;
}

const batchSize = 64;

/**
 * Scores a trained model. Of equal probabilities the first class is predicted.
 * @throws ShapeError if the images are not of the size that the model takes
 */
export async function evaluate(trained: Trained, images: Images, options: EvaluateOptions = {}): Promise<Evaluation> {
  const { engine, threads, indices } = options;
  const evaluator = await Evaluator.of(trained, images, engine, threads);
  try {
    return evaluator.run(trained.weights, indices);
  } finally {
    evaluator.close();
  }
}

/** @throws ShapeError */
export function requireInput(input: Shape, images: Shape): void {
  if (String(input) === String(images)) return;
  throw new ShapeError(
    `The model takes images of ${formatShape(input)}, but the data has ${formatShape(images)}. ` +
      'Use the data that it was trained on, or train it anew.',
  );
}

interface EvaluatorOptions {
  readonly engine: Engine;
  readonly threads: number;
  /** About how many images it will be shown. */
  readonly count: number;
}

/** A forward-only program for one network and one set of images. */
export class Evaluator {
  readonly #program: Program;
  readonly #graph: Graph;
  readonly #feed: Feed;
  readonly #images: Images;
  readonly #classes: number;

  private constructor(program: Program, graph: Graph, feed: Feed, images: Images, classes: number) {
    this.#program = program;
    this.#graph = graph;
    this.#feed = feed;
    this.#images = images;
    this.#classes = classes;
  }

  /** @throws ShapeError if the images are not of the size that the model takes */
  static async of(
    { model, preprocessing }: Trained,
    images: Images,
    engine = wasmEngine,
    threads = 1,
  ): Promise<Evaluator> {
    requireInput(model.input, images.shape);
    const network = buildNetwork(model, { input: model.input, classes: model.classes });
    return Evaluator.create(network, images, preprocessing, { engine, threads, count: images.count });
  }

  static async create(
    network: Network,
    images: Images,
    preprocessing: Preprocessing,
    { engine, threads, count }: EvaluatorOptions,
  ): Promise<Evaluator> {
    const graph = buildGraph(network.nodes, network.input);
    const program = await engine.create(graph, {
      batchSize,
      purpose: 'predict',
      threads,
      steps: Math.ceil(count / batchSize),
    });
    const feed = new Feed(program, graph, images, preprocessing, network.classes);
    return new Evaluator(program, graph, feed, images, network.classes);
  }

  /** Ends the program's threads. */
  close(): void {
    this.#program.close();
  }

  run(weights: readonly Weights[], indices = everyIndex(this.#images)): Evaluation {
    for (const { name, values } of weights) this.#program.write(name, values);
    const places = (tensor: string): Place[] =>
      Array.from({ length: batchSize }, (_, example) => this.#program.place(tensor, example));
    const [logits, likely, losses] = [this.#graph.logits, this.#graph.probabilities, this.#graph.loss].map(places);
    const predictions = new Uint16Array(indices.length);
    const probabilities = new Float32Array(indices.length);
    let loss = 0;
    for (let from = 0; from < indices.length; from += batchSize) {
      const count = Math.min(batchSize, indices.length - from);
      for (let example = 0; example < count; example++) this.#feed.load(example, indices[from + example]!);
      this.#program.forward(count);
      for (let example = 0; example < count; example++) {
        const { values, start, strides } = logits![example]!;
        let best = 0;
        for (let k = 1; k < this.#classes; k++) {
          if (values[start + k * strides[0]!]! > values[start + best * strides[0]!]!) best = k;
        }
        predictions[from + example] = best;
        probabilities[from + example] = elementOf(likely![example]!, best);
        loss += elementOf(losses![example]!, 0);
      }
    }
    const labels = Uint16Array.from(indices, (index) => this.#images.labels[index]!);
    const matrix = confusionMatrix(labels, predictions, this.#classes);
    return {
      count: indices.length,
      errorRate: errorRate(matrix),
      loss: loss / indices.length,
      confusionMatrix: matrix,
      predictions,
      probabilities,
    };
  }
}

const everyIndex = ({ count }: Images): Uint32Array => Uint32Array.from({ length: count }, (_, index) => index);
const elementOf = ({ values, start, strides }: Place, k: number): number => values[start + k * (strides[0] ?? 0)]!;
