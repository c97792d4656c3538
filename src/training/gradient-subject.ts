/** @file What a gradient check is about: a rule alone, or a network, as a graph with inputs to draw and tensors to move. */
import type { Program } from '../engine/engine.ts';
import { gradientName } from '../formula/derive.ts';
import { apply, type Formula, read, reduce } from '../formula/expression.ts';
import { readWhole } from '../formula/resolve.ts';
import type { LayerRule } from '../layers/layer.ts';
import { softmaxCrossEntropy } from '../loss/softmax-cross-entropy.ts';
import { buildGraph, type Graph, type GraphNode, type GraphTensor, lowerRule } from '../model/graph.ts';
import type { RandomStream } from '../random.ts';
import { type Shape, sizeOf } from '../shape.ts';

/** A tensor to move, and where its gradient stands: the sum of some tensors. */
export interface Moved {
  readonly layer: string;
  readonly tensor: string;
  readonly name: string;
  readonly gradients: readonly string[];
  /** The first of the forward formulas that may depend on it; those before it are not run again. */
  readonly first: Formula;
}

export interface Subject {
  readonly graph: Graph;
  readonly moved: readonly Moved[];
  /** Tensors whose kinks do not matter. */
  readonly smooth: ReadonlySet<string>;
  readonly draw: (program: Program, random: RandomStream) => void;
  /** The size of what is summed to the loss: its rounding errors are relative to it. */
  readonly lossScale: (program: Program) => number;
}

const weighting = 'weighting';
const weightedSum = 'weightedSum';

const fill = (program: Program, tensor: string, size: number, draw: () => number): void =>
  program.write(tensor, Float64Array.from({ length: size }, draw));

/** A rule alone as a graph whose loss is sum(weighting * output). */
export function ruleSubject(rule: LayerRule, inputs: readonly Shape[]): Subject {
  const { forward, backward, shapes } = lowerRule(rule, inputs);
  const axes = rule.output.map((_, axis) => `n${axis}`);
  const ranges = Object.fromEntries(axes.map((axis, place) => [axis, rule.output[place]!]));
  const weighted = apply('multiply', readWhole(weighting, axes), readWhole('output', axes));
  const loss: Formula = {
    target: read(weightedSum, []),
    expression: axes.length > 0 ? reduce('sum', axes, weighted) : weighted,
    ranges,
  };
  const seed: Formula = {
    target: readWhole(gradientName('output'), axes),
    expression: readWhole(weighting, axes),
    ranges,
  };
  const parameters = Object.keys(rule.parameters ?? {});
  const names = inputs.length === 1 ? ['input'] : inputs.map((_, place) => `input${place + 1}`);
  const given = [...names, ...parameters];
  const tensors = new Map([
    ...shapes,
    [weighting, rule.output] as const,
    [weightedSum, []] as const,
    ['one', []] as const,
  ]);
  const draw = (program: Program, { normal }: RandomStream): void => {
    for (const name of [...given, weighting]) fill(program, name, sizeOf(tensors.get(name)!), normal);
  };
  return {
    graph: {
      tensors: new Map(
        [...tensors].map(([name, shape]): [string, GraphTensor] => [name, { name, shape, perExample: false }]),
      ),
      parameters: [],
      image: names[0]!,
      target: weighting,
      logits: 'output',
      probabilities: 'output',
      loss: weightedSum,
      exampleWeight: 'one',
      forward: [...forward, loss],
      backward: [seed, ...backward],
      updates: [],
    },
    moved: given.map((name) => ({
      layer: '',
      tensor: name,
      name,
      gradients: [gradientName(name)],
      first: forward[0]!,
    })),
    smooth: new Set(rule.stopGradient),
    draw,
    lossScale: (program) => {
      const [output, weights] = [program.read('output'), program.read(weighting)];
      return Array.from(output).reduce((sum, value, element) => sum + Math.abs(value * weights[element]!), 0);
    },
  };
}

export function networkSubject(nodes: readonly GraphNode[], input: Shape): Subject {
  const graph = buildGraph(nodes, input);
  const firstOf = (node: number): Formula =>
    graph.forward.find(({ target }) => target.tensor.startsWith(`${nodes[node]?.name ?? 'loss'}.`))!;
  const gradientsOf = (tensor: string): string[] => {
    const gradient = gradientName(tensor);
    if (graph.tensors.has(gradient)) return [gradient];
    return [...graph.tensors.keys()].filter((name) => name.startsWith(`${gradient}.`));
  };
  const seen = new Set<string>();
  const moved = nodes.flatMap(({ name: layer, rule, inputs }, place): Moved[] => {
    const parameters = Object.keys(rule.parameters ?? {}).map((tensor): Moved => {
      const name = `${layer}.${tensor}`;
      return { layer, tensor, name, gradients: [gradientName(name)], first: firstOf(place) };
    });
    const received = inputs.flatMap((from, which): Moved[] => {
      const name = from < 0 ? graph.image : `${nodes[from]!.name}.output`;
      if (seen.has(name)) return [];
      seen.add(name);
      const tensor = inputs.length === 1 ? 'input' : `input${which + 1}`;
      return [{ layer, tensor, name, gradients: gradientsOf(name), first: firstOf(from + 1) }];
    });
    return [...received, ...parameters];
  });
  return {
    graph: {
      ...graph,
      tensors: new Map([...graph.tensors].map(([name, tensor]) => [name, { ...tensor, perExample: false }])),
    },
    moved,
    smooth: new Set(
      [...nodes, { name: 'loss', rule: softmaxCrossEntropy }].flatMap(({ name, rule }) =>
        (rule.stopGradient ?? []).map((tensor) => `${name}.${tensor}`),
      ),
    ),
    draw: (program, { normal, uniform }) => {
      fill(program, graph.image, sizeOf(input), normal);
      for (const { name, shape, initialDeviation } of graph.parameters) {
        fill(program, name, sizeOf(shape), () => (initialDeviation || 0.1) * normal());
      }
      const shares = Array.from({ length: sizeOf(graph.tensors.get(graph.target)!.shape) }, uniform);
      const total = shares.reduce((sum, share) => sum + share, 0);
      program.write(
        graph.target,
        shares.map((share) => share / total),
      );
    },
    lossScale: (program) => Math.abs(program.read(graph.loss)[0]!),
  };
}
