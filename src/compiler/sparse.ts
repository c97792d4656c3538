/**
 * @file Tensors that are mostly 0 by construction, and sums of products that walk only their live elements, those that
 * are not 0.
 *
 * How dense a tensor is, is estimated from formulas alone: a comparison with a maximum over n leaves 1 in n, any other
 * with `>` one in two. A sum that starts at +0 stays what it is when +0 or -0 is added, so leaving out products with 0
 * changes no bit, if the others come in the same order. (A product of 0 with NaN or infinity is left out, too; a step in
 * which there is one ends with a loss, or with weights, that are not finite.)
 */
import { coefficientOf, plainAxis } from '../formula/affine.ts';
import { type Expression, type Formula, isComparison, type Read } from '../formula/expression.ts';
import type { Shape } from '../shape.ts';
import type { Kernel } from './kernel.ts';
import { type Halo, laneCount, naturalOrder, storedAxes } from './layout.ts';

/** The share of elements that are not 0, by tensor; 1 where nothing is known. */
export type Densities = ReadonlyMap<string, number>;

/** Walking pays up to about 0.6; ReLU alone, an estimated half, was seen to leave 0.54 to 0.65. */
export const mostDense = 1 / 4;

/** The most vectors that a walk adds to at once. */
export const mostWalked = 8;

/** Of these, so many have their operands in registers at a time where operands come first. */
export const walkedAtOnce = 4;

export function densitiesOf(formulas: readonly Formula[]): Densities {
  const densities = new Map<string, number>();
  const candidates = new Map<string, number>();
  for (const { target, expression, ranges } of formulas) {
    const { tensor } = target;
    const termsOf = (axes: readonly string[]): number => axes.reduce((all, axis) => all * ranges[axis]!, 1);
    const densityOf = (node: Expression): number => {
      if (node.kind === 'number') return node.value === 0 ? 0 : 1;
      if (node.kind === 'read') return densities.get(node.tensor) ?? 1;
      if (node.kind === 'reduce') return node.by === 'max' ? 1 : Math.min(1, termsOf(node.axes) * densityOf(node.body));
      if (node.operation === 'equal') {
        return Math.min(
          ...node.operands.map((side) => (side.kind === 'read' ? (candidates.get(side.tensor) ?? 1) : 1)),
        );
      }
      if (isComparison(node.operation)) return 1 / 2;
      const [a, b] = node.operands.map(densityOf) as [number, number?];
      if (node.operation === 'multiply') return a * b!;
      if (node.operation === 'divide' || node.operation === 'negate') return a;
      return node.operation === 'add' || node.operation === 'subtract' ? Math.min(1, a + b!) : 1;
    };
    const isMaximum = expression.kind === 'reduce' && expression.by === 'max';
    if (isMaximum) candidates.set(tensor, 1 / termsOf(expression.axes));
    densities.set(tensor, Math.max(densities.get(tensor) ?? 0, densityOf(expression)));
  }
  return densities;
}

/** A dimension of a tensor, and whether it is walked from the first element to the last, or back. */
export interface Direction {
  readonly dimension: number;
  readonly direction: 1 | -1;
}

/** How a sum of products can walk live elements. */
export interface LiveWalk {
  readonly live: Read;
  readonly other: Read;
  /**
   * `rows`: the sum runs along the dimension whose elements lie side by side, and, in windows, over others: live elements
   * are listed as they lie, and each window is a piece of the list. `columns`: it runs over all other dimensions, and there
   * is a list for each element of this one.
   */
  readonly form: 'rows' | 'columns';
  /** The live tensor's dimensions in the order of the sum, outermost first; the one side by side is last, and forwards. */
  readonly order: readonly Direction[];
  /** Axes of the sum that run within a piece of a list. The others are loops. */
  readonly inside: readonly string[];
}

export interface LiveWorld {
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly halos: ReadonlyMap<string, Halo>;
  readonly hasBatch: (tensor: string) => boolean;
  readonly densities: Densities;
  /** Tensors in float64, which no list has. */
  readonly double: ReadonlySet<string>;
}

