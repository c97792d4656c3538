/**
 * @file The notation of records with options, `conv(filters=16, padding=valid) + relu`: read and printed for layers and
 * for optimisers alike, from nothing but their definitions.
 *
 *   calls = [ call { "+" call } ]
 *   call  = word [ "(" [ value { "," value } ] ")" ]
 *   value = [ word "=" ] ( number | word )        values without names come first, in the order of the options
 */
import { UsageError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { formulaError } from '../formula/parse.ts';
import { didYouMean } from '../nearest.ts';
import type { Option } from './layer.ts';

/** What a word in the notation stands for. */
export interface Callable {
  readonly kind: string;
  /** Its name in the notation, where that is not `kind`; both are read. */
  readonly notation?: string;
  readonly options: Readonly<Record<string, Option<unknown>>>;
}

/** One call, with the options that were written. */
export interface Call<C extends Callable> {
  readonly definition: C;
  readonly options: Readonly<Record<string, unknown>>;
}

export const notationName = ({ kind, notation }: Callable): string => notation ?? kind;

/** A call with the options that differ from their defaults. */
export function printCall(definition: Callable, record: Readonly<Record<string, unknown>>): string {
  const written = Object.entries(definition.options)
    .map(([name, option]) => ({ name, standard: option.default, value: record[name] ?? option.default }))
    .filter(({ standard, value }) => value !== standard)
    .map(({ name, value }) => `${name}=${value}`);
  return notationName(definition) + (written.length > 0 ? `(${written.join(', ')})` : '');
}

interface Token {
  readonly text: string;
  readonly kind: 'word' | 'number' | 'sign' | 'end';
  readonly at: number;
}

/**
 * Reads calls joined by `+`.
 * @param noun what a call is, for messages: `layer`
 * @param shown the text to show in errors, where it is another of the same length
 * @throws UsageError with the text and a caret
 */
export function parseCalls<C extends Callable>(
  text: string,
  noun: string,
  definitions: readonly C[],
  shown = text,
): Call<C>[] {
  requireReadable(text, `The notation of ${noun}s`);
  const tokens = tokenize(text, shown);
  let place = 0;
  const peek = (): Token => tokens[place]!;
  const fail = (message: string, at = peek().at): never => {
    throw callError(shown, at, message);
  };
  const accept = (sign: string): boolean => {
    if (peek().kind !== 'sign' || peek().text !== sign) return false;
    place++;
    return true;
  };
  const needs = (what: string): never =>
    fail(`The notation needs ${what} here, but has ${peek().kind === 'end' ? 'the end' : `"${peek().text}"`}.`);

  function call(): Call<C> {
    if (peek().kind !== 'word') needs(`a${/^[aeiou]/.test(noun) ? 'n' : ''} ${noun}`);
    const { text: word } = peek();
    const definition = definitions.find(({ kind, notation }) => word === notation || word === kind);
    if (!definition) {
      const known = definitions.map(notationName);
      const words = [...known, ...definitions.map(({ kind }) => kind)];
      return fail(`There is no ${noun} "${shorten(word)}"${didYouMean(word, words)} There are ${known.join(', ')}.`);
    }
    place++;
    return { definition, options: accept('(') ? values(notationName(definition), definition.options) : {} };
  }

  function values(owner: string, options: Callable['options']): Record<string, unknown> {
    const known = Object.keys(options);
    const list = known.length > 0 ? `It has ${known.join(', ')}.` : 'It has none.';
    const given: Record<string, unknown> = {};
    let named = false;
    if (accept(')')) return given;
    do {
      const first = peek();
      let name = known[Object.keys(given).length];
      if (first.kind === 'word' && tokens[place + 1]!.text === '=') {
        named = true;
        place += 2;
        name = first.text;
        if (!Object.hasOwn(options, name)) {
          fail(`${owner} has no option "${shorten(name)}"${didYouMean(name, known)} ${list}`, first.at);
        }
        if (Object.hasOwn(given, name)) fail(`${owner} has ${name} twice.`, first.at);
      }
      if (peek().kind === 'sign' || peek().kind === 'end') needs('a value');
      if (named && peek() === first) fail('A value without a name cannot follow one with a name: write name=value.');
      if (name === undefined) return fail(`${owner} has no more options than ${known.length}. ${list}`);
      const option = options[name]!;
      const value = literalOf(peek(), typeof option.default);
      if (!option.accepts(value)) fail(`${owner}: ${name} needs ${option.needs}, but is ${shorten(peek().text)}.`);
      given[name] = value;
      place++;
    } while (accept(','));
    if (!accept(')')) needs('"," or ")"');
    return given;
  }

  const calls: Call<C>[] = [];
  if (peek().kind === 'end') return calls;
  do calls.push(call());
  while (accept('+'));
  if (peek().kind !== 'end') needs('"+" or the end');
  return calls;
}

/** Far more than anybody writes, and little enough for any message. @throws UsageError */
export function requireReadable(text: string, subject: string): void {
  if (text.length <= mostCharacters) return;
  const [most, given] = [formatCount(mostCharacters, 'character'), formatCount(text.length)];
  throw new UsageError(`${subject} needs at most ${most}, but has ${given}. Write a shorter one.`);
}

const mostCharacters = 10_000;

/** A UsageError with the text and a caret under the place `at`. */
export function callError(text: string, at: number, message: string): Error {
  // A line break or a tab would take the caret away from its place.
  return formulaError(text.replace(/\s/g, ' '), at, message);
}

function literalOf({ kind, text }: Token, type: string): unknown {
  if (kind === 'number') return Number(text);
  return type === 'boolean' && (text === 'true' || text === 'false') ? text === 'true' : text;
}

const shorten = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

const barRule =
  'Alternatives are single words or numbers, such as conv(filters=8|16) or relu|tanh, and for compare alone.';

function tokenize(text: string, shown: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(?:(\p{L}[\p{L}\p{N}_-]*)|(-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)|([+(),=])|(\S))/iuy;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const [, word, digits, sign, other] = match;
    const found = (word ?? digits ?? sign ?? other)!;
    const at = pattern.lastIndex - found.length;
    if (other !== undefined)
      throw callError(shown, at, `The notation cannot contain "${other}"${other === '|' ? ` here. ${barRule}` : '.'}`);
    tokens.push({ kind: word ? 'word' : digits ? 'number' : 'sign', text: found, at });
  }
  tokens.push({ kind: 'end', text: '', at: text.trimEnd().length });
  return tokens;
}
