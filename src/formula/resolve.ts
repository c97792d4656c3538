/**
 * @file From parsed to complete formulas: checks each read against the tensors there are, finds each axis's range, and
 * gives temporaries their shapes.
 *
 * An axis that stands alone in an index runs over that axis of the tensor. `axes` declares a range that no tensor
 * implies. An axis in a split target, `inputGrad[s*y+i]`, that nothing else implies runs over ceil((size - residue) / s).
 */
import type { UsageError } from '../errors.ts';
import { formatShape, type Shape } from '../shape.ts';
import { type Affine, axisIndex, plainAxis, type Ranges } from './affine.ts';
import {
  axesOf,
  type Expression,
  type Formula,
  freeAxes,
  type Read,
  read,
  readsOf,
  substitute,
  walk,
} from './expression.ts';
import { formulaError, type ParsedFormula, parseFormula } from './parse.ts';

export interface Context {
  /** Shapes of the tensors that formulas may read or write. */
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly constants?: Readonly<Record<string, number>>;
  /** Declared ranges; they win over what tensors imply. */
  readonly axes?: Readonly<Record<string, number>>;
}

/**
 * Parses and completes formulas in order; a new name on the left is a temporary that later ones may read.
 * @returns the formulas, and the shapes of all tensors including the temporaries
 * @throws UsageError with the text and a caret
 */
export function resolveFormulas(
  texts: readonly string[],
  context: Context,
): { formulas: Formula[]; shapes: Map<string, Shape> } {
  const shapes = new Map(context.shapes);
  const parsed = texts.map((text) => parseFormula(text, context.constants));
  const formulas = parsed.map((formula) => resolveFormula(formula, shapes, context.axes ?? {}));
  requireSingleAssignment(parsed, formulas, shapes);
  return { formulas, shapes };
}

/** Any element may be computed in any order: each is written once, before a later line reads it. */
function requireSingleAssignment(
  parsed: readonly ParsedFormula[],
  formulas: readonly Formula[],
  shapes: ReadonlyMap<string, Shape>,
): void {
  const lastWrite = new Map(formulas.map(({ target }, line) => [target.tensor, line]));
  const written = new Map<string, Set<string>>();
  parsed.forEach(({ text, target, expression, positions }, line) => {
    for (const node of readsOf(expression)) {
      if ((lastWrite.get(node.tensor) ?? -1) < line) continue;
      throw formulaError(text, positions.get(node)!, `${node.tensor} is read before all of it is written.`);
    }
    const { tensor, index } = target;
    const axes = index.map(plainAxis);
    const isPlain = axes.every((axis) => axis !== undefined) && new Set(axes).size === axes.length;
    if (isPlain && lastWrite.get(tensor) === line && !written.has(tensor)) return;
    const places = written.get(tensor) ?? new Set();
    written.set(tensor, places);
    for (const place of placesOf(index, formulas[line]!.ranges, shapes.get(tensor)!)) {
      if (places.has(place))
        throw formulaError(text, 0, `${tensor}[${place}] is written twice; sum over an axis instead.`);
      places.add(place);
    }
  });
}

/** Every setting of a target's indices that lies inside its tensor, as text. */
function* placesOf(index: readonly Affine[], ranges: Ranges, shape: Shape): Generator<string> {
  const axes = [...axesOf(index)];
  const count = axes.reduce((product, axis) => product * ranges[axis]!, 1);
  for (let setting = 0; setting < count; setting++) {
    let rest = setting;
    const values: Record<string, number> = {};
    for (const axis of axes) {
      values[axis] = rest % ranges[axis]!;
      rest = Math.floor(rest / ranges[axis]!);
    }
    const place = index.map(({ terms, constant }) =>
      terms.reduce((sum, { axis, coefficient }) => sum + coefficient.value * values[axis]!, constant.value),
    );
    if (place.every((value, axis) => value >= 0 && value < shape[axis]!)) yield place.join(',');
  }
}

