/**
 * @file Expressions and formulas: the tree that the parser builds, the deriver rewrites, and the engines run.
 *
 * A formula gathers one element of its target: `target[index] = expression`. Reading outside a tensor gives 0; a `max`
 * over axes skips what lies outside; a comparison (1 or 0) with something outside is 0; a write outside is dropped; an
 * element that no formula writes is 0.
 */
import { type Affine, type Ranges, sameIndex, substituteIndex } from './affine.ts';
import type { FunctionName } from './functions.ts';

export type Operation =
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'negate'
  | 'equal'
  | 'greater'
  | 'greaterEqual'
  | FunctionName;

export interface NumberNode {
  readonly kind: 'number';
  readonly value: number;
  /** The constant's name, or the number as written. */
  readonly text: string;
}

export interface Read {
  readonly kind: 'read';
  readonly tensor: string;
  readonly index: readonly Affine[];
}

export interface Reduce {
  readonly kind: 'reduce';
  readonly by: 'sum' | 'max';
  readonly axes: readonly string[];
  readonly body: Expression;
}

export interface Apply {
  readonly kind: 'apply';
  readonly operation: Operation;
  readonly operands: readonly Expression[];
}

export type Expression = NumberNode | Read | Reduce | Apply;

export interface Formula {
  readonly target: Read;
  readonly expression: Expression;
  /** The range of every axis in the formula. */
  readonly ranges: Ranges;
}

export const numberNode = (value: number, text = String(value)): NumberNode => ({ kind: 'number', value, text });
export const read = (tensor: string, index: readonly Affine[]): Read => ({ kind: 'read', tensor, index });
export const reduce = (by: Reduce['by'], axes: readonly string[], body: Expression): Reduce => ({
  kind: 'reduce',
  by,
  axes,
  body,
});
export const apply = (operation: Operation, ...operands: Expression[]): Apply => ({
  kind: 'apply',
  operation,
  operands,
});

export const isComparison = (operation: Operation): boolean =>
  operation === 'equal' || operation === 'greater' || operation === 'greaterEqual';

/** The expression with each node rebuilt from the leaves up; `change` sees a node whose operands are done. */
export function rewrite(expression: Expression, change: (node: Expression) => Expression): Expression {
  if (expression.kind === 'reduce') return change({ ...expression, body: rewrite(expression.body, change) });
  if (expression.kind === 'apply') {
    return change({ ...expression, operands: expression.operands.map((operand) => rewrite(operand, change)) });
  }
  return change(expression);
}

/** Calls `visit` on every node, parents first. */
export function walk(expression: Expression, visit: (node: Expression) => void): void {
  visit(expression);
  if (expression.kind === 'reduce') walk(expression.body, visit);
  else if (expression.kind === 'apply') for (const operand of expression.operands) walk(operand, visit);
}

export function readsOf(expression: Expression): Read[] {
  const reads: Read[] = [];
  walk(expression, (node) => {
    if (node.kind === 'read') reads.push(node);
  });
  return reads;
}

export function containsReduce(expression: Expression): boolean {
  let found = false;
  walk(expression, (node) => {
    found ||= node.kind === 'reduce';
  });
  return found;
}

/** The axes that occur in an expression and are not bound by a reduction inside it. */
export function freeAxes(expression: Expression): Set<string> {
  if (expression.kind === 'number') return new Set();
  if (expression.kind === 'read') return axesOf(expression.index);
  if (expression.kind === 'apply') return new Set(expression.operands.flatMap((operand) => [...freeAxes(operand)]));
  const free = freeAxes(expression.body);
  for (const axis of expression.axes) free.delete(axis);
  return free;
}

/** The axes of a list of indices, in order of appearance. */
export function axesOf(index: readonly Affine[]): Set<string> {
  return new Set(index.flatMap(({ terms }) => terms.map(({ axis }) => axis)));
}

/** The expression with free axes replaced by indices; bound axes must already have other names. */
export function substitute(expression: Expression, replacements: ReadonlyMap<string, Affine>): Expression {
  if (replacements.size === 0) return expression;
  return rewrite(expression, (node) =>
    node.kind === 'read' ? { ...node, index: node.index.map((index) => substituteIndex(index, replacements)) } : node,
  );
}

/** The expression with the tensors it reads renamed. */
export function renameTensors(expression: Expression, rename: (name: string) => string): Expression {
  return rewrite(expression, (node) => (node.kind === 'read' ? { ...node, tensor: rename(node.tensor) } : node));
}

export function sameExpression(a: Expression, b: Expression): boolean {
  if (a.kind === 'number') return b.kind === 'number' && a.value === b.value;
  if (a.kind === 'read') return b.kind === 'read' && sameRead(a, b);
  if (a.kind === 'reduce') {
    return b.kind === 'reduce' && a.by === b.by && String(a.axes) === String(b.axes) && sameExpression(a.body, b.body);
  }
  return (
    b.kind === 'apply' &&
    a.operation === b.operation &&
    a.operands.every((operand, i) => sameExpression(operand, b.operands[i]!))
  );
}

export function sameRead(a: Read, b: Read): boolean {
  return (
    a.tensor === b.tensor &&
    a.index.length === b.index.length &&
    a.index.every((index, axis) => sameIndex(index, b.index[axis]!))
  );
}
