import { describe, expect, test } from 'vitest';
import { readsOf } from '../formula/expression.ts';
import { conv, dense, maxPool, relu, tanh } from '../layers/index.ts';
import { buildNetwork } from '../model/cnn.ts';
import { buildGraph } from '../model/graph.ts';
import { adam, ruleOf } from '../optimizers/index.ts';
import type { Statement, Value } from './nest.ts';
import { compileProgram } from './program.ts';
import { coverOf, foldRun, simd128, type Target } from './target.ts';

const wide = (lanes: number): Target => ({
  lanes,
  scalarLanes: 1,
  vectorRegisters: 32,
  operandsFirst: false,
});

function loadsIn(value: Value): Extract<Value, { kind: 'load' }>[] {
  if (value.kind === 'load') return [value];
  return value.kind === 'binary' ? [...loadsIn(value.a), ...loadsIn(value.b)] : [];
}

describe('the vectors of an axis', () => {
  test.each([
    [10, 4, [[4, 3]]],
    [
      10,
      8,
      [
        [8, 1],
        [4, 1],
      ],
    ],
    [
      10,
      16,
      [
        [8, 1],
        [4, 1],
      ],
    ],
    [31, 16, [[16, 2]]],
    [
      1572,
      16,
      [
        [16, 98],
        [4, 1],
      ],
    ],
    [3, 16, [[4, 1]]],
  ])('%i elements, %i lanes', (range, lanes, runs) => {
    expect(coverOf(range, wide(lanes)).map(({ width, vectors }) => [width, vectors])).toEqual(runs);
  });

  test.each([
    [1568, 4, [4, 4]],
    [1568, 8, [8, 2]],
    [1568, 16, [16, 1]],
    [40, 4, [4, 2]],
    [40, 16, [8, 1]],
    [10, 16, [4, 1]],
  ])('%i terms in partial sums, %i lanes', (range, lanes, run) => {
    const { width, vectors } = foldRun(range, wide(lanes));
    expect([width, vectors]).toEqual(run);
  });
});