export function liveWalkOf(kernel: Kernel, world: LiveWorld): LiveWalk | undefined {
  const { level, reduction, ranges } = kernel;
  if (level !== 'example' || kernel.double || reduction?.by !== 'sum') return undefined;
  const { axes, body } = reduction;
  if (body.kind !== 'apply' || body.operation !== 'multiply') return undefined;
  const densityIn = ({ tensor }: Read): number => world.densities.get(tensor) ?? 1;
  const reads = body.operands.filter((operand) => operand.kind === 'read');
  const [live, other] = reads.sort((a, b) => densityIn(a) - densityIn(b));
  if (!live || !other || densityIn(live) > mostDense || !world.hasBatch(live.tensor)) return undefined;
  if (world.double.has(live.tensor) || world.double.has(other.tensor)) return undefined;

  const shape = world.shapes.get(live.tensor)!;
  const last = storedAxes(shape, naturalOrder(shape), world.halos.get(live.tensor)).at(-1) ?? 0;
  const summed = live.index.map((index) => index.terms.filter(({ axis }) => axes.includes(axis)));
  const isSimple = summed.every(([term, second]) => !second && (!term || Math.abs(term.coefficient.value) === 1));
  const sums = axes.map((axis): Direction => {
    const dimension = live.index.findIndex((index) => coefficientOf(index, axis) !== 0);
    return { dimension, direction: dimension >= 0 && coefficientOf(live.index[dimension]!, axis) < 0 ? -1 : 1 };
  });
  const isEach = sums.every(({ dimension }) => dimension > 0) && summed.flat().length === axes.length;
  if (last === 0 || !isSimple || !isEach) return undefined;

  const isWhole = ({ dimension }: { readonly dimension: number }): boolean => {
    const axis = plainAxis(live.index[dimension]!);
    return axis !== undefined && ranges[axis] === shape[dimension];
  };
  const groups = live.index.flatMap(({ terms }, dimension): Direction[] => {
    const isOne = shape[dimension] === 1 && terms.length === 0;
    const isSum = sums.some((sum) => sum.dimension === dimension);
    return dimension === 0 || dimension === last || isOne || isSum ? [] : [{ dimension, direction: 1 }];
  });
  if (!isWhole({ dimension: last })) return undefined;
  if (sums.at(-1)!.dimension === last) {
    return { live, other, form: 'rows', order: [...groups, ...sums], inside: axes.slice(-2) };
  }
  const isColumn = groups.length === 0 && sums.every((sum) => sum.dimension !== last && isWhole(sum));
  const order: Direction[] = [...sums, { dimension: last, direction: 1 }];
  return isColumn ? { live, other, form: 'columns', order, inside: axes } : undefined;
}

/** In instructions of a dense sum, which loads two operands for a multiplication and an addition, of a vector each. */
const costs = { term: 2.5, entry: 6, piece: 80, looked: 8, sorted: 25 };

/** What a sum costs that walks live elements with `axis` along its vectors, its lists included. */
export function costOfWalk({ live, form, inside }: LiveWalk, kernel: Kernel, axis: string, world: LiveWorld): number {
  const { axes, ranges, reduction } = kernel;
  const density = world.densities.get(live.tensor)!;
  const product = (names: readonly string[]): number => names.reduce((all, name) => all * ranges[name]!, 1);
  const vectors = Math.ceil(ranges[axis]! / laneCount);
  const free = axes.filter((name) => name !== axis && !live.index.some((index) => coefficientOf(index, name) !== 0));
  const rows = Math.max(1, ...free.map((name) => ranges[name]!));
  const all = product(axes.filter((name) => name !== axis)) * vectors;
  const tiles = all / Math.min(mostWalked, vectors * rows);
  const terms = product(reduction!.axes) * density;
  const pieces = product(reduction!.axes.filter((name) => !inside.includes(name)));
  const elements = world.shapes
    .get(live.tensor)!
    .slice(1)
    .reduce((size, extent) => size * extent, 1);
  const lists = elements * (costs.looked + (form === 'columns' ? density * costs.sorted : 0));
  return all * terms * costs.term + tiles * (terms * costs.entry + pieces * costs.piece) + lists;
}
