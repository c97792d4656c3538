/**
 * @file Kernels are fused: one joins those that compute what it reads, at the very element that was just computed, and those
 * that walk the same axes become one. What is then read nowhere else is not stored.
 */
import { type Affine, intervalOf, plainAxis } from '../formula/affine.ts';
import { axesOf, type Expression, type Read, readsOf, substitute } from '../formula/expression.ts';
import type { Shape } from '../shape.ts';
import { type Kernel, kernelReads, type Value } from './kernel.ts';
import { batchAxis } from './lower.ts';

/** Joins a kernel without a reduction to the kernels that compute what it reads, wherever that is allowed. */
export function fuse(
  kernels: readonly Kernel[],
  shapes: ReadonlyMap<string, Shape>,
  needed: ReadonlySet<string>,
): Kernel[] {
  const result: Kernel[] = [];
  for (const kernel of kernels) {
    const places = hostsOf(kernel, result, shapes);
    const hosts = places.map((place) => result[place]!);
    const joined = hosts.map((host) => join(host, kernel, shapes, hosts));
    if (joined.length > 0 && joined.every((one) => one !== undefined)) {
      for (const [number, place] of places.entries()) result[place] = joined[number]!;
    } else result.push(kernel);
  }
  return dropUnreadStores(result, needed);
}

/**
 * The kernels that write last what this one reads: joining any earlier one would read it too soon. They are several where
 * each writes elements of its own of the same tensor, as a convolution by Winograd's algorithm does.
 */
function hostsOf(kernel: Kernel, earlier: readonly Kernel[], shapes: ReadonlyMap<string, Shape>): number[] {
  if (kernel.reduction || kernel.accumulates) return [];
  const reads = new Set(kernel.values.flatMap(({ expression }) => readsOf(expression).map(({ tensor }) => tensor)));
  const writes = (place: number, tensors: ReadonlySet<string>): boolean =>
    earlier[place]!.values.some(({ target }) => tensors.has(target.tensor));
  const writers = [...earlier.keys()].filter((place) => writes(place, reads));
  const written = new Set(
    earlier[writers.at(-1) ?? -1]?.values.map(({ target }) => target.tensor).filter((tensor) => reads.has(tensor)),
  );
  const places = writers.filter((place) => writes(place, written));
  const isTooSoon = writers.some((place) => place > places[0]! && !places.includes(place));
  const isHost = ({ level, accumulates, values }: Kernel): boolean =>
    (level === kernel.level || (level === 'chunk' && kernel.level === 'example')) &&
    !accumulates &&
    [...written].every((tensor) => values.some(({ target }) => target.tensor === tensor));
  const own = kernel.values[0]!.target.tensor;
  const isWritten = [...earlier.keys()].some((place) => writes(place, new Set([own])));
  return places.every((place) => isHost(earlier[place]!)) && !isTooSoon && !isWritten && shapes.has(own) ? places : [];
}

/** @param hosts all that the guest joins */
function join(
  host: Kernel,
  guest: Kernel,
  shapes: ReadonlyMap<string, Shape>,
  hosts: readonly Kernel[],
): Kernel | undefined {
  const [value] = guest.values as [Value];
  const produced = new Map(host.values.map(({ target }) => [target.tensor, target]));
  const source = readsOf(value.expression).find(({ tensor }) => produced.has(tensor))!;
  const at = produced.get(source.tensor)!;
  const shape = shapes.get(at.tensor)!;
  // The guest's axes become the host's indices, and with them each read of a host's value must be at its own element.
  const replacements = new Map<string, Affine>();
  for (const [place, index] of source.index.entries()) {
    const axis = plainAxis(index);
    const readsAll = axis !== undefined && (guest.ranges[axis] ?? shape[place]) === shape[place];
    if (readsAll) replacements.set(axis, at.index[place]!);
    else if (index.terms.length > 0) return undefined;
  }
  const covered = [...guest.axes, ...(guest.level === 'example' && host.level === 'chunk' ? [batchAxis] : [])];
  if (covered.some((axis) => !replacements.has(axis) && axis !== batchAxis)) return undefined;
  const expression = substitute(value.expression, replacements);
  const target = substitute(value.target, replacements) as Read;
  const atOwn = readsOf(expression).every(({ tensor, index }) => {
    const own = produced.get(tensor);
    return !own || String(index.map(textOf)) === String(own.index.map(textOf));
  });
  const isWhole = writeAll(hosts, at.tensor, shape);
  if (!atOwn || !(isWhole || vanishesWith(value.expression, source))) return undefined;
  const usesAll = host.axes.every((axis) => axis === batchAxis || target.index.some((index) => hasAxis(index, axis)));
  if (!usesAll) return undefined;
  return { ...host, values: [...host.values, { ...value, target, expression }] };
}

