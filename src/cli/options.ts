/**
 * @file What an option of a command is; kinds of options, with messages that say what is needed; and the options and
 * arguments that several commands share.
 */
import type { EngineChoice } from '../engine/native/node/engines.ts';
import { UsageError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { didYouMean } from '../nearest.ts';
import type { Shape } from '../shape.ts';
import { layerWords, networkHelp, optimizerWords } from './notation-help.ts';

/** One option; its name is its key in the command's record, `trainImages` for `--train-images`. */
export interface Option<T> {
  /** Placeholder of its value, `COUNT`; a switch has none. */
  readonly value?: string;
  readonly description: string;
  readonly default: T;
  /** One letter, for `-q`. */
  readonly short?: string;
  /** Reads the value; `name` is the option as it is typed. @throws UsageError */
  readonly parse?: (text: string, name: string) => T;
  /** What it is in a configuration file: a number, a text, or either where this is left out. */
  readonly type?: 'number' | 'string';
  /** The only words that it takes. */
  readonly choices?: readonly string[];
  /** Words that a shell may offer for what is typed so far. */
  readonly words?: Words;
}

export type Words = (typed: string) => readonly string[];

export type Options = Readonly<Record<string, Option<unknown>>>;
export type OptionValues<O extends Options> = {
  readonly [name in keyof O]: O[name] extends Option<infer T> ? T : never;
};

/** `--train-images` for `trainImages`. */
export function optionName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A switch: off unless it is given. */
export const flag = (description: string): Option<boolean> => ({ description, default: false });

/** A switch that is on unless its `--no-…` is given. */
export const flagOn = (description: string): Option<boolean> => ({ description, default: true });

/** Any text; undefined where it is left out. */
export function text(value: string, description: string): Option<string | undefined>;
export function text(value: string, description: string, standard: string): Option<string>;
export function text(value: string, description: string, standard?: string): Option<string | undefined> {
  const parse = (given: string, name: string): string => {
    if (given !== '') return given;
    throw new UsageError(
      `${name} needs a ${value.replaceAll('|', ' or ')}, but is empty. Give one, or leave ${name} out.`,
    );
  };
  return { value, description, default: standard, parse, type: 'string' };
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
  return {
    value,
    description,
    default: standard,
    parse: (given, name) => parseCount(given, name, from, to),
    type: 'number',
  };
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

export const patienceOption = count(
  'epochs without a lower validation error after which to stop, with the best weights',
  { from: 1 },
);

export const keepBestOption = flag('end with the weights of the lowest validation error, not with the last');

/** One of some words; the first where it is left out. */
export function choice<const C extends string>(description: string, first: C, ...others: readonly C[]): Option<C> {
  const known = [first, ...others];
  return {
    value: known.join('|'),
    description,
    default: first,
    parse: (given, name) => parseChoice(given, name, known),
    type: 'string',
    choices: known,
  };
}

/** @throws UsageError unless `given` is one of the words */
export function parseChoice<C extends string>(given: string, name: string, known: readonly C[]): C {
  const found = known.find((word) => word === given);
  if (found !== undefined) return found;
  throw new UsageError(`${name} needs ${known.join(' or ')}, but gets "${given}"${didYouMean(given, known)}`);
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
  const withText = Object.assign(shape, { toString: () => standard });
  return { value: 'HxWxC', description, default: withText, parse, type: 'string' };
}

/** Of commands that train. */
export const trainingEngineOption = choice(
  'what computes: C where it pays, WebAssembly or C, to the same bits; or float64, interpreted',
  'auto',
  'wasm',
  'native',
  'reference',
);

export type TrainingEngine = (typeof trainingEngineOption)['default'];

export const fastMathOption = flag(
  'a multiplication and an addition are rounded once: faster, but to bits that are this machine’s own',
);

/** What computes, as two options say. @throws UsageError for float64 with fast math */
export function engineAsked({ engine, fastMath }: { engine: TrainingEngine; fastMath: boolean }): EngineChoice {
  if (!fastMath) return engine;
  if (engine !== 'reference') return `${engine}+fast-math`;
  throw new UsageError('--fast-math is of float32, but --engine reference computes in float64. Leave one of them out.');
}

export const engineOption = choice(
  'what computes: WebAssembly or C, to the same bits; or float64, interpreted',
  'wasm',
  'native',
  'reference',
);

export const threadsOption = count('threads that share the work; the cores of this machine by default', {
  from: 1,
  to: 1024,
});

export const seedOption = count('everything random follows from it', { value: 'number', standard: 0 });

export const classesOption = count('how many classes', { from: 1, to: 65_536, standard: 10 });

export const optimizerOption: Option<string> = {
  ...text('notation', 'sgd, adagrad or adam, with options as in "adam(learningRate=0.002)"', 'adam'),
  words: optimizerWords,
};

/** The argument that says what a network is. */
export const notationArgument = {
  description: 'layers in order, such as "conv(filters=16) + relu + pool"; the classifier’s head follows',
  words: layerWords,
  help: networkHelp,
} as const;

/** Options that may stand before or after the command's name. */
export const globalOptions = {
  json: flag('print one JSON document on stdout'),
  quiet: { ...flag('print nothing on stderr but warnings and errors'), short: 'q' },
  color: flagOn('print no colors; so does the environment variable NO_COLOR'),
  offline: flag('download nothing; so does the environment variable OCELLUS_OFFLINE'),
  config: text('file', 'options from a JSON or YAML file; those on the command line win'),
} satisfies Options;

export type GlobalOptions = OptionValues<typeof globalOptions>;
