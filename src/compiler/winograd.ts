/**
 * @file Convolutions 3 × 3 by Winograd's algorithm F(2×2, 3×3): four outputs next to each other take 16 products a channel
 * instead of 36. It is chosen by the sizes of one example alone, and written as formulas:
 *
 *   output[y,x,f] = … + sum(i,j,c) input[y+i, x+j, c] * kernel[i,j,c,f]
 *
 *   kernels[i,j,c,f] = (G kernel Gᵀ)[i,j]                          once a step
 *   tiles[i,j,y,x,c] = (Bᵀ input[2y…2y+3, 2x…2x+3] B)[i,j]
 *   products[i,j,y,x,f] = sum(c) tiles[i,j,y,x,c] * kernels[i,j,c,f]
 *   output[2y+r, 2x+s, f] = … + (Aᵀ products[…,y,x,f] A)[r,s]
 *
 * Reads and writes outside are what they are in any formula, so sizes may be odd. Where the input is constant, down or across,
 * outputs that would be equal still are, to the bit: a max-pool behind them has the same ties. An infinite input makes the
 * outputs of all tiles that it is in NaN or infinite.
 *
 * What is rounded: with C channels, each product of a tile and a kernel bears at most C + 11 roundings, and the transforms
 * make numbers at most 4, 9/4 and 9 times as large. So an output is off by at most 81 C (C + 11) 2⁻²⁴ times the greatest
 * input and kernel element; for the direct sum that is 81 C² 2⁻²⁴. Seen on random networks: 0.3 to 0.6 of what the direct sum
 * is off, whose float32 sums are nine times as long.
 *
 * Source: Lavin, Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016.
 */
import {
  type Affine,
  addIndices,
  axisIndex,
  constantIndex,
  plainAxis,
  type Ranges,
  subtractIndices,
} from '../formula/affine.ts';
import {
  apply,
  axesOf,
  type Expression,
  type Formula,
  type Read,
  type Reduce,
  read,
  reduce,
  substitute,
  walk,
} from '../formula/expression.ts';
import type { Graph, GraphTensor } from '../model/graph.ts';
import type { Shape } from '../shape.ts';
import { densitiesOf, mostDense } from './sparse.ts';
import { inputRows, kernelRows, outputRows, type Pair, pairsOf, transform } from './winograd-rows.ts';

/** An axis of the output, and the one of the kernel by which the input's place differs from it, forwards or back. */
interface Window {
  readonly output: string;
  readonly kernel: string;
  readonly direction: 1 | -1;
}

interface Convolution {
  readonly sum: Reduce;
  readonly input: Read;
  readonly kernel: Read;
  readonly windows: readonly [Window, Window];
  readonly channels: readonly string[];
  readonly filters: readonly string[];
}

/** The graph with convolutions replaced where that is less work; a gradient that is mostly 0 has a faster way. */
export function withWinograd(graph: Graph): Graph {
  const tensors = new Map(graph.tensors);
  const densities = densitiesOf([...graph.forward, ...graph.backward]);
  const isDense = ({ tensor }: Read): boolean => (densities.get(tensor) ?? 1) > mostDense;
  const replace = (formula: Formula): Formula[] => {
    const convolution = convolutionIn(formula, graph.tensors);
    if (!convolution || !isDense(convolution.input) || !pays(convolution, formula.ranges)) return [formula];
    return rewritten(formula, convolution, tensors);
  };
  const [forward, backward] = [graph.forward.flatMap(replace), graph.backward.flatMap(replace)];
  return { ...graph, tensors, forward, backward };
}

function convolutionIn({ target, expression, ranges }: Formula, tensors: Graph['tensors']): Convolution | undefined {
  const sums: Reduce[] = [];
  walk(expression, (node) => {
    if (node.kind === 'reduce') sums.push(node);
  });
  const [sum, second] = sums;
  if (!sum || second || sum.by !== 'sum' || sum.body.kind !== 'apply' || sum.body.operation !== 'multiply') return;
  const isPerExample = ({ tensor }: Read): boolean => tensors.get(tensor)!.perExample;
  const factors = sum.body.operands.filter((operand) => operand.kind === 'read');
  const input = factors.find(isPerExample);
  const kernel = factors.find((factor) => !isPerExample(factor));
  if (!input || !kernel || !isPerExample(target)) return;
  if ([target, input, kernel].some(({ tensor }) => tensors.get(tensor)!.double)) return;

  const windows = input.index.flatMap(({ terms }): Window[] => {
    const inside = terms.find(({ axis }) => sum.axes.includes(axis) && ranges[axis] === 3);
    const output = terms.find(({ axis, coefficient }) => !sum.axes.includes(axis) && coefficient.value === 1);
    if (terms.length !== 2 || !inside || !output || Math.abs(inside.coefficient.value) !== 1) return [];
    return [{ output: output.axis, kernel: inside.axis, direction: inside.coefficient.value === 1 ? 1 : -1 }];
  });
  const [down, across, third] = windows;
  if (!down || !across || third) return;
  const [y, x, i, j] = [down.output, across.output, down.kernel, across.kernel];
  const channels = sum.axes.filter((axis) => axis !== i && axis !== j);
  const filters = [...axesOf(target.index)].filter((axis) => axis !== y && axis !== x);
  const fits =
    hasEach(target, [y, x, ...filters]) &&
    hasEach(kernel, [i, j, ...channels, ...filters]) &&
    hasEach(input, channels, [y, x, i, j]);
  return fits ? { sum, input, kernel, windows: [down, across], channels, filters } : undefined;
}

