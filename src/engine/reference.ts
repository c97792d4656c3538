/**
 * @file The reference engine: interprets formulas in float64, element by element, in the order in which they stand.
 * It is the specification of the language and the oracle for faster engines.
 */
import { EngineError } from '../errors.ts';
import type { Affine } from '../formula/affine.ts';
import { type Expression, type Formula, isComparison, type Operation, type Read } from '../formula/expression.ts';
import { type FunctionName, functionOf } from '../formula/functions.ts';
import type { Graph, GraphTensor } from '../model/graph.ts';
import { sizeOf, stridesOf } from '../shape.ts';
import { closedError, type Engine, type Place, type Program, type ProgramOptions } from './engine.ts';

export const referenceEngine: Engine = {
  name: 'reference',
  create: async (graph, options) => createReferenceProgram(graph, options),
};

const operations: Readonly<Record<Exclude<Operation, FunctionName>, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  negate: (a) => -a,
  equal: (a, b) => (a === b ? 1 : 0),
  greater: (a, b) => (a > b ? 1 : 0),
  greaterEqual: (a, b) => (a >= b ? 1 : 0),
};

/** A program that needs no waiting for; `referenceEngine` wraps it. */
export function createReferenceProgram(graph: Graph, { batchSize }: ProgramOptions): Program {
  const slots = new Map<string, Float64Array[]>();
  for (const { name, shape, perExample } of graph.tensors.values()) {
    slots.set(
      name,
      Array.from({ length: perExample ? batchSize : 1 }, () => new Float64Array(sizeOf(shape))),
    );
  }
  for (const { state } of graph.updates) for (const { name, initial } of state) slots.get(name)![0]!.fill(initial);
  const gradients = new Set(graph.parameters.map(({ gradient }) => gradient));
  const compile = (formulas: readonly Formula[]) =>
    formulas.map((formula) => compileFormula(formula, graph, slots, gradients));
  const forward = compile(graph.forward);
  const backward = compile(graph.backward);
  const update = compile(graph.updates.flatMap(({ formulas }) => formulas));
  const assignments = graph.updates.flatMap(({ assign }) => assign);

  const slot = (name: string, example = 0): Float64Array => {
    const found = slots.get(name)?.[example];
    if (!found) throw new EngineError(`The program has no tensor ${name} for example ${example}.`);
    return found;
  };
  let isClosed = false;
  let hasFiniteLoss = true;
  const runForward = (count: number): void => {
    if (isClosed) throw closedError();
    slot(graph.exampleWeight)[0] = 1 / count;
    for (let example = 0; example < count; example++) for (const run of forward) run(example);
  };
  const runGradients = (count: number): void => {
    runForward(count);
    for (const name of gradients) slot(name).fill(0);
    for (let example = 0; example < count; example++) for (const run of backward) run(example);
  };
  return {
    batchSize,
    engine: 'reference',
    threads: 1,
    threadsReason: 'the reference engine has one',
    place: (name, example): Place => ({
      values: slot(name, example),
      start: 0,
      strides: stridesOf(graph.tensors.get(name)!.shape),
    }),
    write: (name, values, example) => slot(name, example).set(values),
    read: (name, example) => slot(name, example).slice(),
    forward: runForward,
    gradients: runGradients,
    step: (count) => {
      runGradients(count);
      hasFiniteLoss = Array.from({ length: count }, (_, example) => slot(graph.loss, example)[0]).every(
        Number.isFinite,
      );
      if (!hasFiniteLoss) return;
      for (const run of update) run(0);
      for (const [to, from] of assignments) slot(to).set(slot(from));
    },
    broken: () =>
      hasFiniteLoss
        ? graph.updates.flatMap(({ health }) =>
            !health || Number.isFinite(slot(health.sum)[0]) ? [] : health.parameter,
          )
        : [],
    close: () => {
      isClosed = true;
    },
  };
}

/** The state of one formula's evaluation: where its axes stand, and whether a read fell outside its tensor. */
interface Cursor {
  readonly axes: Int32Array;
  readonly places: ReadonlyMap<string, number>;
  example: number;
  outside: boolean;
}

