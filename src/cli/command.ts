/**
 * @file What a command is: one record from which its help, its parsing, the types of its input, its `--json` and that
 * document's schema, its part of a configuration file and its completion in a shell follow.
 *
 * A command computes an `Outcome` and prints nothing to stdout itself, so that none can forget `--json`.
 */
import type { z } from 'zod';
import { UsageError } from '../errors.ts';
import type { Colors, Context } from './context.ts';
import { type Options, type OptionValues, optionName, type Words } from './options.ts';

export type { Option } from './options.ts';

/** The library of schemas; it is handed over, because loading it takes longer than most of the program. */
export type Zod = typeof import('zod');

export type Argument =
  | string
  | {
      readonly description: string;
      /** May be left out. */
      readonly optional?: true;
      /** Takes all words that are left: at least one, unless it is optional. */
      readonly variadic?: true;
      /** The only words that it takes, with what each means. */
      readonly choices?: Readonly<Record<string, string>>;
      /** Words that a shell may offer for what is typed so far. */
      readonly words?: Words;
      /** A shell may offer files. */
      readonly files?: true;
      /** A part of the command's help about it. */
      readonly help?: () => string;
    };
export type Arguments = Readonly<Record<string, Argument>>;

type Word<A> = A extends { readonly choices: infer C } ? Extract<keyof C, string> : string;
type ArgumentValue<A> = A extends { readonly variadic: true }
  ? readonly Word<A>[]
  : A extends { readonly optional: true }
    ? Word<A> | undefined
    : Word<A>;
type Input<A extends Arguments, O extends Options> = {
  readonly [name in keyof A]: ArgumentValue<A[name]>;
} & OptionValues<O>;

type Plain<T> = T extends object ? { readonly [K in keyof T]: Plain<T[K]> } : T;
export type Body = Readonly<Record<string, unknown>>;
/** The body that a command's `output` describes. */
export type BodyOf<F extends (zod: Zod) => z.ZodType> = Plain<z.output<ReturnType<F>>>;

export interface Outcome<B = Body> {
  /** 0 where it is left out. */
  readonly exitCode?: number;
  /** What `--json` prints, beside what every document has. */
  readonly body: B;
  /** What is printed without `--json`. */
  readonly text: (colors: Colors) => string;
}

export interface CommandDefinition<A extends Arguments, O extends Options, S extends z.ZodObject> {
  readonly name: string;
  /** One line, as in the list of commands. */
  readonly summary: string;
  /** The heading in the list of commands; a command without one is not in the list. */
  readonly group?: Group;
  /** Command lines, without the program's name; the first one stands in the list of commands too. */
  readonly examples?: readonly string[];
  /** In order, by name; what may be left out or takes several words stands last. */
  readonly arguments?: A;
  readonly options?: O;
  /** The schema of the body. */
  readonly output: (zod: Zod) => S;
  readonly run: (
    input: Input<A, O>,
    context: Context,
  ) => Outcome<Plain<z.output<S>>> | Promise<Outcome<Plain<z.output<S>>>>;
}

/** Headings in the list of commands, in order. */
export const groups = ['Train and compare', 'Understand and check', 'This machine'] as const;
export type Group = (typeof groups)[number];

/** A command whose types no longer matter. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly group: Group | undefined;
  readonly examples: readonly string[];
  readonly arguments: Arguments;
  readonly options: Options;
  readonly output: (zod: Zod) => z.ZodObject;
  readonly run: (input: Body, context: Context) => Promise<Outcome>;
}

export function defineCommand<
  const A extends Arguments = Record<never, string>,
  O extends Options = Record<never, never>,
  S extends z.ZodObject = z.ZodObject,
>(definition: CommandDefinition<A, O, S>): Command {
  const { name, summary, group, examples = [], output, run } = definition;
  const options: Options = definition.options ?? {};
  return {
    name,
    summary,
    group,
    examples,
    arguments: definition.arguments ?? {},
    options,
    output,
    async run(input, context) {
      try {
        return await run(input as Input<A, O>, context);
      } catch (error) {
        throw error instanceof UsageError ? inOptions(error, options) : error;
      }
    },
  };
}

/** A message of the library about an option, `trainImages needs …`, in the words of the command line. */
function inOptions(error: UsageError, options: Options): UsageError {
  const { option, message } = error;
  if (option === undefined || !Object.hasOwn(options, option) || !message.startsWith(option)) return error;
  return new UsageError(optionName(option) + message.slice(option.length), { cause: error });
}
