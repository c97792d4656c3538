#!/usr/bin/env node
/**
 * @file The command line. Results go to stdout, everything else to stderr. A new command is a file beside this one and a
 * line in `commands`.
 */
import { createRequire } from 'node:module';
import { Command as CommanderCommand, CommanderError } from 'commander';
import { OcellusError } from '../errors.ts';
import type { Command, Run } from './command.ts';
import { type Context, createContext, Interruption } from './context.ts';
import { data } from './data.ts';
import { describe } from './describe.ts';
import { doctor } from './doctor.ts';
import { evaluate } from './evaluate.ts';
import { golden } from './golden.ts';
import { gradcheck } from './gradcheck.ts';
import { document, printDocument } from './json.ts';
import { notebook } from './notebook.ts';
import { train } from './train.ts';
import { usageErrorOf } from './usage.ts';

/** The one list of commands, in the order of the help. */
const commands: readonly Command[] = [notebook, train, evaluate, describe, gradcheck, golden, data, doctor];

async function main(words: readonly string[]): Promise<void> {
  let run: Run | undefined;
  let name: string | null = null;
  const program = createProgram((chosen) => {
    run = chosen;
  });
  program.hook('preSubcommand', (_, command) => {
    name = command.name();
  });
  let failure: unknown;
  try {
    program.parse(words, { from: 'user' });
  } catch (error) {
    failure = error;
  }
  // What the parser refuses comes after it has found the options that may stand anywhere.
  const context = createContext(program.opts());
  leaveQuietlyWhenNobodyReads(context);
  try {
    if (failure !== undefined) throw failure;
    const { exitCode = 0, body, text } = await run!(context);
    process.exitCode = exitCode;
    context.stdout.write(
      context.json ? printDocument(document(name, exitCode, body)) : `${text(context.colors.stdout).trimEnd()}\n`,
    );
  } catch (error) {
    report(error, name, context);
  }
}

function createProgram(chosen: (run: Run) => void): CommanderCommand {
  const program = new CommanderCommand('ocellus')
    .description('Small CNNs whose layers are formulas: train, compare, explain.')
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .option('--json', 'print one JSON document on stdout')
    .option('-q, --quiet', 'print no progress')
    .option('--no-color', 'print no colors; so does the environment variable NO_COLOR')
    .option('--offline', 'download nothing; so does the environment variable OCELLUS_OFFLINE')
    .configureHelp({ showGlobalOptions: true })
    // Messages are printed by `report`.
    .configureOutput({ writeErr: () => {} });
  program.exitOverride((error) => {
    throw usageErrorOf(error, program);
  });
  for (const command of commands) command.register(program, chosen);
  return program;
}

function version(): string {
  return createRequire(import.meta.url)('../../package.json').version;
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
function leaveQuietlyWhenNobodyReads({ stdout, stderr }: Context): void {
  stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit();
    stderr.write(`The results cannot be written to stdout (${message}). Make room, or write elsewhere.\n`);
    process.exit(3);
  });
  stderr.on('error', () => {});
}

await main(process.argv.slice(2));
