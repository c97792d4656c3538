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
    case 'commander.unknownCommand': {
      const known = command.commands.map((each) => each.name());
      return new UsageError(`There is no command "${named}"${didYouMean(named, known)} There are ${known.join(', ')}.`);
    }
    case 'commander.unknownOption': {
      const known = [command, ...(command.parent ? [command.parent] : [])]
        .flatMap(({ options }) => options.map(({ long }) => long ?? ''))
        .concat('--help');
      return new UsageError(`${path} has no option "${named}"${didYouMean(named, known)} ${help}`);
    }
    case 'commander.missingArgument':
      return new UsageError(`${path} needs ${named.toUpperCase()}, but gets nothing for it. ${help}`);
    case 'commander.invalidArgument': {
      const { argChoices: known = [] } = command.registeredArguments.find(({ argChoices }) => argChoices)!;
      const needed = `${known.slice(0, -1).join(', ')} or ${known.at(-1)}`;
      return new UsageError(`${path} needs ${needed}, but gets "${named}"${didYouMean(named, known)} ${help}`);
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
