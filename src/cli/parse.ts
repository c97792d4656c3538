/** @file The words of a command line, read by commander: which command, with which arguments and options. */
import { Argument as CommanderArgument, Command as CommanderCommand, Option as CommanderOption } from 'commander';
import { type Argument, type Body, type Command, groups } from './command.ts';
import { argumentHelp, exampleHelp, programHelp } from './help.ts';
import { globalOptions, type Option, type Options, optionName, parseChoice } from './options.ts';
import { unknownCommand, usageErrorOf } from './usage.ts';

export interface Parsed {
  /** The command that was named, though the rest was refused; null where none was. */
  readonly command: Command | null;
  readonly arguments: Body;
  /** Options that were typed, by key. */
  readonly options: Body;
  /** Global options that were typed, as far as the words were understood. */
  readonly globals: Body;
  /** What was refused, or CommanderError for help and the version, which are printed already. */
  readonly failure: unknown;
}

export function parseCommandLine(words: readonly string[], commands: readonly Command[], version: string): Parsed {
  const parsed: { -readonly [key in keyof Parsed]: Parsed[key] } = {
    command: null,
    arguments: {},
    options: {},
    globals: {},
    failure: undefined,
  };
  const program = createProgram(version);
  for (const command of commands) {
    addCommand(program, command, (given, options) => {
      parsed.arguments = given;
      parsed.options = options;
    });
  }
  addHelpCommand(program);
  program.addHelpText('after', `\n${programHelp(commands)}`);
  program.hook('preSubcommand', (_, subcommand) => {
    parsed.command = commands.find(({ name }) => name === subcommand.name()) ?? null;
  });
  try {
    program.parse(words, { from: 'user' });
  } catch (error) {
    parsed.failure = error;
  }
  parsed.globals = typed(program, globalOptions);
  return parsed;
}

function createProgram(version: string): CommanderCommand {
  const program = new CommanderCommand('ocellus')
    .usage('COMMAND [options]')
    .description('Small CNNs whose layers are formulas: train, compare, explain.')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    // Messages are printed by the program.
    .configureOutput({ writeErr: () => {} });
  addOptions(program, globalOptions);
  program.helpOption('-h, --help', 'print help').version(version, '--version', 'print the version');
  program.exitOverride((error) => {
    throw usageErrorOf(error, program);
  });
  return program;
}

function addCommand(
  program: CommanderCommand,
  { name, summary, group, examples, arguments: parameters, options }: Command,
  chosen: (given: Body, options: Body) => void,
): void {
  const command = program.command(name, { hidden: group === undefined }).description(summary);
  if (group !== undefined) command.helpGroup(`${group}:`);
  for (const [key, argument] of Object.entries(parameters)) command.addArgument(commanderArgument(key, argument));
  addOptions(command, options);
  command.addHelpText('after', `\n${[exampleHelp(examples), ...argumentHelp(parameters)].join('\n\n')}`.trimEnd());
  command.exitOverride((error) => {
    throw usageErrorOf(error, command);
  });
  command.action((...words: unknown[]) => {
    const given = Object.keys(parameters).map((key, place) => [key, words[place]]);
    chosen(Object.fromEntries(given), typed(command, options));
  });
}

/** `ocellus help COMMAND`; commander's own does not say which command it does not know. */
function addHelpCommand(program: CommanderCommand): void {
  const help = program.command('help').argument('[command]').description('print help for a command');
  help.helpGroup(`${groups.at(-1)}:`).action((name: string | undefined) => {
    const wanted = name === undefined ? program : program.commands.find((command) => command.name() === name);
    if (wanted) wanted.help();
    throw unknownCommand(name!, program);
  });
}

function commanderArgument(key: string, argument: Argument): CommanderArgument {
  const { description, optional, variadic, choices } =
    typeof argument === 'string' ? ({ description: argument } as Exclude<Argument, string>) : argument;
  const name = key + (variadic ? '...' : '');
  const made = new CommanderArgument(optional ? `[${name}]` : `<${name}>`, description);
  if (!choices) return made;
  const known = Object.keys(choices);
  const read = (word: string): string => parseChoice(word, key.toUpperCase(), known);
  return made
    .choices(known)
    .argParser<string | string[]>((word, before) => (variadic ? [...(before ?? []), read(word)] : read(word)));
}

function addOptions(command: CommanderCommand, options: Options): void {
  for (const [key, option] of Object.entries(options)) {
    const { value, short } = option;
    const name = optionName(key);
    if (value !== undefined) {
      command.addOption(valueOption(name, option));
      continue;
    }
    // Either form of a switch is taken, so that a command line can undo what a configuration file says.
    const [on, off] = [name, name.replace('--', '--no-')].map((flag, isOff) => {
      const isStandard = option.default === (isOff === 1);
      const flags = short !== undefined && !isOff ? `-${short}, ${flag}` : flag;
      return new CommanderOption(flags, option.description).hideHelp(!isStandard);
    });
    command.addOption(on!).addOption(off!);
  }
}

function valueOption(name: string, { value, description, default: standard, parse }: Option<unknown>): CommanderOption {
  const option = new CommanderOption(`${name} <${value}>`, description);
  if (standard !== undefined) option.default(standard, String(standard));
  return parse ? option.argParser((text) => parse(text, name)) : option;
}

/** The options that stand on the command line, by key. */
function typed(command: CommanderCommand, options: Options): Body {
  const keys = Object.keys(options).filter((key) => command.getOptionValueSource(key) === 'cli');
  return Object.fromEntries(keys.map((key) => [key, command.getOptionValue(key)]));
}
