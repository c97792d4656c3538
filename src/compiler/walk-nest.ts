/** @file What a loop nest mentions: values, how often each is used, addresses. Back ends ask before they print. */
import type { Address, Statement, Value } from './nest.ts';

/** A statement that computes values. */
export type Computation = Extract<Statement, { kind: 'assign' | 'store' }>;

export const isComputation = (statement: Statement): statement is Computation =>
  statement.kind === 'assign' || statement.kind === 'store';

export function valuesOf(statement: Computation): Value[] {
  return statement.kind === 'assign' ? [statement.value] : statement.stores.map(({ value }) => value);
}

function operandsOf(value: Value): Value[] {
  if (value.kind === 'unary') {
    const isSwap = typeof value.operation === 'object' && 'swap' in value.operation;
    return isSwap ? [value.a, value.a] : [value.a];
  }
  if (value.kind === 'binary') return [value.a, value.b];
  return value.kind === 'select' ? [value.a, value.b, value.mask] : [];
}

export function countUses(roots: readonly Value[]): Map<Value, number> {
  const uses = new Map<Value, number>();
  const visit = (value: Value): void => {
    uses.set(value, (uses.get(value) ?? 0) + 1);
    if (uses.get(value) === 1) for (const operand of operandsOf(value)) visit(operand);
  };
  for (const root of roots) visit(root);
  return uses;
}

export function* addressesIn(statements: readonly Statement[]): Generator<Address> {
  for (const statement of statements) {
    if (statement.kind === 'walk') yield* [statement.from, statement.to];
    if (statement.kind === 'loop' || statement.kind === 'walk') yield* addressesIn(statement.body);
    else if (!isComputation(statement)) {
      yield statement.at;
      if (statement.kind === 'append') for (const { offset } of statement.columns) yield offset;
    } else {
      if (statement.kind === 'store') for (const { at } of statement.stores) yield at;
      for (const value of valuesIn(statement)) if (value.kind === 'load' || value.kind === 'gather') yield value.at;
    }
  }
}

/** What a statement stores or assigns, and all that this is computed of. */
export function* valuesIn(statement: Computation): Generator<Value> {
  const seen = new Set<Value>();
  const stack = valuesOf(statement);
  for (let value = stack.pop(); value; value = stack.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    yield value;
    stack.push(...operandsOf(value));
  }
}
