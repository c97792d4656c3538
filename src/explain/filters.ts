/**
 * @file What layers have learnt, as pictures: every parameter that has rows and columns as an image has.
 *
 * Which of its axes those are, its formula says: in `sum(i,j,c) input[y+i-p, x+j-p, c] * kernel[i,j,c,f]` the axes i and
 * j run over rows and columns of what the kernel is multiplied with, f is the output's own, and c is left. So a dense
 * layer on an image has kernels too: what each unit looks for, in each channel.
 */
import type { FilterRecord } from '../comparison/record.ts';
import { plainAxis } from '../formula/affine.ts';
import { axesOf, type Formula, readsOf } from '../formula/expression.ts';
import type { Network } from '../model/cnn.ts';
import type { Graph } from '../model/graph.ts';
import { type Shape, stridesOf } from '../shape.ts';
import type { Weights } from '../training/trained.ts';
import { layerLabel } from './layer-label.ts';
import { aroundZero, type Pictures, rangeOf, sheet, type Tile } from './picture.ts';

/** Places of a parameter's axes. */
export interface KernelAxes {
  readonly row: number;
  readonly column: number;
  readonly filters: readonly number[];
  readonly channels: readonly number[];
}

/** Of kernels for several channels, so many filters across and channels down; others are wrapped. */
const mostAcross = 16;
const mostDown = 8;
const mostWrapped = 32;

/** Undefined for a parameter that no image is multiplied with row by row. */
function kernelAxes(forward: readonly Formula[], parameter: string): KernelAxes | undefined {
  for (const { target, expression } of forward) {
    const reads = readsOf(expression);
    const axes = reads.find(({ tensor }) => tensor === parameter)?.index.map(plainAxis);
    if (axes === undefined) continue;
    const isOutput = axesOf(target.index);
    const summed = (axis: string | undefined) => axis !== undefined && axes.includes(axis) && !isOutput.has(axis);
    for (const { tensor, index } of reads) {
      if (tensor === parameter || index.length < 2) continue;
      const [row, column] = index.map((one) => axes.indexOf([...axesOf([one])].find(summed)));
      if (row === undefined || column === undefined || row < 0 || column < 0 || row === column) continue;
      const rest = axes.map((_, place) => place).filter((place) => place !== row && place !== column);
      const isFilter = (place: number): boolean => isOutput.has(axes[place]!);
      return { row, column, filters: rest.filter(isFilter), channels: rest.filter((place) => !isFilter(place)) };
    }
  }
  return undefined;
}

export function filtersOf(
  network: Network,
  graph: Graph,
  weights: readonly Weights[],
): { records: FilterRecord[]; pictures: Pictures } {
  const records: FilterRecord[] = [];
  const pictures: Record<string, Uint8Array> = {};
  for (const [node, { name, rule }] of network.nodes.entries()) {
    const place = node + 1;
    for (const parameter of Object.keys(rule.parameters ?? {})) {
      const axes = kernelAxes(graph.forward, `${name}.${parameter}`);
      const learnt = weights.find((one) => one.name === `${name}.${parameter}`);
      if (!axes || !learnt) continue;
      const { tiles, ...record } = tilesOf(learnt, axes);
      const [low, high] = rangeOf(tiles.map(({ values }) => values));
      records.push({ place, layer: layerLabel(network, node), ...record, low, high });
      const columns = record.channels > 1 ? record.shownFilters : mostAcross;
      pictures[`filters-${place}`] = sheet(tiles, columns, aroundZero(Math.max(-low, high)));
    }
  }
  return { records, pictures };
}

/** Channel by channel, the filters side by side. */
function tilesOf({ shape, values }: Weights, axes: KernelAxes) {
  const [height, width] = [shape[axes.row]!, shape[axes.column]!];
  const strides = stridesOf(shape);
  const filters = offsetsAlong(axes.filters, shape, strides);
  const channels = offsetsAlong(axes.channels, shape, strides);
  const shownFilters = Math.min(filters.length, channels.length > 1 ? mostAcross : mostWrapped);
  const shownChannels = Math.min(channels.length, mostDown);
  const tiles: Tile[] = channels.slice(0, shownChannels).flatMap((channel) =>
    filters.slice(0, shownFilters).map((filter) => ({
      height,
      width,
      values: Float32Array.from({ length: height * width }, (_, at) => {
        const [y, x] = [Math.floor(at / width), at % width];
        return values[filter + channel + y * strides[axes.row]! + x * strides[axes.column]!]!;
      }),
    })),
  );
  const counts = { filters: filters.length, channels: channels.length, shownFilters, shownChannels };
  return { shape: [height, width], ...counts, tiles };
}

/** Where each combination of indices along some axes starts. */
function offsetsAlong(axes: readonly number[], shape: Shape, strides: readonly number[]): number[] {
  return axes.reduce(
    (offsets, axis) =>
      offsets.flatMap((offset) => Array.from({ length: shape[axis]! }, (_, index) => offset + index * strides[axis]!)),
    [0],
  );
}