const textOf = ({ terms, constant }: Affine): string =>
  `${terms
    .map(({ axis, coefficient }) => `${coefficient.value}${axis}`)
    .sort()
    .join('+')}+${constant.value}`;

const hasAxis = (index: Affine, axis: string): boolean => index.terms.some((term) => term.axis === axis);

/** Whether some kernels together write all of a tensor, of one example if it has any; none writes what another one does. */
function writeAll(kernels: readonly Kernel[], tensor: string, shape: Shape): boolean {
  let [written, all] = [0, 1];
  for (const { values, ranges } of kernels) {
    const { index } = values.find(({ target }) => target.tensor === tensor)!.target;
    const own = index.map((place, dimension) => ({ place, extent: shape[dimension]! }));
    const places = own.filter(({ place }) => plainAxis(place) !== batchAxis);
    const axes = axesOf(places.map(({ place }) => place));
    const isInside = places.every(({ place, extent }) => {
      const { low, high } = intervalOf(place, ranges);
      return low >= 0 && high < extent;
    });
    if (!isInside) return false;
    written += [...axes].reduce((size, axis) => size * ranges[axis]!, 1);
    all = places.reduce((size, { extent }) => size * extent, 1);
  }
  return written === all;
}

/** Whether an expression is 0 wherever the given read is: a product with it as a factor. */
function vanishesWith(expression: Expression, source: Read): boolean {
  if (expression === source) return true;
  if (expression.kind !== 'apply') return false;
  const [a, b] = expression.operands;
  if (expression.operation === 'multiply') return vanishesWith(a!, source) || vanishesWith(b!, source);
  return (expression.operation === 'divide' || expression.operation === 'negate') && vanishesWith(a!, source);
}

/**
 * Makes one kernel of those that walk the same axes, as the parts of a transform do, so that they load what they share once.
 * Over the batch, where new values take the place of old ones, each stays alone.
 */
export function bindSiblings(kernels: readonly Kernel[]): Kernel[] {
  const isPlain = ({ level, reduction, accumulates, double }: Kernel): boolean =>
    level !== 'batch' && !reduction && !accumulates && !double;
  const walkOf = ({ level, axes, ranges }: Kernel): string =>
    [level, ...axes.map((axis) => `${axis}${ranges[axis]}`).sort()].join(' ');
  const readsOfOther = (reader: Kernel, { values }: Kernel): boolean =>
    kernelReads(reader).some(({ tensor }) => values.some(({ target, stored }) => stored && target.tensor === tensor));
  const bound: Kernel[] = [];
  for (const kernel of kernels) {
    const after = bound.findLastIndex((other) => readsOfOther(kernel, other) || readsOfOther(other, kernel));
    const place = bound.findIndex(
      (other, index) => index > after && isPlain(other) && isPlain(kernel) && walkOf(other) === walkOf(kernel),
    );
    const sibling = bound[place];
    if (sibling) bound[place] = { ...sibling, values: [...sibling.values, ...kernel.values] };
    else bound.push(kernel);
  }
  return bound;
}

/** Values that only kernels read which compute them stay in registers. */
function dropUnreadStores(kernels: readonly Kernel[], needed: ReadonlySet<string>): Kernel[] {
  const isReadIn = (tensor: string, { reduction, values }: Kernel): boolean => {
    const isComputed = values.some(({ target }) => target.tensor === tensor);
    const read = isComputed ? [] : values.map(({ expression }) => expression);
    return [...(reduction ? [reduction.body] : []), ...read].some((node) =>
      readsOf(node).some((inner) => inner.tensor === tensor),
    );
  };
  const isStored = ({ target, summed }: Value): boolean =>
    !summed && (needed.has(target.tensor) || kernels.some((kernel) => isReadIn(target.tensor, kernel)));
  return kernels.map((kernel) => ({
    ...kernel,
    values: kernel.values.map((value) => ({ ...value, stored: isStored(value) })),
  }));
}
