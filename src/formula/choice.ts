/** @file Where max(a, b) and min(a, b) choose a, and where b, as comparisons; a tie is b's. */
import { apply, type Expression, numberNode, type Read } from './expression.ts';
import { divide, expressionOf, factorsOf, type Product } from './product.ts';

/**
 * @param output what the choice is stored in, if it is a whole formula: comparing with it, nobody needs a once more
 * @param comparable a value in a form that can be compared
 */
export function choiceOf(
  kind: 'max' | 'min',
  [a, b]: readonly [Expression, Expression],
  output: Read | undefined,
  comparable: (node: Expression) => Expression,
): [ofA: Expression, ofB: Expression] {
  const multiples = multiplesOfOne(a, b);
  if (multiples) {
    const { value, factors } = multiples;
    const [p, q] = factors;
    // Between p u and q u, u's sign decides; so does the output's, if it is the same.
    const sign = output && p > 0 && q > 0 ? output : comparable(value);
    const zero = numberNode(0);
    return (kind === 'max') === p > q ? above(sign, zero) : above(zero, sign);
  }
  const [x, y] = [output ?? comparable(a), comparable(b)];
  return kind === 'max' ? above(x, y) : [apply('greater', y, x), apply('greaterEqual', x, y)];
}

const above = (x: Expression, y: Expression): [Expression, Expression] => [
  apply('greater', x, y),
  apply('greaterEqual', y, x),
];

/** The value u and the numbers p ≠ q with a = p u and b = q u, if there are such. */
function multiplesOfOne(
  a: Expression,
  b: Expression,
): { value: Expression; factors: readonly [number, number] } | undefined {
  const [one, other] = [numberTimes(factorsOf(a)), numberTimes(factorsOf(b))];
  const { numerator, denominator } = divide(one.rest, other.rest);
  if (numerator.length + denominator.length > 0 || one.rest.numerator.length === 0) return undefined;
  if (one.factor === other.factor) return undefined;
  return { value: expressionOf(one.rest), factors: [one.factor, other.factor] };
}

function numberTimes({ sign, numerator, denominator }: Product): { factor: number; rest: Product } {
  const product = (list: readonly Expression[]): number =>
    list.reduce((value, node) => (node.kind === 'number' ? value * node.value : value), 1);
  const others = (list: readonly Expression[]): Expression[] => list.filter(({ kind }) => kind !== 'number');
  return {
    factor: (sign * product(numerator)) / product(denominator),
    rest: { sign: 1, numerator: others(numerator), denominator: others(denominator) },
  };
}
