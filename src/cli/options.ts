/** @file Kinds of options, with messages that say what is needed, and the options that several commands share. */
import type { Engine } from '../engine/engine.ts';
import { referenceEngine } from '../engine/reference.ts';
import { wasmEngine } from '../engine/wasm/index.ts';
import { UsageError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { didYouMean } from '../nearest.ts';
import type { Shape } from '../shape.ts';
import type { Option } from './command.ts';

/** A switch: off unless it is given. */
export const flag = (description: string): Option<boolean> => ({ description, default: false });

/** Any text; undefined where it is left out. */
export function text(value: string, description: string): Option<string | undefined>;
export function text(value: string, description: string, standard: string): Option<string>;
export function text(value: string, description: string, standard?: string): Option<string | undefined> {
  return { value, description, default: standard, parse: (given) => given };
}

export interface CountRange {
  readonly from?: number;
  readonly to?: number;
  /** Placeholder in the help; `count` by default. */
  readonly value?: string;
}

/** A whole number; undefined where it is left out and there is no standard. */
export function count(description: string, range: CountRange): Option<number | undefined>;
export function count(description: string, range: CountRange & { readonly standard: number }): Option<number>;
export function count(
  description: string,
  { from = 0, to = Number.MAX_SAFE_INTEGER, value = 'count', standard }: CountRange & { readonly standard?: number },
): Option<number | undefined> {
  return { value, description, default: standard, parse: (given, name) => parseCount(given, name, from, to) };
}

/** @throws UsageError unless `given` is a whole number in the range */
export function parseCount(given: string, name: string, from = 0, to = Number.MAX_SAFE_INTEGER): number {
  const number = Number(given);
  if (/^\d+$/.test(given) && number >= from && number <= to) return number;
  const range =
    to === Number.MAX_SAFE_INTEGER
      ? `, ${formatCount(from)} or more`
      : ` from ${formatCount(from)} to ${formatCount(to)}`;
  throw new UsageError(`${name} needs a whole number${range}, but gets "${given}".`);
}

/** One of some words; the first where it is left out. */
export function choice<const C extends string>(description: string, first: C, ...others: readonly C[]): Option<C> {
  const known = [first, ...others];
  return {
    value: known.join('|'),
    description,
    default: first,
    parse: (given, name) => {
      const found = known.find((word) => word === given);
      if (found !== undefined) return found;
      throw new UsageError(`${name} needs ${known.join(' or ')}, but gets "${given}"${didYouMean(given, known)}`);
    },
  };
}

const longestExtent = 4096;

/** The size of an image, `28x28x1`; `28x28` has one channel. */
export function imageShape(description: string, standard: string): Option<Shape> {
  const parse = (given: string, name: string): Shape => {
    const extents = given.split(/[x×]/i);
    const numbers = [...extents, ...(extents.length === 2 ? ['1'] : [])].map((digits) =>
      /^\d{1,5}$/.test(digits) ? Number(digits) : 0,
    );
    if (numbers.length === 3 && numbers.every((extent) => extent >= 1 && extent <= longestExtent)) return numbers;
    throw new UsageError(
      `${name} needs HEIGHTxWIDTHxCHANNELS, such as 28x28x1, each from 1 to ${formatCount(longestExtent)}, but gets "${given}".`,
    );
  };
  const shape = parse(standard, '');
  // As it is typed, for the help.
  return { value: 'HxWxC', description, default: Object.assign(shape, { toString: () => standard }), parse };
}

export const engines = { wasm: wasmEngine, reference: referenceEngine } as const satisfies Record<string, Engine>;

export const engineOption = choice('what computes: compiled float32, or float64 interpreted', 'wasm', 'reference');

export const threadsOption = count('threads that share the work; the cores of this machine by default', {
  from: 1,
  to: 1024,
});

export const seedOption = count('everything random follows from it', { value: 'number', standard: 0 });

export const classesOption = count('how many classes', { from: 1, to: 65_536, standard: 10 });
