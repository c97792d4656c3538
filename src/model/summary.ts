/**
 * @file What a network is made of, as data: sizes and costs of its layers, and the formulas that each of them is.
 *
 * Multiply-adds are those of one example's forward pass, counted from the formulas: one for each product that a sum
 * adds up. Products with the zeros outside an image count too, as is usual.
 */
import type { Ranges } from '../formula/affine.ts';
import { axesOf, type Expression, type Formula, readsOf } from '../formula/expression.ts';
import { printFormula } from '../formula/print.ts';
import { factorsOf } from '../formula/product.ts';
import type { LayerRule } from '../layers/layer.ts';
import { softmaxCrossEntropy } from '../loss/softmax-cross-entropy.ts';
import { type Shape, sizeOf } from '../shape.ts';
import type { Network } from './cnn.ts';
import { lowerRule } from './graph.ts';
import { printNotation } from './notation.ts';

/** One layer's size and cost. */
export interface LayerSummary {
  /** Its name in the network: `conv1`. */
  readonly name: string;
  /** The layer in the notation: `conv(filters=16)`. */
  readonly notation: string;
  readonly output: Shape;
  /** How many numbers it learns. */
  readonly parameters: number;
  readonly multiplyAdds: number;
}

export interface NetworkSummary {
  readonly input: Shape;
  /** The model's layers and the head. */
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  readonly multiplyAdds: number;
}

export function summarize(network: Network): NetworkSummary {
  const layers = network.nodes.map(({ name, rule }, node): LayerSummary => {
    const { forward } = lowerNode(network, node);
    return {
      name,
      notation: printNotation([network.layers[node]!]),
      output: rule.output,
      parameters: total(Object.values(rule.parameters ?? {}).map(sizeOf)),
      multiplyAdds: total(forward.map(multiplyAddsOf)),
    };
  });
  return {
    input: network.input,
    layers,
    parameters: total(layers.map(({ parameters }) => parameters)),
    multiplyAdds: total(layers.map(({ multiplyAdds }) => multiplyAdds)),
  };
}

/** A formula as text, and how many values each of its axes takes. */
export interface ExplainedFormula {
  readonly text: string;
  readonly axes: Ranges;
}

/** The mathematics of one layer, under the names that its own file gives. */
export interface LayerExplanation {
  readonly name: string;
  readonly notation: string;
  /** Shapes of all tensors in the formulas, `input` first, temporaries and gradients included. */
  readonly tensors: Readonly<Record<string, Shape>>;
  /** The numbers that formulas call by name. */
  readonly constants: Readonly<Record<string, number>>;
  readonly forward: readonly ExplainedFormula[];
  /** Derived, but for what the layer's rule states itself. */
  readonly backward: readonly ExplainedFormula[];
}

export function explain(network: Network): LayerExplanation[] {
  return network.nodes.map(({ name, rule }, node) =>
    explanation(name, printNotation([network.layers[node]!]), rule, lowerNode(network, node)),
  );
}

/** The loss that every network is trained by, on as many logits as there are classes. */
export function explainLoss({ classes }: Pick<Network, 'classes'>): LayerExplanation {
  return explanation(
    'loss',
    'softmaxCrossEntropy',
    softmaxCrossEntropy,
    lowerRule(softmaxCrossEntropy, [[classes]], true),
  );
}

function explanation(
  name: string,
  notation: string,
  rule: LayerRule,
  { forward, backward, shapes }: ReturnType<typeof lowerRule>,
): LayerExplanation {
  return {
    name,
    notation,
    tensors: Object.fromEntries(shapes),
    constants: rule.constants ?? {},
    forward: forward.map(explained),
    backward: backward.map(explained),
  };
}

function lowerNode({ nodes, input }: Network, node: number): ReturnType<typeof lowerRule> {
  const { rule, inputs } = nodes[node]!;
  return lowerRule(
    rule,
    inputs.map((from) => (from < 0 ? input : nodes[from]!.rule.output)),
  );
}

const explained = (formula: Formula): ExplainedFormula => ({ text: printFormula(formula), axes: formula.ranges });

function multiplyAddsOf({ target, expression, ranges }: Formula): number {
  const times = (axes: Iterable<string>): number => [...axes].reduce((product, axis) => product * ranges[axis]!, 1);
  const count = (node: Expression, runs: number): number => {
    if (node.kind === 'apply') return total(node.operands.map((operand) => count(operand, runs)));
    if (node.kind !== 'reduce') return 0;
    const inside = runs * times(node.axes);
    const reading = factorsOf(node.body).numerator.filter((factor) => readsOf(factor).length > 0);
    return (node.by === 'sum' && reading.length > 1 ? inside : 0) + count(node.body, inside);
  };
  return count(expression, times(axesOf(target.index)));
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