/** Whether each of the axes is an index alone, and no other axis is in any, but for some that need not be alone. */
function hasEach({ index }: Read, axes: readonly string[], shared: readonly string[] = []): boolean {
  const places = index.flatMap(({ terms }) => terms.map(({ axis }) => axis));
  const all = [...axes, ...shared];
  return (
    places.length === all.length &&
    all.every((axis) => places.includes(axis)) &&
    axes.every((axis) => index.some((place) => plainAxis(place) === axis))
  );
}

const sizeOfAxes = (axes: readonly string[], ranges: Ranges): number =>
  axes.reduce((size, axis) => size * ranges[axis]!, 1);

const tilesOf = (range: number): number => Math.ceil(range / 2);

/** What an element of each costs, in multiplications and additions of the direct sum. */
const costs = { tile: 6, kernel: 2, output: 14 };

/** The most elements of an example's tiles and products. */
const mostElements = 2 ** 21;

function pays({ windows: [down, across], channels, filters }: Convolution, ranges: Ranges): boolean {
  const [c, f] = [sizeOfAxes(channels, ranges), sizeOfAxes(filters, ranges)];
  const [height, width] = [ranges[down.output]!, ranges[across.output]!];
  const tiles = tilesOf(height) * tilesOf(width);
  const direct = 9 * height * width * c * f;
  const products = 16 * tiles * c * f;
  const transforms = 16 * (tiles * c * costs.tile + c * f * costs.kernel) + height * width * f * costs.output;
  return products + transforms < 0.9 * direct && 16 * tiles * (c + f) <= mostElements;
}

function rewritten(
  { target, expression, ranges }: Formula,
  { input, kernel, sum, windows: [down, across], channels, filters }: Convolution,
  tensors: Map<string, GraphTensor>,
): Formula[] {
  const [y, x, i, j] = [down.output, across.output, down.kernel, across.kernel];
  const [rows, columns] = [tilesOf(ranges[y]!), tilesOf(ranges[x]!)];
  const own = (axes: readonly string[]): Affine[] => axes.map((axis) => axisIndex(axis));
  const extentsOf = (axes: readonly string[]): number[] => axes.map((axis) => ranges[axis]!);
  const rangesOf = (axes: readonly string[]): Ranges => Object.fromEntries(axes.map((axis) => [axis, ranges[axis]!]));
  const add = (part: string, shape: Shape, perExample: boolean): string => {
    const name = `${target.tensor}.${part}`;
    tensors.set(name, { name, shape, perExample });
    return name;
  };
  const kernels = add('kernels', [4, 4, ...extentsOf([...channels, ...filters])], false);
  const tiles = add('tiles', [4, 4, rows, columns, ...extentsOf(channels)], true);
  const products = add('products', [4, 4, rows, columns, ...extentsOf(filters)], true);
  const kernelsAt = (...place: Affine[]): Read => read(kernels, [...place, ...own([...channels, ...filters])]);
  const tilesAt = (...place: Affine[]): Read => read(tiles, [...place, ...own([y, x, ...channels])]);
  const productsAt = (...place: Affine[]): Read => read(products, [...place, ...own([y, x, ...filters])]);

  /** A place in the window, counted in the direction in which the input is walked. */
  const inWindow = ({ kernel: axis, direction }: Window, place: Affine): [string, Affine] => [
    axis,
    direction > 0 ? place : subtractIndices(constantIndex(2), place),
  ];
  const pairRanges = ([first, second]: Pair): Ranges => ({
    ...(first.isPair ? { [i]: 2 } : {}),
    ...(second.isPair ? { [j]: 2 } : {}),
  });
  const tileRanges: Ranges = { [y]: rows, [x]: columns };
  const all = [axisIndex(i), axisIndex(j)];
  const corner: [string, Affine][] = [
    [y, axisIndex(y, 2)],
    [x, axisIndex(x, 2)],
  ];
  return [
    ...pairsOf(kernelRows).map((pair) => ({
      target: kernelsAt(pair[0].at(i), pair[1].at(j)),
      expression: transform(pair, [i, j], (row, column) =>
        substitute(kernel, new Map([inWindow(down, row), inWindow(across, column)])),
      ),
      ranges: { ...rangesOf([...channels, ...filters]), ...pairRanges(pair) },
    })),
    ...pairsOf(inputRows).map((pair) => ({
      target: tilesAt(pair[0].at(i), pair[1].at(j)),
      expression: transform(pair, [i, j], (row, column) =>
        substitute(input, new Map([...corner, inWindow(down, row), inWindow(across, column)])),
      ),
      ranges: { ...rangesOf(channels), ...pairRanges(pair), ...tileRanges },
    })),
    {
      target: productsAt(...all),
      expression: reduce('sum', channels, apply('multiply', tilesAt(...all), kernelsAt(...all))),
      ranges: { ...rangesOf([...channels, ...filters]), ...tileRanges, [i]: 4, [j]: 4 },
    },
    ...pairsOf(outputRows).map((pair) => {
      const [r, s] = [pair[0].at(i), pair[1].at(j)];
      const places = new Map([
        [y, addIndices(axisIndex(y, 2), r)],
        [x, addIndices(axisIndex(x, 2), s)],
      ]);
      const result = transform(pair, [i, j], productsAt);
      const place = (node: Expression): Expression => {
        if (node === sum) return result;
        return node.kind === 'apply' ? { ...node, operands: node.operands.map(place) } : substitute(node, places);
      };
      return {
        target: substitute(target, places) as Read,
        expression: place(expression),
        ranges: {
          ...rangesOf(filters),
          [y]: tilesOf(ranges[y]! - r.constant.value),
          [x]: tilesOf(ranges[x]! - s.constant.value),
        },
      };
    }),
  ];
}
