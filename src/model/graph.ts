/**
 * @file A network as one list of formulas: what every engine runs.
 *
 * Each node of the network is a rule with its inputs. Here their formulas are put one after the other under names of
 * their own, `conv1.kernel`, `conv1.output`, `pool2.input`…; backward formulas are derived, and the optimiser's are
 * written out for each parameter. All formulas speak of one example, but for gradients of parameters, which sum over
 * the examples of the batch; the loss's own gradient is the scalar `exampleWeight`, 1 / (the examples in the batch).
 */
import { UsageError } from '../errors.ts';
import { axisIndex, type Ranges } from '../formula/affine.ts';
import { deriveGradients, gradientName } from '../formula/derive.ts';
import {
  apply,
  type Expression,
  type Formula,
  type Read,
  read,
  readsOf,
  reduce,
  renameTensors,
  rewrite,
} from '../formula/expression.ts';
import { printFormula } from '../formula/print.ts';
import { readWhole, resolveFormulas } from '../formula/resolve.ts';
import type { LayerRule } from '../layers/layer.ts';
import { softmaxCrossEntropy } from '../loss/softmax-cross-entropy.ts';
import type { OptimizerRule } from '../optimizers/optimizer.ts';
import type { Shape } from '../shape.ts';

/** One layer at its place: where its inputs come from, by node; -1 is the image. */
export interface GraphNode {
  readonly name: string;
  readonly rule: LayerRule;
  readonly inputs: readonly number[];
}

export interface GraphTensor {
  readonly name: string;
  readonly shape: Shape;
  /** Whether every example has its own. */
  readonly perExample: boolean;
  /** Held and computed in float64 by every engine. */
  readonly double?: boolean;
}

export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  readonly gradient: string;
  /** Deviation of the normal initial values; 0: they are 0. */
  readonly initialDeviation: number;
}

/** What the optimiser does to one parameter, and to the scalars. */
export interface Update {
  /** Tensors kept between steps, with the value they start at; their shape is the parameter's, or `[]`. */
  readonly state: readonly { readonly name: string; readonly shape: Shape; readonly initial: number }[];
  readonly formulas: readonly Formula[];
  /** `[to, from]`: what takes over a new value at the end of the step. */
  readonly assign: readonly (readonly [string, string])[];
  /** For a parameter: the scalar `sum` over its new values and new state, which is finite where all these are. */
  readonly health?: { readonly parameter: string; readonly sum: string };
}

export interface Graph {
  readonly tensors: ReadonlyMap<string, GraphTensor>;
  readonly parameters: readonly Parameter[];
  readonly image: string;
  readonly target: string;
  readonly logits: string;
  readonly probabilities: string;
  readonly loss: string;
  readonly exampleWeight: string;
  /** Layers, then the loss. */
  readonly forward: readonly Formula[];
  readonly backward: readonly Formula[];
  /** The optimiser's scalars, then one entry for each parameter; empty without an optimiser. */
  readonly updates: readonly Update[];
}

/** What nodes learn: names and shapes alone, without a graph. */
export function parameterShapes(nodes: readonly GraphNode[]): Pick<Parameter, 'name' | 'shape'>[] {
  return nodes.flatMap((node) =>
    Object.entries(node.rule.parameters ?? {}).map(([name, shape]) => ({ name: nameIn(node, name), shape })),
  );
}

const nameIn = (node: GraphNode, tensor: string): string => `${node.name}.${tensor}`;

const image = 'image';
const target = 'target';
const exampleWeight = 'exampleWeight';

