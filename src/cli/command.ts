/**
 * @file What a command is: one record from which its help, its parsing, the types of its options and its `--json` follow.
 *
 * A command computes an `Outcome` and prints nothing to stdout itself, so that none can forget `--json`.
 */
import { Argument as CommanderArgument, type Command as CommanderCommand, Option as CommanderOption } from 'commander';
import type { Colors, Context } from './context.ts';
import { usageErrorOf } from './usage.ts';

/** One option; its name is its key in the command's record, `trainImages` for `--train-images`. */
export interface Option<T> {
  /** Placeholder of its value, `COUNT`; a switch has none. */
  readonly value?: string;
  readonly description: string;
  readonly default: T;
  /** Reads the value; `name` is the option as it is typed. @throws UsageError */
  readonly parse?: (text: string, name: string) => T;
}

type Options = Readonly<Record<string, Option<unknown>>>;

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
    };
type Arguments = Readonly<Record<string, Argument>>;
type Word<A> = A extends { readonly choices: infer C } ? Extract<keyof C, string> : string;
type ArgumentValue<A> = A extends { readonly variadic: true }
  ? readonly Word<A>[]
  : A extends { readonly optional: true }
    ? Word<A> | undefined
    : Word<A>;
type Input<A extends Arguments, O extends Options> = { readonly [name in keyof A]: ArgumentValue<A[name]> } & {
  readonly [name in keyof O]: O[name] extends Option<infer T> ? T : never;
};

export interface Outcome {
  /** 0 where it is left out. */
  readonly exitCode?: number;
  /** What `--json` prints, beside what every document has. */
  readonly body: Readonly<Record<string, unknown>>;
  /** What is printed without `--json`. */
  readonly text: (colors: Colors) => string;
}

export interface CommandDefinition<A extends Arguments, O extends Options> {
  readonly name: string;
  /** One line, as in the list of commands. */
  readonly summary: string;
  /** Command lines, without the program's name. */
  readonly examples?: readonly string[];
  /** In order, by name; what may be left out or takes several words stands last. */
  readonly arguments?: A;
  readonly options?: O;
  readonly run: (input: Input<A, O>, context: Context) => Outcome | Promise<Outcome>;
}

export type Run = (context: Context) => Outcome | Promise<Outcome>;

export interface Command {
  /** Adds the command to the program; when it is called, `chosen` gets what would run. */
  readonly register: (program: CommanderCommand, chosen: (run: Run) => void) => void;
}

export function defineCommand<
  const A extends Arguments = Record<never, string>,
  O extends Options = Record<never, never>,
>(definition: CommandDefinition<A, O>): Command {
  const { name, summary, examples = [], run } = definition;
  const names = Object.keys(definition.arguments ?? {});
  // Left out of the parser's defaults, which the help would print.
  const switches = Object.entries(definition.options ?? {}).filter(([, option]) => option.default === false);
  const switchedOff = Object.fromEntries(switches.map(([key]) => [key, false]));
  return {
    register(program, chosen) {
      const command = program.command(name).description(summary);
      for (const [key, argument] of Object.entries<Argument>(definition.arguments ?? {})) {
        command.addArgument(commanderArgument(key, argument));
      }
      for (const [key, option] of Object.entries(definition.options ?? {}))
        command.addOption(commanderOption(key, option));
      if (examples.length > 0) {
        command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  ocellus ${line}\n`).join('')}`);
      }
      command.exitOverride((error) => {
        throw usageErrorOf(error, command);
      });
      command.action((...parameters: unknown[]) => {
        const given = Object.fromEntries(names.map((argument, place) => [argument, parameters[place]]));
        const input = { ...switchedOff, ...given, ...command.opts() } as Input<A, O>;
        chosen((context) => run(input, context));
      });
    },
  };
}

function commanderArgument(name: string, argument: Argument): CommanderArgument {
  if (typeof argument === 'string') return new CommanderArgument(`<${name}>`, argument);
  const { description, optional, variadic, choices } = argument;
  const spelled = variadic ? `${name}...` : name;
  const made = new CommanderArgument(optional ? `[${spelled}]` : `<${spelled}>`, description);
  return choices ? made.choices(Object.keys(choices)) : made;
}

function commanderOption(
  key: string,
  { value, description, default: standard, parse }: Option<unknown>,
): CommanderOption {
  const name = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const option = new CommanderOption(value === undefined ? name : `${name} <${value}>`, description);
  if (standard !== undefined && standard !== false) option.default(standard, String(standard));
  return parse ? option.argParser((text) => parse(text, name)) : option;
}