function resolveFormula(parsed: ParsedFormula, shapes: Map<string, Shape>, declared: Ranges): Formula {
  const { text, target, expression, positions } = parsed;
  const ranges: Record<string, number> = { ...declared };
  const origin: Record<string, string> = {};
  const fail = (node: Read, message: string): UsageError => formulaError(text, positions.get(node) ?? 0, message);

  const count = ({ length }: Shape): string => (length === 1 ? '1 index' : `${length} indices`);
  const imply = (node: Read, shape: Shape): void => {
    if (node.index.length !== shape.length) {
      throw fail(
        node,
        `${node.tensor} is ${formatShape(shape)}: it needs ${count(shape)}, but has ${node.index.length}.`,
      );
    }
    node.index.forEach((index, axis) => {
      const name = plainAxis(index);
      if (name === undefined || declared[name] !== undefined) return;
      if (ranges[name] !== undefined && ranges[name] !== shape[axis]) {
        throw fail(
          node,
          `Axis ${name} runs over ${ranges[name]} in ${origin[name]}, but over ${shape[axis]} in ${node.tensor}; ` +
            'declare its range in axes, or shift one index.',
        );
      }
      ranges[name] = shape[axis]!;
      origin[name] ??= node.tensor;
    });
  };

  for (const node of readsOf(expression)) {
    const shape = shapes.get(node.tensor);
    if (!shape)
      throw fail(node, `No tensor is called ${node.tensor} here; there are ${[...shapes.keys()].join(', ')}.`);
    imply(node, shape);
  }
  const shape = shapes.get(target.tensor);
  if (shape) {
    imply(target, shape);
    for (const [axis, index] of target.index.entries()) splitRange(index, shape[axis]!, ranges);
  }
  const onLeft = axesOf(target.index);
  const bound = boundAxes(expression);
  for (const axis of freeAxes(expression)) {
    if (!onLeft.has(axis)) {
      throw fail(target, `Axis ${axis} stands on the right alone; sum over it, or put it on the left.`);
    }
  }
  for (const axis of [...onLeft, ...bound]) {
    if (ranges[axis] === undefined) {
      throw fail(target, `Axis ${axis} has no range: no tensor implies one; declare it in axes.`);
    }
  }
  if (!shape) {
    const extents = target.index.map((index) => {
      const axis = plainAxis(index);
      if (axis === undefined) throw fail(target, `The temporary ${target.tensor} needs plain axes on the left.`);
      return ranges[axis]!;
    });
    shapes.set(target.tensor, extents);
  }
  const unique = uniqueReductionAxes(expression, onLeft);
  const kept: Record<string, number> = {};
  for (const axis of onLeft) kept[axis] = ranges[axis]!;
  for (const [axis, written] of unique.written) kept[axis] = ranges[written]!;
  return { target, expression: unique.expression, ranges: kept };
}

/** `2*y+1` on the left: the one axis without a range runs over ceil((size - residue) / stride). */
function splitRange(index: Affine, size: number, ranges: Record<string, number>): void {
  const open = index.terms.filter(({ axis }) => ranges[axis] === undefined);
  if (open.length !== 1) return;
  const [{ axis, coefficient }] = open as [(typeof open)[0]];
  if (coefficient.value < 1) return;
  ranges[axis] = Math.max(0, Math.ceil((size - index.constant.value) / coefficient.value));
}

function boundAxes(expression: Expression): Set<string> {
  const bound = new Set<string>();
  walk(expression, (node) => {
    if (node.kind === 'reduce') for (const axis of node.axes) bound.add(axis);
  });
  return bound;
}

/**
 * Gives each reduction axes of its own name, so that substitution cannot capture one.
 * @returns the expression, and for each reduction axis the name it was written with
 */
function uniqueReductionAxes(
  expression: Expression,
  onLeft: ReadonlySet<string>,
): { expression: Expression; written: Map<string, string> } {
  const taken = new Set([...onLeft, ...boundAxes(expression)]);
  const written = new Map<string, string>();
  // Outer reductions first: an inner one with the same name is renamed inside its own body only.
  const rename = (node: Expression): Expression => {
    if (node.kind === 'apply') return { ...node, operands: node.operands.map(rename) };
    if (node.kind !== 'reduce') return node;
    const replacements = new Map<string, Affine>();
    const axes = node.axes.map((axis) => {
      let fresh = axis;
      if (onLeft.has(axis) || written.has(axis)) {
        for (let count = 2; taken.has(fresh); count++) fresh = `${axis}${count}`;
        replacements.set(axis, axisIndex(fresh));
      }
      taken.add(fresh);
      written.set(fresh, axis);
      return fresh;
    });
    return { ...node, axes, body: rename(substituteUnbound(node.body, replacements)) };
  };
  return { expression: rename(expression), written };
}

/** Like `substitute`, but leaves a reduction that binds one of the axes anew as it is. */
function substituteUnbound(expression: Expression, replacements: ReadonlyMap<string, Affine>): Expression {
  if (expression.kind === 'apply') {
    return { ...expression, operands: expression.operands.map((operand) => substituteUnbound(operand, replacements)) };
  }
  if (expression.kind === 'read') return substitute(expression, replacements);
  if (expression.kind === 'number') return expression;
  const outer = new Map([...replacements].filter(([axis]) => !expression.axes.includes(axis)));
  return { ...expression, body: substituteUnbound(expression.body, outer) };
}

/** The read of a whole tensor by plain axes named `names`. */
export function readWhole(tensor: string, names: readonly string[]): Read {
  return read(
    tensor,
    names.map((name) => axisIndex(name)),
  );
}
