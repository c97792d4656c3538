#!/usr/bin/env node
/** @file The command line. Results go to stdout, everything else to stderr. */
import { CommanderError } from 'commander';
import { DataError, OcellusError } from '../errors.ts';
import type { Body } from './command.ts';
import { commands } from './commands.ts';
import { type Context, createContext, Interruption } from './context.ts';
import { document, printDocument } from './json.ts';
import { type GlobalOptions, globalOptions, type Options } from './options.ts';
import { type Parsed, parseCommandLine } from './parse.ts';
import { version } from './version.ts';

async function main(words: readonly string[]): Promise<void> {
  leaveQuietlyWhenNobodyReads(process);
  const parsed = parseCommandLine(words, commands, version());
  const name = parsed.command?.name ?? null;
  let context = contextOf(parsed.globals);
  try {
    if (parsed.failure !== undefined) throw parsed.failure;
    const configured = await configuration(parsed);
    context = contextOf({ ...configured.globals, ...parsed.globals });
    const command = parsed.command!;
    const options = { ...standards(command.options), ...configured.options, ...parsed.options };
    const { exitCode = 0, body, text } = await command.run({ ...options, ...parsed.arguments }, context);
    process.exitCode = exitCode;
    context.stdout.write(
      context.json ? printDocument(document(name, exitCode, body)) : `${text(context.colors.stdout).trimEnd()}\n`,
    );
  } catch (error) {
    report(explainedFault(error), name, context);
  }
}

const standards = (options: Options): Body =>
  Object.fromEntries(Object.entries(options).map(([key, option]) => [key, option.default]));

const contextOf = (given: Body): Context => createContext({ ...standards(globalOptions), ...given } as GlobalOptions);

/** What `--config` says about everything, and about this command. */
async function configuration({ globals, command }: Parsed): Promise<{ globals: Body; options: Body }> {
  const { config } = globals as Partial<GlobalOptions>;
  if (config === undefined) return { globals: {}, options: {} };
  const { readConfig } = await import('./config.ts');
  const read = await readConfig(config, commands);
  return { globals: read.globals, options: read.commands[command!.name] ?? {} };
}

/** What the system says of reading a file that nothing else is said of: a part of the program itself, as a rule. */
function explainedFault(error: unknown): unknown {
  const { syscall = '' } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  if (!(error instanceof Error) || !['open', 'read', 'fstat', 'close'].includes(syscall)) return error;
  const { message, path = 'A file that Ocellus needs' } = error as NodeJS.ErrnoException;
  return new DataError(`${path} cannot be read: ${message}. Check the disk, and start again.`, { cause: error });
}

/** Prints an error and sets the exit code: expected ones as their message alone, others with their stack. */
function report(error: unknown, command: string | null, { json, stdout, stderr }: Context): void {
  // Help, or the version: printed already.
  if (error instanceof CommanderError) return;
  const isExpected = error instanceof OcellusError || error instanceof Interruption;
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const exitCode = isExpected ? error.exitCode : 1;
  process.exitCode = exitCode;
  stderr.write(`${isExpected ? message : (stack ?? message)}\n`);
  if (json) stdout.write(printDocument(document(command, exitCode, { error: { name, message } })));
}

/** `ocellus … | head -1` is no error; a full disk is one. */
function leaveQuietlyWhenNobodyReads({ stdout, stderr }: Pick<Context, 'stdout' | 'stderr'>): void {
  stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit();
    stderr.write(`The results cannot be written to stdout (${message}). Make room, or write elsewhere.\n`);
    process.exit(3);
  });
  stderr.on('error', () => {});
}

await main(process.argv.slice(2));
