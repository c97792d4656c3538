/**
 * @file The transforms of Winograd's algorithm F(2×2, 3×3), row by row: Bᵀ for the input, G for the kernel, Aᵀ for the output,
 *
 *        1  0 −1  0           1   0   0
 *   Bᵀ = 0  1  1  0      G =  ½   ½   ½      Aᵀ = 1  1  1  0
 *        0 −1  1  0           ½  −½   ½           0  1 −1 −1
 *        0  1  0 −1           0   0   1
 *
 * each once for what lies below each other and once for what lies side by side.
 */
import { type Affine, addIndices, axisIndex, constantIndex } from '../formula/affine.ts';
import { apply, type Expression, numberNode } from '../formula/expression.ts';

/** A row of a transform: which elements it adds and subtracts, in this order, and what it multiplies the sum by. */
export interface Row {
  /** Where the result is; two rows of one form have an axis over them, which is 0 or 1. */
  readonly at: (axis: string) => Affine;
  readonly isPair?: true;
  readonly terms: readonly { readonly sign: 1 | -1; readonly from: (axis: string) => Affine }[];
  readonly factor?: number;
}

const at = (place: number) => () => constantIndex(place);
const twice = (axis: string): Affine => axisIndex(axis, 2);
const plus = (from: (axis: string) => Affine) => ({ sign: 1, from }) as const;
const minus = (from: (axis: string) => Affine) => ({ sign: -1, from }) as const;

/** The first row and the last one are of one form. */
export const inputRows: readonly Row[] = [
  {
    at: (axis) => axisIndex(axis, 3),
    isPair: true,
    terms: [plus((axis) => axisIndex(axis)), minus((axis) => addIndices(axisIndex(axis), constantIndex(2)))],
  },
  { at: at(1), terms: [plus(at(1)), plus(at(2))] },
  { at: at(2), terms: [plus(at(2)), minus(at(1))] },
];
export const kernelRows: readonly Row[] = [
  { at: (axis) => axisIndex(axis, 3), isPair: true, terms: [plus(twice)] },
  { at: at(1), terms: [plus(at(0)), plus(at(2)), plus(at(1))], factor: 0.5 },
  { at: at(2), terms: [plus(at(0)), plus(at(2)), minus(at(1))], factor: 0.5 },
];
export const outputRows: readonly Row[] = [
  { at: at(0), terms: [plus(at(0)), plus(at(1)), plus(at(2))] },
  { at: at(1), terms: [plus(at(1)), minus(at(2)), minus(at(3))] },
];

/** A row of a transform down and one across, of what `element` is at a place. */
export function transform(
  [down, across]: Pair,
  [i, j]: readonly [string, string],
  element: (down: Affine, across: Affine) => Expression,
): Expression {
  const along = ({ terms, factor }: Row, axis: string, part: (place: Affine) => Expression): Expression => {
    const [first, ...others] = terms;
    const sum = others.reduce<Expression>(
      (all, { sign, from }) => apply(sign > 0 ? 'add' : 'subtract', all, part(from(axis))),
      part(first!.from(axis)),
    );
    return factor === undefined ? sum : apply('multiply', sum, numberNode(factor));
  };
  return along(down, i, (y) => along(across, j, (x) => element(y, x)));
}

/** A row of a transform for what lies below each other, and one for what lies side by side. */
export type Pair = readonly [Row, Row];

export const pairsOf = (rows: readonly Row[]): Pair[] =>
  rows.flatMap((down) => rows.map((across) => [down, across] as const));
