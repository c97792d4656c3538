/**
 * @file Models: a chain of layers as a frozen, JSON-able record, and the network that it becomes for an input shape.
 *
 * `cnn` appends the classifier's head, a dense layer with one unit for each class; softmax belongs to the loss.
 */
import { ShapeError, UsageError } from '../errors.ts';
import { layerFactories } from '../layers/factories.ts';
import type { Gives, Layer, LayerDefinition, LayerRule, LayerSignature, Takes } from '../layers/layer.ts';
import { checkOptions } from '../layers/layer.ts';
import { formatShape, type Shape } from '../shape.ts';
import type { GraphNode } from './graph.ts';

export interface Model {
  readonly layers: readonly Layer[];
  /** `[height, width, channels]`; the data's own where it is left out. */
  readonly input?: Shape;
  /** How many classes; the data's own where it is left out. */
  readonly classes?: number;
}

/** A model whose input and classes are known: every layer's rule, with the head. */
export interface Network {
  readonly input: Shape;
  readonly classes: number;
  /** The model's layers and the head. */
  readonly layers: readonly Layer[];
  readonly nodes: readonly GraphNode[];
}

/** Layers that fit one behind the other, as far as types can tell: no image layer behind a vector. */
type Chain<L extends readonly unknown[], Now extends 'image' | 'vector' = 'image'> = L extends readonly [
  infer First,
  ...infer Rest,
]
  ? First extends LayerSignature<infer T, infer G>
    ? readonly [Fits<First, T, Now>, ...Chain<Rest, Next<G, Now>>]
    : readonly [First, ...Chain<Rest, Now>]
  : L;
type Fits<L, T extends Takes, Now> = T extends 'image' ? (Now extends 'image' ? L : never) : L;
type Next<G extends Gives, Now extends 'image' | 'vector'> = G extends 'same'
  ? Now
  : G extends 'vector'
    ? 'vector'
    : 'image';

/**
 * A chain of layers under a classifier's head.
 * @throws UsageError for a layer or option that does not exist; sizes are checked when the input is known
 */
export function cnn<const L extends readonly Layer[]>(
  layers: L & (L extends readonly [] ? L : Chain<L>),
  shape: { readonly input?: Shape; readonly classes?: number } = {},
): Model {
  const checked = (layers as readonly Layer[]).map((layer) => {
    const { kind, ...options } = layer;
    return Object.freeze({ kind, ...checkOptions(kind, definitionOf(kind).options, options) }) as Layer;
  });
  const model = { layers: Object.freeze(checked), ...shape };
  if (shape.input) buildNetwork(model, { input: shape.input, classes: shape.classes ?? 2 });
  return Object.freeze(model);
}

/** @throws UsageError for an unknown kind */
export function definitionOf(kind: string): LayerDefinition {
  const factory = layerFactories.find(({ definition }) => definition.kind === kind);
  if (factory) return factory.definition;
  const known = layerFactories.map(({ definition }) => definition.kind).join(', ');
  throw new UsageError(`There is no layer "${kind}"; there are ${known}.`);
}

/** Changes a layer's rule: other gradients, say. */
export type AdaptRule = (kind: string, rule: LayerRule) => LayerRule;

/**
 * Infers every shape.
 * @param data what the data offers, for models that leave their input or classes open
 * @param adapt applied to every layer's rule
 * @throws ShapeError with the whole chain of shapes
 */
export function buildNetwork(
  model: Model,
  data: { readonly input: Shape; readonly classes: number },
  adapt: AdaptRule = (_, rule) => rule,
): Network {
  const input = model.input ?? data.input;
  const classes = model.classes ?? data.classes;
  const head: Layer = Object.freeze({ kind: 'dense', units: classes, initialization: 'small' });
  const layers = [...model.layers, head];
  const nodes: GraphNode[] = [];
  const chain = [`input ${formatShape(input)}`];
  let shape = input;
  layers.forEach((layer, place) => {
    const { kind, ...options } = layer;
    const definition = definitionOf(kind);
    let rule: LayerRule;
    try {
      rule = adapt(kind, definition.rule(options, shape));
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      throw new ShapeError(
        `layer ${place + 1}, ${definition.notation ?? kind}, ${error.message}.\n  ${chain.join(' → ')}\n` +
          'Remove a layer before it, make its size smaller, or start from a larger image.',
      );
    }
    nodes.push({ name: `${kind}${place + 1}`, rule, inputs: [place - 1] });
    shape = rule.output;
    chain.push(`${definition.notation ?? kind} ${formatShape(shape)}`);
  });
  return { input, classes, layers, nodes };
}
