/**
 * @file `--config`: options from a file. It is JSON or YAML, with the global options' names as keys, and under a command's
 * name those of that command, as in `{ "quiet": true, "train": { "epochs": 3 } }`.
 *
 * What may stand there follows from the commands' own records. Files are named, never found: a command line does the same
 * in every folder.
 */
import { UsageError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import type { Body, Command } from './command.ts';
import { globalOptions, type Option, type Options } from './options.ts';
import { readStructured } from './structured-file.ts';

const { config: _, ...configurableGlobals } = globalOptions;

/** Values of options, read and checked. */
export interface Config {
  readonly globals: Body;
  /** By command. */
  readonly commands: Readonly<Record<string, Body>>;
}

/** @throws DataError for a file that cannot be read; UsageError, with the key's path, for what may not stand there */
export async function readConfig(file: string, commands: readonly Command[]): Promise<Config> {
  return checkConfig(await readStructured(file), file, commands);
}

/** @throws UsageError */
export function checkConfig(content: unknown, file: string, commands: readonly Command[]): Config {
  const whole = section(content, file, 'options by name, and those of commands under the command’s name');
  const sections = commands.filter(({ options }) => Object.keys(options).length > 0);
  const known = [...Object.keys(configurableGlobals), ...sections.map(({ name }) => name)];
  for (const key of Object.keys(whole)) requireKnown(key, known, file, 'option or command');
  const globals = readOptions(whole, configurableGlobals, `${file}: `);
  const read = sections.flatMap(({ name, options }): [string, Body][] => {
    if (!Object.hasOwn(whole, name)) return [];
    const place = `${file}: ${name}`;
    const given = section(whole[name], place, `options of ${name} by name`);
    return [[name, readSection(given, options, place, `${place}.`)]];
  });
  return { globals, commands: Object.fromEntries(read) };
}

/** One command's options, all of them known. @throws UsageError */
export function readSection(given: Body, options: Options, place: string, prefix: string, others: string[] = []): Body {
  for (const key of Object.keys(given)) requireKnown(key, [...others, ...Object.keys(options)], place, 'option');
  return readOptions(given, options, prefix);
}

/** @throws UsageError unless the value has keys */
export function section(value: unknown, place: string, needs: string): Body {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Body;
  throw new UsageError(`${place} needs ${needs}, but is ${printed(value)}.`);
}

function requireKnown(key: string, known: readonly string[], place: string, noun: string): void {
  if (known.includes(key)) return;
  throw new UsageError(
    `${place} has an unknown ${noun} "${key}"${didYouMean(key, known)} Known are ${known.join(', ')}.`,
  );
}

/** The options that are given. */
function readOptions(given: Body, options: Options, prefix: string): Body {
  const keys = Object.keys(options).filter((key) => Object.hasOwn(given, key));
  return Object.fromEntries(keys.map((key) => [key, readOption(given[key], options[key]!, prefix + key)]));
}

function readOption(value: unknown, { value: placeholder, type, parse }: Option<unknown>, name: string): unknown {
  const fail = (needs: string): never => {
    throw new UsageError(`${name} needs ${needs}, but is ${printed(value)}.`);
  };
  if (placeholder === undefined) return typeof value === 'boolean' ? value : fail('true or false');
  if (type !== undefined && typeof value !== type) fail(type === 'number' ? 'a number' : 'a text');
  if (type === undefined && !isWords(value)) fail('a number, a text or a list of them');
  // A list of one is a list.
  const text = Array.isArray(value) && value.length === 1 ? `${value[0]},` : String(value);
  return parse ? parse(text, name) : value;
}

const isWord = (value: unknown): boolean => typeof value === 'number' || typeof value === 'string';
const isWords = (value: unknown): boolean => (Array.isArray(value) ? value.every(isWord) : isWord(value));

/** As much of a value as a message has room for. */
export function printed(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