describe('a program for wider vectors', () => {
  const { nodes, input } = buildNetwork(
    { layers: [conv({ filters: 5 }), relu(), maxPool(), dense({ units: 77 }), relu()] },
    { input: [13, 11, 3], classes: 10 },
  );
  const graph = buildGraph(nodes, input, ruleOf(adam()));
  const compile = (target: Target) => compileProgram(graph, { batchSize: 41, purpose: 'train', keep: [], target });
  const sums = new Set(graph.updates.flatMap(({ health }) => health?.sum ?? []));

  test.each([8, 16])('stores everything as for four lanes: %i', (lanes) => {
    const layout = (target: Target) =>
      [...compile(target).buffers]
        .filter(([tensor]) => !sums.has(tensor))
        .map(([tensor, { shape, strides, origin, elements, slots }]) => ({
          tensor,
          shape,
          strides,
          origin,
          elements,
          slots,
        }));
    expect(layout(wide(lanes))).toEqual(layout(simd128));
    expect(compile(wide(lanes)).orders).toEqual(compile(simd128).orders);
  });

  test('holds all positions of a kernel in registers where there are enough', () => {
    const tileOf = (target: Target) =>
      compile(target).schedules.find(({ kernel }) => kernel.values[0]!.target.tensor === 'conv1.kernelGrad.partial')!
        .rows;
    expect(tileOf(wide(16)).map(({ size }) => size)).toEqual([3, 3]);
    expect(tileOf(simd128).map(({ size }) => size)).toEqual([3]);
  });

  test('walks live elements once for as many sums as the registers hold', () => {
    const layers = [conv({ filters: 32 }), conv({ filters: 8 }), relu(), maxPool()];
    const walked = buildNetwork({ layers }, { input: [16, 16, 1], classes: 10 });
    const own = buildGraph(walked.nodes, walked.input, ruleOf(adam()));
    const tilesFor = (target: Target) =>
      compileProgram(own, { batchSize: 8, purpose: 'train', keep: [], target })
        .schedules.filter(({ walk }) => walk)
        .map(({ rows, vectors }) => [...rows.map(({ size }) => size), vectors]);
    expect(tilesFor(wide(16))).toEqual([[2], [3, 6]]);
    expect(tilesFor(simd128)).toEqual([[8], [8]]);
  });

  describe('where a parameter is large', () => {
    const own = buildNetwork({ layers: [dense({ units: 96 })] }, { input: [16, 16, 4], classes: 10 });
    const compileFor = (target: Target) =>
      compileProgram(buildGraph(own.nodes, own.input, ruleOf(adam())), {
        ...{ batchSize: 16, purpose: 'train', keep: [], target },
      });
    const sumIn = ({ schedules, buffers }: ReturnType<typeof compileFor>) => {
      const sum = schedules.find(({ kernel }) => kernel.values[0]!.target.tensor === 'dense1.output')!;
      const weights = readsOf(sum.kernel.reduction!).find(({ tensor }) => buffers.get(tensor)!.elements > 65536)!;
      return { sum, weights, terms: sum.addressOf(weights).terms };
    };

    test('a sum over vectors of half a line reads a copy in its order, once for all examples of a chunk', () => {
      const { sum, terms } = sumIn(compileFor(wide(8)));
      expect(sum.reduction.map(({ name, range }) => [range, terms.get(name)])).toEqual([[1024, 64]]);
      expect(sum.loops.map(({ name, range }) => [range, terms.get(name)])).toContainEqual([6, 1024 * 64]);
      expect(sum.rows.map(({ size }) => size)).toContain(8);
    });

    test('it reads the parameter itself where whole lines of it can be asked for ahead of time', () => {
      const program = compileFor(wide(16));
      const { sum, weights } = sumIn(program);
      expect(weights.tensor).toBe('dense1.weights');
      expect(sum.far).toContain(weights);
      const forms = new Set<string>();
      const kinds = new Set<string>();
      const visit = (statements: readonly Statement[]): void => {
        for (const statement of statements) {
          kinds.add(statement.kind);
          if (statement.kind === 'loop') visit(statement.body);
          if (statement.kind === 'assign') for (const value of loadsIn(statement.value)) forms.add(value.form);
        }
      };
      for (const { body } of program.nests) visit(body);
      expect([...forms]).toContain('stream');
      // Weights and their state, which the optimiser reads beside the gradient's sum.
      expect([...kinds]).toContain('fetch');
    });
  });

  test('has vectors of each width, and plain numbers', () => {
    const widths = new Set<number>();
    const visit = (statements: readonly Statement[]): void => {
      for (const statement of statements) {
        if (statement.kind === 'loop' || statement.kind === 'walk') visit(statement.body);
        else if (statement.kind === 'assign') widths.add(statement.value.lanes);
        else if (statement.kind === 'store') for (const { value } of statement.stores) widths.add(value.lanes);
      }
    };
    for (const { body } of compile(wide(16)).nests) visit(body);
    expect([...widths].sort((a, b) => a - b)).toEqual([1, 4, 8, 16]);
  });
});

test('what is prepared is written before it is read', () => {
  const layers = [conv({ filters: 64 }), tanh(), conv({ filters: 64 }), relu(), dense({ units: 256 })];
  const own = buildNetwork({ layers }, { input: [6, 6, 3], classes: 10 });
  const { schedules, prepare } = compileProgram(buildGraph(own.nodes, own.input, ruleOf(adam())), {
    ...{ batchSize: 16, purpose: 'train', keep: [], target: simd128 },
  });
  const writtenBy = (nest: number): string[] => schedules[nest]!.kernel.values.map(({ target }) => target.tensor);
  const readBy = (nest: number): string[] =>
    schedules[nest]!.kernel.values.flatMap(({ expression }) => readsOf(expression).map(({ tensor }) => tensor));
  const tooEarly = prepare.flatMap((stage, place) => {
    const sooner = new Set(prepare.slice(0, place).flat().flatMap(writtenBy));
    const later = new Set(prepare.slice(place).flat().flatMap(writtenBy));
    return stage.flatMap(readBy).filter((tensor) => later.has(tensor) && !sooner.has(tensor));
  });
  expect(tooEarly).toEqual([]);
  const copied = prepare
    .flat()
    .flatMap(writtenBy)
    .filter((tensor) => tensor.includes('.kernels.blocks'));
  expect(copied.length).toBeGreaterThan(0);
});
