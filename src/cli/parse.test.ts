import { describe, expect, expectTypeOf, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { type Command, defineCommand } from './command.ts';
import { complete } from './completion.ts';
import { count, flag, text } from './options.ts';
import { type Parsed, parseCommandLine } from './parse.ts';

const library: Command = defineCommand({
  name: 'library',
  summary: 'do something with books',
  group: 'This machine',
  arguments: {
    action: { description: 'what to do', choices: { list: 'all of them', lend: 'those that are named' } },
    shelf: 'where',
    names: { description: 'which books', optional: true, variadic: true },
  },
  options: { days: count('how long', { standard: 14 }), note: text('text', 'a remark'), silent: flag('no words') },
  output: (zod) => zod.strictObject({ count: zod.number() }),
  run(input) {
    expectTypeOf(input).toEqualTypeOf<
      { readonly action: 'list' | 'lend'; readonly shelf: string; readonly names: readonly string[] } & {
        readonly days: number;
        readonly note: string | undefined;
        readonly silent: boolean;
      }
    >();
    return { body: { count: input.names.length }, text: () => '' };
  },
});

const one: Command = defineCommand({
  name: 'one',
  summary: 'take one word or none',
  arguments: { word: { description: 'a word', optional: true } },
  output: (zod) => zod.strictObject({ word: zod.string().nullable() }),
  // @ts-expect-error The body is what the schema says.
  run({ word }) {
    expectTypeOf(word).toEqualTypeOf<string | undefined>();
    return { body: { word: word ?? 0 }, text: () => '' };
  },
});

const some: Command = defineCommand({
  name: 'some',
  summary: 'take at least one word',
  arguments: { words: { description: 'words', variadic: true } },
  output: (zod) => zod.strictObject({ count: zod.number() }),
  // @ts-expect-error All that the schema says.
  run: ({ words }) => ({ body: { counted: words.length }, text: () => '' }),
});

const parse = (...words: string[]): Parsed => parseCommandLine(words, [library, one, some], '1.2.3');

describe('a command line', () => {
  it('has arguments that may be left out, or be many', () => {
    expect(parse('library', 'list', 'a')).toMatchObject({
      command: { name: 'library' },
      arguments: { action: 'list', shelf: 'a', names: [] },
      failure: undefined,
    });
    expect(parse('library', 'lend', 'a', 'b', 'c').arguments).toEqual({
      action: 'lend',
      shelf: 'a',
      names: ['b', 'c'],
    });
    expect(parse('one').arguments).toEqual({ word: undefined });
    expect(parse('some', 'x').arguments).toEqual({ words: ['x'] });
  });

  it('has only the options that are typed, read, wherever they stand', () => {
    const { options, globals } = parse('--json', 'library', '--days', '3', 'list', 'a', '--silent', '-q');
    expect({ options, globals }).toEqual({ options: { days: 3, silent: true }, globals: { json: true, quiet: true } });
    expect(parse('library', 'list', 'a', '--no-silent', '--no-color')).toMatchObject({
      options: { silent: false },
      globals: { color: false },
    });
    expect(parse('library', 'list', 'a')).toMatchObject({ options: {}, globals: {} });
  });

  it.each([
    [['library', 'lent', 'a'], 'ACTION needs list or lend, but gets "lent"; did you mean lend?'],
    [['library'], 'ocellus library needs ACTION, one of list, lend, but gets nothing for it.'],
    [['library', 'list'], 'ocellus library needs SHELF, but gets nothing for it.'],
    [['some'], 'ocellus some needs WORDS, but gets nothing for it.'],
    [['one', 'a', 'b'], 'ocellus one takes 1 argument, but gets 2: a b.'],
    [['library', 'list', 'a', '--days', 'x'], '--days needs a whole number, 0 or more, but gets "x".'],
  ])('%j is refused', (words, message) => {
    const { failure, globals } = parse(...words, '--json');
    expect(failure).toBeInstanceOf(UsageError);
    expect((failure as UsageError).message).toContain(message);
    expect(globals).toEqual({ json: true });
  });

  it('is completed in every place', () => {
    const told = (...words: string[]) => complete(words, [library, one, some]).words.map(({ word }) => word);
    expect(told('')).toEqual(['library', 'help']);
    expect(told('library', 'l')).toEqual(['list', 'lend']);
    expect(told('library', 'list', 'a', 'b', '--s')).toEqual(['--silent']);
  });
});

it('says what the library says about an option in the words of the command line', async () => {
  const failing = (option?: string): Command =>
    defineCommand({
      name: 'failing',
      summary: '',
      options: { trainImages: count('images', {}) },
      output: (zod) => zod.strictObject({}),
      run: () => {
        throw new UsageError('trainImages needs more.', option === undefined ? {} : { option });
      },
    });
  const run = (command: Command) => command.run({}, {} as never);
  await expect(run(failing('trainImages'))).rejects.toThrow(new UsageError('--train-images needs more.'));
  await expect(run(failing('batchSize'))).rejects.toThrow(new UsageError('trainImages needs more.'));
  await expect(run(failing())).rejects.toThrow(new UsageError('trainImages needs more.'));
});