/** The formulas of a network of nodes, the last of which gives the logits. */
export function buildGraph(nodes: readonly GraphNode[], input: Shape, optimizer?: OptimizerRule): Graph {
  const classes = nodes.at(-1)!.rule.output;
  const shapes = new Map<string, Shape>([
    [image, input],
    [target, classes],
    [exampleWeight, []],
  ]);
  const forward: Formula[] = [];
  const backward: Formula[][] = [];
  const parameters: Parameter[] = [];
  const double = new Set<string>();
  const outputOf = (node: number): string => (node < 0 ? image : `${nodes[node]!.name}.output`);
  const lossNode: GraphNode = { name: 'loss', rule: softmaxCrossEntropy, inputs: [nodes.length - 1] };

  /** What each node's output is owed by those that read it. */
  const owed = new Map<string, string[]>();
  const readsOfNode = [...nodes, lossNode].flatMap(({ inputs }) => inputs);
  /** A name of its own for each of several shares: `.add3`, or `.add3.1` and `.add3.2` where one node reads it twice. */
  const shareSuffix = ({ name, inputs }: GraphNode, place: number): string => {
    const from = inputs[place]!;
    if (readsOfNode.filter((other) => other === from).length === 1) return '';
    return `.${name}` + (inputs.indexOf(from) === inputs.lastIndexOf(from) ? '' : `.${place + 1}`);
  };
  for (const node of [...nodes, lossNode]) {
    const local = lowerRule(
      node.rule,
      node.inputs.map((from) => shapes.get(outputOf(from))!),
      node === lossNode,
    );
    const rename = (name: string): string => {
      const place = inputNames(node.inputs.length).indexOf(name);
      if (place >= 0) return outputOf(node.inputs[place]!);
      const gradientPlace = inputNames(node.inputs.length).map(gradientName).indexOf(name);
      if (gradientPlace >= 0) {
        return gradientName(outputOf(node.inputs[gradientPlace]!)) + shareSuffix(node, gradientPlace);
      }
      return node === lossNode && name === target ? target : nameIn(node, name);
    };
    for (const [name, shape] of local.shapes) if (!shapes.has(rename(name))) shapes.set(rename(name), shape);
    forward.push(...local.forward.map((formula) => renamed(formula, rename)));
    backward.push(local.backward.map((formula) => renamed(formula, rename)));
    for (const name of node.rule.double ?? []) double.add(rename(name));
    for (const [name, shape] of Object.entries(node.rule.parameters ?? {})) {
      parameters.push({
        name: rename(name),
        shape,
        gradient: rename(gradientName(name)),
        initialDeviation: node.rule.initialDeviation?.[name] ?? 0,
      });
    }
    for (const [place, from] of node.inputs.entries()) {
      const share = rename(gradientName(inputNames(node.inputs.length)[place]!));
      owed.set(outputOf(from), [...(owed.get(outputOf(from)) ?? []), share]);
    }
  }

  const loss = 'loss.output';
  const lossGrad: Formula = {
    target: read(gradientName(loss), []),
    expression: read(exampleWeight, []),
    ranges: {},
  };
  const seeds = nodes.map((_, node) =>
    sumOfShares(gradientName(outputOf(node)), owed.get(outputOf(node)) ?? [], shapes),
  );
  const ordered = [lossGrad, ...backward.at(-1)!];
  for (let node = nodes.length - 1; node >= 0; node--) ordered.push(...seeds[node]!, ...backward[node]!);

  const updates = optimizer ? expandOptimizer(optimizer, parameters, shapes) : [];
  for (const { state } of updates) for (const { name, shape } of state) shapes.set(name, shape);
  return {
    tensors: classify(
      shapes,
      [...forward, ...ordered, ...updates.flatMap(({ formulas }) => formulas)],
      parameters,
      double,
    ),
    parameters,
    image,
    target,
    logits: outputOf(nodes.length - 1),
    probabilities: 'loss.probabilities',
    loss,
    exampleWeight,
    forward,
    backward: ordered,
    updates,
  };
}

const inputNames = (count: number): string[] =>
  count === 1 ? ['input'] : Array.from({ length: count }, (_, place) => `input${place + 1}`);

/** The axis over a batch's examples. */
const batchAxis = 'b';

/**
 * A rule's formulas under its own names; derived gradients give way to those that the rule states.
 * @throws UsageError for a formula that cannot be read, differentiated, or that names the batch, and for a `double` that
 *   no forward formula computes
 */
export function lowerRule(
  rule: LayerRule,
  inputs: readonly Shape[],
  withTarget = false,
): { forward: Formula[]; backward: Formula[]; shapes: Map<string, Shape> } {
  const names = inputNames(inputs.length);
  const given = new Map<string, Shape>(names.map((name, place) => [name, inputs[place]!]));
  for (const [name, shape] of Object.entries(rule.parameters ?? {})) given.set(name, shape);
  if (withTarget) given.set(target, inputs[0]!);
  given.set('output', rule.output);
  const context = { constants: rule.constants ?? {}, axes: rule.axes ?? {} };
  const { formulas: forward, shapes } = resolveFormulas(rule.forward, { ...context, shapes: given });
  const overBatch = forward.find(({ ranges }) => Object.hasOwn(ranges, batchAxis));
  if (overBatch) {
    throw new UsageError(
      `The axis ${batchAxis} is kept for the batch, and a rule sees one example. Give the axis another name.\n  ${printFormula(overBatch)}`,
    );
  }

  const computed = [...new Set(forward.map((formula) => formula.target.tensor))];
  const unknown = rule.double?.find((name) => !computed.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `double needs names of what a rule's forward formulas compute (${computed.join(', ')}), but has ${unknown}.`,
    );
  }

  const wanted = [...names, ...Object.keys(rule.parameters ?? {})];
  const gradientShapes = new Map(shapes);
  for (const name of [...wanted, 'output']) gradientShapes.set(gradientName(name), shapes.get(name)!);
  const stated = resolveFormulas(rule.backward ?? [], { ...context, shapes: gradientShapes });
  const overridden = new Set(stated.formulas.map(({ target: { tensor } }) => tensor));
  const derived = deriveGradients({
    forward,
    shapes: stated.shapes,
    wanted: wanted.filter((name) => !overridden.has(gradientName(name))),
    stopGradient: rule.stopGradient ?? [],
  });
  return {
    forward,
    backward: [...derived.formulas.filter(({ target: { tensor } }) => !overridden.has(tensor)), ...stated.formulas],
    shapes: derived.shapes,
  };
}

