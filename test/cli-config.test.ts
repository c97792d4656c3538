/** @file Configuration files: what they change, who goes first, and what may not stand in them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import * as zod from 'zod';
import { commands } from '../src/cli/commands.ts';
import { checkConfig } from '../src/cli/config.ts';
import { publishedSchema } from '../src/cli/schema.ts';
import { writeTinyData } from './cli-data.ts';
import { type CliResult, runCli } from './run-cli.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-config-'));
  await writeTinyData(join(folder, 'tiny'));
});

afterAll(() => rm(folder, { recursive: true }));

async function withConfig(text: string, ...words: string[]): Promise<CliResult> {
  const file = `${Math.random().toString(36).slice(2)}.yaml`;
  await writeFile(join(folder, file), text);
  const result = await runCli(['--config', file, ...words], { cwd: folder });
  return { ...result, stderr: result.stderr.replaceAll(file, 'FILE') };
}

const yaml = `
quiet: true
train:
  data: ./tiny
  epochs: 2
  trainImages: 40
  optimizer: adam(0.01)
`;

describe('a configuration file', () => {
  it('gives options to the command that runs, and the command line goes before it', async () => {
    const first = await withConfig(yaml, 'train', 'pool', '--json');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const settings = { epochs: 2, batchSize: 32, trainImages: 40, optimizer: { learningRate: 0.01 } };
    expect(JSON.parse(first.stdout)).toMatchObject({ ...settings, data: { name: 'tiny' } });
    const second = await withConfig(yaml, 'train', 'pool', '--epochs', '1', '--json');
    expect(JSON.parse(second.stdout)).toMatchObject({ ...settings, epochs: 1 });
  });

  it('may be JSON, and say what is global', async () => {
    const { code, stdout } = await withConfig('{"json": true, "describe": {"input": "6x6x2"}}', 'describe', 'conv');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ command: 'describe', input: [6, 6, 2] });
  });

  it('has its switches undone by --no-', async () => {
    const text = 'quiet: true\ngradcheck: { asWritten: true, input: 6x6x1, samples: 2 }';
    const wrong = await withConfig(text, 'gradcheck', 'sharedConv + sharedConv');
    expect(wrong).toMatchObject({ code: 1, stderr: '' });
    const words = ['gradcheck', 'sharedConv + sharedConv', '--no-as-written', '--no-quiet'];
    expect(await withConfig(text, ...words)).toMatchObject({ code: 0, stderr: expect.stringContaining('gradients: ') });
  });

  it('has seeds as a number, a text or a list', () => {
    for (const [seeds, read] of [
      [3, 3],
      ['3,4', [3, 4]],
      [
        [3, 4],
        [3, 4],
      ],
    ]) {
      expect(checkConfig({ notebook: { seeds } }, 'x', commands).commands).toEqual({ notebook: { seeds: read } });
    }
  });

  it('is as the help shows it', async () => {
    const { stdout } = await runCli(['--help']);
    const example = /under its name:\n(( {4}.*\n)+)/.exec(stdout)![1]!;
    expect(checkConfig(parseYaml(example), 'help', commands)).toEqual({
      globals: { quiet: true },
      commands: { train: { epochs: 3, trainImages: 5000, optimizer: 'adam(0.002)' } },
    });
  });
});

describe('a configuration file is refused with', () => {
  it.each<[string, string, string]>([
    [
      'an unknown command',
      'tran: {}',
      'FILE has an unknown option or command "tran"; did you mean train? Known are json,',
    ],
    [
      'an unknown option',
      'train: { epoch: 3 }',
      'FILE: train has an unknown option "epoch"; did you mean epochs? Known',
    ],
    [
      'an option of the command line’s spelling',
      'train: { train-images: 3 }',
      '"train-images"; did you mean trainImages?',
    ],
    ['itself', 'config: other.yaml', 'FILE has an unknown option or command "config".'],
    ['a text for a number', 'train: { epochs: "3" }', 'FILE: train.epochs needs a number, but is "3".'],
    ['a number for a text', 'train: { out: 3 }', 'FILE: train.out needs a text, but is 3.'],
    ['a word for a switch', 'quiet: 1', 'FILE: quiet needs true or false, but is 1.'],
    [
      'a number out of range',
      'train: { batch: 0 }',
      'FILE: train.batch needs a whole number from 1 to 65,536, but gets',
    ],
    [
      'a mistyped choice',
      'train: { engine: wams }',
      'FILE: train.engine needs auto or wasm or native or reference, but gets "wams"; did',
    ],
    [
      'a list of lists',
      'notebook: { seeds: [[1]] }',
      'FILE: notebook.seeds needs a number, a text or a list of them, but',
    ],
    ['a value for a section', 'train: 3', 'FILE: train needs options of train by name, but is 3.'],
    ['a list', '[1]', 'FILE needs options by name, and those of commands under the command’s name, but is [1].'],
    ['nothing', '', 'FILE needs options by name, and those of commands under the command’s name, but is null.'],
    ['what is neither', '{ "train": ', 'FILE is neither JSON nor YAML: '],
    ['a key twice', 'quiet: true\nquiet: false', 'FILE is neither JSON nor YAML: Map keys must be unique'],
  ])('%s', async (_, text, message) => {
    // An error in the section of another command counts too.
    const { code, stdout, stderr } = await withConfig(text, 'describe', 'conv');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('no file at all', async () => {
    const { code, stderr } = await runCli(['--config', 'nowhere.yaml', 'doctor'], { cwd: folder });
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining('nowhere.yaml cannot be read: it does'),
    });
  });
});

describe('the schema of configuration files', () => {
  const schema = zod.fromJSONSchema(publishedSchema(zod, commands, 'config') as zod.core.JSONSchema.JSONSchema);

  it.each([parseYaml(yaml), { notebook: { seeds: [1, 2] } }, { train: { engine: 'reference' }, color: false }, {}])(
    'allows %j, as the program does',
    (content) => {
      expect(schema.safeParse(content).success).toBe(true);
      expect(() => checkConfig(content, 'x', commands)).not.toThrow();
    },
  );

  it.each([
    { trian: {} },
    { train: { epoch: 1 } },
    { train: { epochs: '1' } },
    { train: { engine: 'x' } },
    { quiet: 1 },
  ])('refuses %j, as the program does', (content) => {
    expect(schema.safeParse(content).success).toBe(false);
    expect(() => checkConfig(content, 'x', commands)).toThrow();
  });
});
