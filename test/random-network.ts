/**
 * @file Random layers and networks for tests. Options come from what the definitions accept, so a new layer takes part
 * without a word here.
 */
import { ShapeError } from '../src/errors.ts';
import { layerFactories } from '../src/layers/factories.ts';
import type { Layer, LayerDefinition, LayerRule, Option } from '../src/layers/layer.ts';
import { buildNetwork, definitionOf, type Model, type Network } from '../src/model/cnn.ts';
import type { RandomStream } from '../src/random.ts';
import type { Shape } from '../src/shape.ts';

export interface PlacedLayer {
  readonly layer: Layer;
  readonly input: Shape;
  readonly rule: LayerRule;
}

const pick = <T>(values: readonly T[], { integer }: RandomStream): T => values[integer(values.length)]!;

/** Small values that an option accepts, its default included where that is small. */
function valuesOf({ accepts, needs, default: standard }: Option<unknown>): unknown[] {
  const values = [0, 1, 2, 3, 4, 5, 0.5, true, false, ...needs.split(' or ')].filter(accepts);
  return values.length > 0 ? values : [standard];
}

export function randomLayer({ kind, options }: LayerDefinition, random: RandomStream): Layer {
  const values = Object.entries(options).map(([name, option]) => [name, pick(valuesOf(option), random)] as const);
  return { kind, ...(Object.fromEntries(values) as Record<string, string | number | boolean>) };
}

/** Between 1 and `most` rows and columns and 1 to 3 channels; for layers that take anything, of any rank up to 3. */
export function randomInput({ takes }: LayerDefinition, random: RandomStream, most = 7): Shape {
  const image = [1 + random.integer(most), 1 + random.integer(most), 1 + random.integer(3)];
  return takes === 'image' ? image : image.slice(random.integer(3));
}

/** A layer of one kind with random options and an input that it can take. */
export function randomPlacedLayer(kind: string, random: RandomStream): PlacedLayer {
  for (;;) {
    const layer = randomLayer(definitionOf(kind), random);
    const input = randomInput(definitionOf(kind), random);
    const rule = ruleIfFits(layer, input);
    if (rule) return { layer, input, rule };
  }
}

/** 2 to 5 layers of any kinds over a small image, under the classifier's head. */
export function randomNetwork(random: RandomStream): { model: Model; network: Network } {
  const data = {
    input: [4 + random.integer(6), 4 + random.integer(6), 1 + random.integer(3)],
    classes: 2 + random.integer(9),
  };
  const layers: Layer[] = [];
  const length = 2 + random.integer(4);
  let shape: Shape = data.input;
  while (layers.length < length) {
    const layer = randomLayer(pick(layerFactories, random).definition, random);
    const rule = ruleIfFits(layer, shape);
    if (!rule) continue;
    layers.push(layer);
    shape = rule.output;
  }
  const model = { layers };
  return { model, network: buildNetwork(model, data) };
}

/** The rule of a layer, or undefined where it refuses the input. */
export function ruleIfFits({ kind, ...options }: Layer, input: Shape): LayerRule | undefined {
  try {
    return definitionOf(kind).rule(options, input);
  } catch (error) {
    if (error instanceof ShapeError) return undefined;
    throw error;
  }
}
