/**
 * @file What a command is: one record from which its help, its parsing, the types of its options and its `--json` follow.
 *
 * A command computes an `Outcome` and prints nothing to stdout itself, so that none can forget `--json`.
 */
import { type Command as CommanderCommand, Option as CommanderOption } from 'commander';
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
type Arguments = Readonly<Record<string, string | { readonly description: string; readonly variadic: true }>>;
type Input<A extends Arguments, O extends Options> = {
  readonly [name in keyof A]: A[name] extends string ? string : readonly string[];
} & {
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
  /** Descriptions of the arguments, by name; all are needed. */
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
  const A extends Arguments = Record<never, never>,
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
      for (const [argument, description] of Object.entries(definition.arguments ?? {})) {
        if (typeof description === 'string') command.argument(`<${argument}>`, description);
        else command.argument(`<${argument}...>`, description.description);
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

function commanderOption(
  key: string,
  { value, description, default: standard, parse }: Option<unknown>,
): CommanderOption {
  const name = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const option = new CommanderOption(value === undefined ? name : `${name} <${value}>`, description);
  if (standard !== undefined && standard !== false) option.default(standard, String(standard));
  return parse ? option.argParser((text) => parse(text, name)) : option;
}
