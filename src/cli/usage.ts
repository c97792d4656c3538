/** @file What the command line's parser complains about, as messages in the form of all others. */
import type { Command, CommanderError } from 'commander';
import { UsageError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { didYouMean } from '../nearest.ts';

/** The parser's error for `command` as one of ours; what only ends the program (help, version) comes back unchanged. */
export function usageErrorOf(error: CommanderError, command: Command): Error {
  const path = command.parent ? `${command.parent.name()} ${command.name()}` : command.name();
  const help = `See ${path} --help.`;
  const named = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  if (error.exitCode === 0) return error;
  switch (error.code) {
    case 'commander.help':
      return new UsageError(`${path} needs a command.\n\n${command.helpInformation().trimEnd()}`);
    case 'commander.unknownCommand':
      return unknownCommand(named, command);
    case 'commander.unknownOption':
      return unknownOption(named, path, command, help);
    case 'commander.missingArgument': {
      const choices = command.registeredArguments.find((argument) => argument.name() === named)?.argChoices;
      const needs = named.toUpperCase() + (choices ? `, one of ${choices.join(', ')}` : '');
      return new UsageError(`${path} needs ${needs}, but gets nothing for it. ${help}`);
    }
    case 'commander.optionMissingArgument':
      return new UsageError(`${path}: ${named} needs a value, but gets none. ${help}`);
    case 'commander.excessArguments': {
      const needs = formatCount(command.registeredArguments.length, 'argument');
      const remedy = command.args.includes('+')
        ? `Put the notation in quotes: "${command.args.join(' ')}".`
        : `${help}`;
      return new UsageError(
        `${path} takes ${needs}, but gets ${command.args.length}: ${command.args.join(' ')}. ${remedy}`,
      );
    }
    default:
      return new UsageError(`${error.message.replace(/^error: /, '')} ${help}`);
  }
}

export function unknownCommand(named: string, program: Command): UsageError {
  const visible = program.createHelp().visibleCommands(program);
  const known = visible.map((command) => command.name());
  return new UsageError(`There is no command "${named}"${didYouMean(named, known)} There are ${known.join(', ')}.`);
}

function unknownOption(named: string, path: string, command: Command, help: string): UsageError {
  const known = [command, ...(command.parent ? [command.parent] : [])]
    .flatMap(({ options }) => options.filter(({ hidden }) => !hidden).map(({ long }) => long ?? ''))
    .concat('--help');
  const owners = command.commands
    .filter(({ options }) => options.some(({ long, hidden }) => long === named && !hidden))
    .map((owner) => owner.name());
  if (owners.length > 0) {
    return new UsageError(`${named} is an option of ${owners.join(', ')}, and stands after the command. ${help}`);
  }
  return new UsageError(`${path} has no option "${named}"${didYouMean(named, known)} ${help}`);
}
