/** @file Completion: by bash itself, and what every shell is told. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../src/cli/commands.ts';
import { complete } from '../src/cli/completion.ts';
import { program, runCli } from './run-cli.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-completion-'));
  await writeFile(join(folder, 'ocellus'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
    mode: 0o755,
  });
});

afterAll(() => rm(folder, { recursive: true }));

/** What bash offers: the script is loaded, and its function called as bash calls it at a Tab behind the last word. */
async function inBash(...words: string[]): Promise<string[]> {
  const script = `
    source <(ocellus completion bash)
    [[ $(complete -p ocellus) == 'complete -o default -F _ocellus ocellus' ]] || exit 9
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _ocellus ocellus
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', script, 'bash', 'ocellus', ...words], {
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
  });
  return stdout.trim().split('\n');
}

describe('bash offers', () => {
  it.each<[string, string[], string[]]>([
    ['commands', ['de'], ['describe']],
    ['commands after help', ['help', 'gr'], ['gradcheck']],
    ['options', ['train', 'conv', '--e'], ['--epochs', '--engine']],
    ['the value of an option', ['train', '--engine', 'r'], ['reference']],
    ['the value behind an equals sign, as bash cuts it', ['train', '--engine', '=', 'w'], ['wasm']],
    ['layers in an open quote', ['describe', '"conv + re'], ['conv + relu']],
    ['nothing where nothing fits', ['train', '--epochs', ''], ['']],
  ])('%s', async (_, words, offered) => {
    expect(await inBash(...words)).toEqual(offered);
  });
});

describe('every shell is told', () => {
  const told = (...words: string[]) => complete(words, commands).words.map(({ word }) => word);
  const filesFit = (...words: string[]) => complete(words, commands).files;

  it('every listed command, with what it does', () => {
    const listed = commands.filter(({ group }) => group !== undefined);
    expect(complete([''], commands).words).toEqual([
      ...listed.map(({ name, summary }) => ({ word: name, meaning: summary })),
      { word: 'help', meaning: 'print help for a command' },
    ]);
  });

  it('options of the command and of all commands, as they are typed', () => {
    expect(told('train', '--train')).toEqual(['--train-images']);
    expect(told('--')).toEqual(['--json', '--quiet', '--no-color', '--offline', '--config', '--help']);
    expect(told('gradcheck', 'conv', '')).toContain('--as-written');
  });

  it('choices, data sets, layers and optimizers', () => {
    expect(told('train', '--engine', '')).toEqual(['auto', 'wasm', 'native', 'reference']);
    expect(told('train', '--engine=')).toEqual([
      '--engine=auto',
      '--engine=wasm',
      '--engine=native',
      '--engine=reference',
    ]);
    expect(told('train', 'conv', '--data', 'm')).toEqual(['mnist']);
    expect(told('train', '--optimizer', 'a')).toEqual(['adagrad', 'adam']);
    expect(told('describe', 'sha')).toEqual(['sharedConv']);
    expect(told('describe', "'pool(3) + ta")).toEqual(['pool(3) + tanh']);
    expect(told('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(told('schema', 'co')).toEqual(['compare', 'completion', 'config']);
  });

  it('nothing about what only the person can know, or what is complete', () => {
    expect(told('train', '--seed', '')).toEqual([]);
    expect(told('completion', 'bash', 'z')).toEqual([]);
    expect(told('-q', 'help', 'train', '')).toEqual([]);
    expect(told('trian', '')).not.toContain('--epochs');
  });

  it('where the name of a file fits', () => {
    expect(filesFit('evaluate', '')).toBe(true);
    expect(filesFit('golden', 'x')).toBe(true);
    expect(filesFit('train', 'conv', '--data', './t')).toBe(true);
    expect(filesFit('train', 'conv', '--out', '')).toBe(true);
    expect(filesFit('--config', '')).toBe(true);
    expect([filesFit('train', ''), filesFit('train', '--seed', ''), filesFit('')]).toEqual([false, false, false]);
  });
});

it('hands words over with their meaning, and says where files fit', async () => {
  const { stdout } = await runCli(['complete', '--', 'train', 'conv', '--data', 'mn']);
  expect(stdout).toBe('mnist\t\n:files\n');
  expect((await runCli(['complete', '--', 'doc'])).stdout).toMatch(/^doctor\tcheck Node.*\n$/);
});

it.each(['bash', 'zsh', 'fish'])('prints the script for %s, as a document too', async (shell) => {
  const { stdout } = await runCli(['completion', shell]);
  expect(stdout).toContain(' complete -- ');
  expect(stdout).not.toContain('undefined');
  const { script } = JSON.parse((await runCli(['completion', shell, '--json'])).stdout);
  expect(script).toBe(stdout);
});
