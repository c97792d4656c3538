/** @file What `--help` says beside the lists of commands, arguments and options. */

import { catalogue } from '../data/catalogue.ts';
import type { Argument, Arguments, Command } from './command.ts';
import { networkHelp, optimizerHelp } from './notation-help.ts';

const exitCodes: readonly (readonly [number, string])[] = [
  [0, 'done'],
  [1, 'failed: a check did not pass, or Ocellus has a defect'],
  [2, 'usage: a word that is not understood, or a size that does not fit'],
  [3, 'data: a file is missing, damaged, or cannot be written'],
  [4, 'partly done: the rest failed, and is named'],
  [5, 'engine: this machine cannot do it, or numbers are no longer finite'],
  [130, 'interrupted by Ctrl-C'],
  [143, 'interrupted by SIGTERM'],
];

const environment: readonly (readonly [string, string])[] = [
  ['NO_COLOR', 'any value: no colors'],
  ['FORCE_COLOR', '1: colors though stdout is no terminal; 0: none'],
  ['OCELLUS_OFFLINE', 'any value but 0: no downloads, as with --offline'],
  ['OCELLUS_CACHE', 'the folder that keeps downloads and compiled programs'],
  ['OCELLUS_MIRROR', 'a folder on the web with all data sets, instead'],
];

/** Below the lists of `ocellus --help`. */
export function programHelp(commands: readonly Command[]): string {
  const examples = commands.flatMap(({ group, examples: [first] }) => (group && first !== undefined ? [first] : []));
  return [
    `${exampleHelp(examples)}\n  In a checkout, npm run -s ocellus -- stands for ocellus.`,
    networkHelp(),
    optimizerHelp(),
    `Data sets (--data):\n  ${catalogue.map(({ name }) => name).join(', ')}; or a folder, ./FOLDER`,
    configurationHelp,
    `Exit codes:\n${aligned(exitCodes)}`,
    `Environment variables:\n${aligned(environment)}`,
  ].join('\n\n');
}

export function exampleHelp(examples: readonly string[]): string {
  return examples.length === 0 ? '' : `Examples:\n${examples.map((line) => `  ocellus ${line}`).join('\n')}`;
}

/** What the arguments of a command have to say for themselves. */
export function argumentHelp(parameters: Arguments): string[] {
  return Object.entries(parameters).flatMap(([key, argument]) =>
    typeof argument === 'string' ? [] : [...choicesHelp(key, argument), ...(argument.help ? [argument.help()] : [])],
  );
}

function choicesHelp(key: string, { choices }: Exclude<Argument, string>): string[] {
  return choices ? [`${key.toUpperCase()}:\n${aligned(Object.entries(choices))}`] : [];
}

const configurationHelp = [
  'Configuration (--config FILE):',
  '  JSON or YAML, with the long options as keys in camelCase, and those of a',
  '  command under its name:',
  '    quiet: true',
  '    train: { epochs: 3, trainImages: 5000, optimizer: adam(0.002) }',
  '  Options on the command line win; --no-OPTION undoes a switch. Paths',
  '  in it start from the working folder.',
].join('\n');

function aligned(rows: readonly (readonly [string | number, string])[]): string {
  const width = Math.max(...rows.map(([term]) => String(term).length));
  return rows.map(([term, meaning]) => `  ${String(term).padEnd(width)}  ${meaning}`).join('\n');
}