function compileFormula(
  { target, expression, ranges }: Formula,
  graph: Graph,
  slots: ReadonlyMap<string, Float64Array[]>,
  accumulated: ReadonlySet<string>,
): (example: number) => void {
  const names = Object.keys(ranges);
  const places = new Map(names.map((name, place) => [name, place]));
  const cursor: Cursor = { axes: new Int32Array(names.length), places, example: 0, outside: false };
  const reduced = new Set(boundAxes(expression));
  const outer = names.filter((name) => !reduced.has(name));
  const evaluate = compileExpression(expression, cursor, ranges, (read) => compileRead(read, cursor, graph, slots));
  const offset = compileOffset(target, cursor, graph.tensors.get(target.tensor)!);
  const accumulates = accumulated.has(target.tensor);
  // What no formula writes is 0: nothing else ever writes there, so the tensor's first zeros stay.
  return (example) => {
    cursor.example = example;
    const memory = slots.get(target.tensor)!;
    const values = memory[memory.length === 1 ? 0 : example]!;
    loop(
      outer.map((name) => places.get(name)!),
      outer.map((name) => ranges[name]!),
      cursor.axes,
      () => {
        const at = offset();
        if (at < 0) return;
        const value = evaluate();
        values[at] = accumulates ? values[at]! + value : value;
      },
    );
  };
}

function loop(
  places: readonly number[],
  ranges: readonly number[],
  axes: Int32Array,
  body: () => void,
  depth = 0,
): void {
  if (depth === places.length) {
    body();
    return;
  }
  const place = places[depth]!;
  for (let value = 0; value < ranges[depth]!; value++) {
    axes[place] = value;
    loop(places, ranges, axes, body, depth + 1);
  }
}

function boundAxes(expression: Expression): string[] {
  if (expression.kind === 'reduce') return [...expression.axes, ...boundAxes(expression.body)];
  return expression.kind === 'apply' ? expression.operands.flatMap(boundAxes) : [];
}

function compileExpression(
  expression: Expression,
  cursor: Cursor,
  ranges: Readonly<Record<string, number>>,
  compileRead: (read: Read) => () => number,
): () => number {
  if (expression.kind === 'number') return () => expression.value;
  if (expression.kind === 'read') return compileRead(expression);
  if (expression.kind === 'reduce') {
    const body = compileExpression(expression.body, cursor, ranges, compileRead);
    const places = expression.axes.map((axis) => cursor.places.get(axis)!);
    const counts = expression.axes.map((axis) => ranges[axis]!);
    if (expression.by === 'sum') {
      return () => {
        let sum = 0;
        loop(places, counts, cursor.axes, () => {
          sum += body();
        });
        return sum;
      };
    }
    return () => {
      const before = cursor.outside;
      let greatest = Number.NEGATIVE_INFINITY;
      loop(places, counts, cursor.axes, () => {
        cursor.outside = false;
        const value = body();
        if (!cursor.outside && value > greatest) greatest = value;
      });
      cursor.outside = before;
      return greatest;
    };
  }
  const [a, b] = expression.operands.map((operand) => compileExpression(operand, cursor, ranges, compileRead));
  const operation =
    functionOf(expression.operation)?.evaluate ?? operations[expression.operation as keyof typeof operations];
  if (!b) return () => operation(a!(), 0);
  if (!isComparison(expression.operation)) return () => operation(a!(), b());
  return () => {
    const before = cursor.outside;
    cursor.outside = false;
    const value = operation(a!(), b());
    const result = cursor.outside ? 0 : value;
    cursor.outside = before;
    return result;
  };
}

function compileRead(
  read: Read,
  cursor: Cursor,
  graph: Graph,
  slots: ReadonlyMap<string, Float64Array[]>,
): () => number {
  const offset = compileOffset(read, cursor, graph.tensors.get(read.tensor)!);
  const memory = slots.get(read.tensor)!;
  return () => {
    const at = offset();
    if (at >= 0) return memory[memory.length === 1 ? 0 : cursor.example]![at]!;
    cursor.outside = true;
    return 0;
  };
}

/** The place of an element in C order, or -1 outside the tensor. */
function compileOffset({ index }: Read, cursor: Cursor, { shape }: GraphTensor): () => number {
  const strides = stridesOf(shape);
  const steps = index.map((affine, axis) => ({
    at: compileIndex(affine, cursor),
    extent: shape[axis]!,
    stride: strides[axis]!,
  }));
  return () => {
    let offset = 0;
    for (const { at, extent, stride } of steps) {
      const value = at();
      if (value < 0 || value >= extent) return -1;
      offset += value * stride;
    }
    return offset;
  };
}

function compileIndex({ terms, constant }: Affine, { axes, places }: Cursor): () => number {
  const steps = terms.map(({ axis, coefficient }) => ({ place: places.get(axis)!, factor: coefficient.value }));
  return () => {
    let value = constant.value;
    for (const { place, factor } of steps) value += factor * axes[place]!;
    return value;
  };
}
