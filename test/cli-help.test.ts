/** @file What a person learns from `--help`, and from messages about mistyped words. */
import { describe, expect, it } from 'vitest';
import { commands } from '../src/cli/commands.ts';
import { layerFactories } from '../src/layers/factories.ts';
import { optimizerFactories } from '../src/optimizers/index.ts';
import { runCli } from './run-cli.ts';

const listed = commands.filter(({ group }) => group !== undefined);

async function helpOf(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describe('ocellus --help', () => {
  it('has every command under its heading, with an example', async () => {
    const help = await helpOf('--help');
    for (const { name, group, examples } of listed) {
      const part = help.split('\n\n').find((paragraph) => paragraph.startsWith(`${group}:\n`));
      expect(part).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
      expect(help).toContain(`\n  ocellus ${examples[0]}\n`);
    }
    expect(help).not.toMatch(/^ {2}complete /m);
  });

  it('explains the notation with every layer and optimizer, and all their options', async () => {
    const help = await helpOf('--help');
    expect(help).toContain('\n    conv(filters=8, kernelSize=3, stride=1, padding=same)\n');
    expect(help).toContain('\n    pool(poolSize=2, stride=0)\n');
    expect(help).toContain('\n    sgd(learningRate=0.01, momentum=0)\n');
    for (const { definition } of [...layerFactories, ...optimizerFactories]) {
      const name = 'notation' in definition ? (definition.notation ?? definition.kind) : definition.kind;
      expect(help).toMatch(new RegExp(`^    ${name}(\\(${Object.keys(definition.options)[0]}=.*\\))?$`, 'm'));
    }
  });

  it('has data sets, exit codes, environment variables, and lines no longer than a terminal’s', async () => {
    const help = await helpOf('--help');
    expect(help).toContain('\nData sets (--data):\n  mnist, fashion-mnist,');
    for (const code of [0, 1, 2, 3, 4, 5, 130, 143]) expect(help).toMatch(new RegExp(`^  ${code} +[a-z]`, 'm'));
    expect(help).toMatch(/^ {2}NO_COLOR /m);
    const long = help.split('\n').filter((line) => line.length > 80 && !line.startsWith('  ocellus '));
    expect(long).toEqual([]);
  });
});

it('tells the version', async () => {
  expect(await helpOf('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
});

describe('the help of a command', () => {
  it.each(listed.map(({ name }) => name))(
    '%s is the same by help and --help, with examples and options',
    async (name) => {
      const { examples, options } = commands.find((command) => command.name === name)!;
      const help = await helpOf('help', name);
      expect(await helpOf(name, '--help')).toBe(help);
      for (const example of examples) expect(help).toContain(`\n  ocellus ${example}\n`);
      for (const { description } of Object.values(options)) {
        expect(help.replace(/\s+/g, ' ')).toContain(description.replace(/\s+/g, ' '));
      }
    },
  );

  it('explains the notation where a network is wanted', async () => {
    expect(await helpOf('describe', '--help')).toContain('    conv(filters=8, ');
    expect(await helpOf('doctor', '--help')).not.toContain('    conv(filters=8, ');
  });
});

describe('a mistyped word', () => {
  it.each<[string, string[], string]>([
    ['command', ['evalute', 'x'], 'There is no command "evalute"; did you mean evaluate? There are notebook, compare,'],
    ['command after help', ['help', 'trian'], 'There is no command "trian"; did you mean train? There are notebook,'],
    ['option', ['train', 'conv', '--optimiser', 'sgd'], '"--optimiser"; did you mean --optimizer? See ocellus train'],
    ['option of several words', ['train', 'conv', '--train-image', '3'], 'did you mean --train-images?'],
    ['global option', ['doctor', '--jsn'], 'ocellus doctor has no option "--jsn"; did you mean --json?'],
    [
      'global option before the command',
      ['--quite', 'doctor'],
      'ocellus has no option "--quite"; did you mean --quiet?',
    ],
    [
      'engine',
      ['train', 'conv', '--engine', 'reverence'],
      '--engine needs auto or wasm or native or reference, but gets "reverence"; did',
    ],
    ['part', ['evaluate', 'x', '--part', 'tests'], '--part needs test or train, but gets "tests"; did you mean test?'],
    ['layer', ['gradcheck', 'sharedconv'], 'There is no layer "sharedconv"; did you mean sharedConv? There are'],
    [
      'option of a layer',
      ['gradcheck', 'pool(poolsize=2)'],
      'pool has no option "poolsize"; did you mean poolSize? It',
    ],
    [
      'optimizer',
      ['train', 'conv', '--optimizer', 'adagard'],
      'There is no optimizer "adagard"; did you mean adagrad?',
    ],
    ['option of an optimizer', ['train', 'conv', '--optimizer', 'sgd(momentun=0.9)'], 'did you mean momentum?'],
    ['data set', ['train', 'conv', '--data', 'fashon-mnist'], '"fashon-mnist"; did you mean fashion-mnist?'],
    ['shell', ['completion', 'bush'], 'SHELL needs bash or zsh or fish, but gets "bush"; did you mean bash?'],
    ['schema', ['schema', 'confg'], 'There is no schema "confg"; did you mean config? There are notebook, compare,'],
  ])('%s', async (_, words, message) => {
    const { code, stdout, stderr } = await runCli(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('that is like none gets the list alone', async () => {
    expect((await runCli(['xyzzy'])).stderr).toMatch(
      /^There is no command "xyzzy"\. There are notebook, .*completion, help\.\n$/,
    );
  });

  it('an option before its command is told where it stands', async () => {
    expect((await runCli(['--epochs', '3', 'train', 'conv'])).stderr).toBe(
      '--epochs is an option of compare, train, and stands after the command. See ocellus --help.\n',
    );
  });

  it('an argument with a few values names them when it is missing', async () => {
    expect((await runCli(['completion'])).stderr).toBe(
      'ocellus completion needs SHELL, one of bash, zsh, fish, but gets nothing for it. See ocellus completion --help.\n',
    );
  });
});
