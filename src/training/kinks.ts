/**
 * @file Where formulas have kinks, and how near to one a program stands: what a check by finite differences must keep
 * away from. Kinks are found by walking the formulas, so a new layer needs no word about them.
 *
 * A probe is a formula that stores how far each `max`, `min` or comparison is from changing sides: the difference of its
 * operands, or of each element of a window and the window's maximum. A distance of exactly 0 is no kink but a tie that
 * stays (two dead ReLUs in a window), or the maximum itself. Names with `'` cannot meet an author's.
 */
import type { Program } from '../engine/engine.ts';
import { type Affine, axisIndex } from '../formula/affine.ts';
import {
  apply,
  type Expression,
  type Formula,
  freeAxes,
  isComparison,
  type Reduce,
  rewrite,
  substitute,
} from '../formula/expression.ts';
import { readWhole } from '../formula/resolve.ts';
import type { Graph, GraphTensor } from '../model/graph.ts';

export interface Probes {
  /** The graph with the probes behind the formulas that they watch. */
  readonly graph: Graph;
  readonly tensors: readonly string[];
}

/** @param except tensors whose kinks do not matter, because no gradient flows through them */
export function withProbes(graph: Graph, except: ReadonlySet<string>): Probes {
  const tensors = new Map<string, GraphTensor>(graph.tensors);
  const names: string[] = [];
  const forward = graph.forward.flatMap((formula) => {
    if (except.has(formula.target.tensor)) return [formula];
    const probes = probesOf(formula).map(({ distance, ranges }) => {
      const name = `probe'${names.length + 1}`;
      const axes = Object.keys(ranges).filter((axis) => freeAxes(distance).has(axis));
      const shape = axes.map((axis) => ranges[axis]!);
      tensors.set(name, { name, shape, perExample: false });
      names.push(name);
      return { target: readWhole(name, axes), expression: distance, ranges };
    });
    return [formula, ...probes];
  });
  return { graph: { ...graph, tensors, forward }, tensors: names };
}

function probesOf({ expression, ranges }: Formula): { distance: Expression; ranges: Formula['ranges'] }[] {
  const probes: { distance: Expression; ranges: Formula['ranges'] }[] = [];
  const add = (distance: Expression, all: Formula['ranges'] = ranges): void => {
    probes.push({ distance, ranges: all });
  };
  const visit = (node: Expression): void => {
    if (node.kind === 'reduce') {
      if (node.by === 'max') {
        const copy = renamedCopy(node, ranges);
        add(inside(apply('subtract', node.body, copy.maximum), node.body), copy.ranges);
      }
      visit(node.body);
    } else if (node.kind === 'apply') {
      const [a, b] = node.operands;
      const { operation } = node;
      if (operation === 'max' || operation === 'min') add(apply('subtract', a!, b!));
      else if (isComparison(operation)) add(inside(apply('subtract', a!, b!), apply('subtract', a!, b!)));
      for (const operand of node.operands) visit(operand);
    }
  };
  visit(expression);
  return probes;
}

/** 0 where something is read outside, since a comparison with outside is false: `distance * (value == value)`. */
function inside(distance: Expression, value: Expression): Expression {
  return apply('multiply', distance, apply('equal', value, value));
}

/** The maximum over axes of other names, to stand beside a body that uses the names. */
function renamedCopy(node: Reduce, ranges: Formula['ranges']): { maximum: Expression; ranges: Formula['ranges'] } {
  const all: Record<string, number> = { ...ranges };
  const names = new Map<string, string>();
  const nameOf = (axis: string): string => {
    if (!names.has(axis)) {
      names.set(axis, `${axis}'`);
      all[`${axis}'`] = ranges[axis]!;
    }
    return names.get(axis)!;
  };
  const renamed = rewrite(node, (part) => (part.kind === 'reduce' ? { ...part, axes: part.axes.map(nameOf) } : part));
  const replacements = new Map<string, Affine>([...names].map(([axis, fresh]) => [axis, axisIndex(fresh)]));
  return { maximum: substitute(renamed, replacements), ranges: all };
}

/** How near the nearest kink is, in units of the compared values; Infinity if there is none. */
export function distanceToKink(program: Program, { tensors }: Probes): number {
  let least = Number.POSITIVE_INFINITY;
  for (const name of tensors) {
    for (const value of program.read(name)) {
      const distance = Math.abs(value);
      if (distance > 0 && distance < least) least = distance;
    }
  }
  return least;
}

/** On which side of every kink the program stands. */
export function sidesOfKinks(program: Program, { tensors }: Probes): string {
  return tensors.map((name) => Array.from(program.read(name), (value) => Math.sign(value) + 1).join('')).join();
}