function renamed(formula: Formula, rename: (name: string) => string): Formula {
  return {
    ...formula,
    target: read(rename(formula.target.tensor), formula.target.index),
    expression: renameTensors(formula.expression, rename),
  };
}

/** The gradient of a node's output: what its readers owe it, in node order. */
function sumOfShares(gradient: string, shares: readonly string[], shapes: Map<string, Shape>): Formula[] {
  if (shares.length < 2) return [];
  const shape = shapes.get(shares[0]!)!;
  shapes.set(gradient, shape);
  const axes = shape.map((_, axis) => `n${axis}`);
  const terms: Expression[] = shares.map((share) => readWhole(share, axes));
  const expression = terms.reduce((sum, term) => apply('add', sum, term));
  const ranges = Object.fromEntries(axes.map((axis, place) => [axis, shape[place]!]));
  return [{ target: readWhole(gradient, axes), expression, ranges }];
}

const scalar = (name: string): string => `optimizer.${name}`;

/** The optimiser's scalar that a schedule writes before a step. */
export const learningRate = scalar('learningRate');

/** The optimiser's formulas with `[n]` written out as the axes of each parameter. */
function expandOptimizer(rule: OptimizerRule, parameters: readonly Parameter[], shapes: Map<string, Shape>): Update[] {
  const scalarShapes = new Map<string, Shape>(Object.keys(rule.scalars).map((name) => [name, []]));
  const tick = resolveFormulas(rule.tick, { shapes: scalarShapes, constants: rule.constants });
  for (const [name] of tick.shapes) shapes.set(scalar(name), []);
  const scalars: Update = {
    state: Object.entries(rule.scalars).map(([name, initial]) => ({ name: scalar(name), shape: [], initial })),
    formulas: tick.formulas.map((formula) => renamed(formula, scalar)),
    assign: Object.entries(rule.assign)
      .filter(([to]) => Object.hasOwn(rule.scalars, to))
      .map(([to, from]) => [scalar(to), scalar(from)] as const),
  };
  return [scalars, ...parameters.map((parameter) => expandUpdate(rule, parameter, tick.shapes, shapes))];
}

function expandUpdate(
  rule: OptimizerRule,
  { name, shape, gradient }: Parameter,
  scalars: ReadonlyMap<string, Shape>,
  shapes: Map<string, Shape>,
): Update {
  const flat: Shape = [shape.reduce((a, b) => a * b, 1)];
  const local = new Map<string, Shape>([...scalars, ['weight', flat], ['grad', flat]]);
  for (const state of Object.keys(rule.state)) local.set(state, flat);
  const { formulas, shapes: resolved } = resolveFormulas(rule.update, { shapes: local, constants: rule.constants });
  const rename = (tensor: string): string => {
    if (tensor === 'weight') return name;
    if (tensor === 'grad') return gradient;
    return scalars.has(tensor) ? scalar(tensor) : `${name}.${tensor}`;
  };
  for (const tensor of resolved.keys()) if (!scalars.has(tensor)) shapes.set(rename(tensor), shape);
  const axes = shape.map((_, axis) => `n${axis}`);
  const index = axes.map((axis) => axisIndex(axis));
  const ranges: Ranges = Object.fromEntries(axes.map((axis, place) => [axis, shape[place]!]));
  const spread = (node: Read): Read => read(rename(node.tensor), node.index.length === 0 ? [] : index);
  const health = `health.${name}`;
  shapes.set(health, []);
  const assigned = Object.entries(rule.assign).filter(([to]) => to === 'weight' || Object.hasOwn(rule.state, to));
  const terms: Expression[] = assigned.map(([, from]) => read(rename(from), index));
  const total = terms.reduce((sum, term) => apply('add', sum, term));
  return {
    state: Object.entries(rule.state).map(([state, initial]) => ({ name: rename(state), shape, initial })),
    formulas: [
      ...formulas.map((formula) => ({
        target: spread(formula.target),
        expression: rewrite(formula.expression, (node) => (node.kind === 'read' ? spread(node) : node)),
        ranges,
      })),
      { target: read(health, []), expression: reduce('sum', axes, total), ranges },
    ],
    assign: assigned.map(([to, from]) => [rename(to), rename(from)] as const),
    health: { parameter: name, sum: health },
  };
}

/** A tensor is per example if its formula reads one that is; gradients of parameters sum over the batch. */
function classify(
  shapes: ReadonlyMap<string, Shape>,
  formulas: readonly Formula[],
  parameters: readonly Parameter[],
  double: ReadonlySet<string>,
): Map<string, GraphTensor> {
  const summed = new Set(parameters.map(({ gradient }) => gradient));
  const perExample = new Set([image, target]);
  for (const {
    target: { tensor },
    expression,
  } of formulas) {
    if (!summed.has(tensor) && readsOf(expression).some((node) => perExample.has(node.tensor))) perExample.add(tensor);
  }
  return new Map(
    [...shapes].map(([name, shape]) => [
      name,
      { name, shape, perExample: perExample.has(name), ...(double.has(name) ? { double: true } : {}) },
    ]),
  );
}
