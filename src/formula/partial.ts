/** @file A function's derivatives, stated in `functions.ts` as text, for the operands that it has somewhere. */
import { type Expression, numberNode, rewrite } from './expression.ts';
import { parseFormula } from './parse.ts';

/** The derivative with `a`, `b` and `value` replaced, each made when it is first met. */
export function partialDerivative(text: string, make: Readonly<Record<string, () => Expression>>): Expression {
  const made = new Map<string, Expression>();
  return rewrite(parseFormula(`derivative = ${text}`).expression, (node) => {
    if (node.kind !== 'read') return withoutNumbers(node);
    const expression = made.get(node.tensor) ?? make[node.tensor]!();
    made.set(node.tensor, expression);
    return expression;
  });
}

/** `pow(a, 3 - 1)` as an author would write it. Constants keep their names. */
function withoutNumbers(node: Expression): Expression {
  if (node.kind !== 'apply') return node;
  const [a, b] = node.operands as readonly [Expression, Expression?];
  if (b?.kind !== 'number') return node;
  if (node.operation === 'subtract' && isWritten(a) && isWritten(b)) return numberNode(a.value - b.value);
  if (node.operation === 'pow' && b.value === 1) return a;
  return node.operation === 'pow' && b.value === 0 ? numberNode(1) : node;
}

const isWritten = (node: Expression): node is Extract<Expression, { kind: 'number' }> =>
  node.kind === 'number' && Number(node.text) === node.value;
