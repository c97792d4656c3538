/** @file What goes wrong at the command line: one clear message and the exit code, before anything is computed. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyData } from './cli-data.ts';
import { encodeIdx } from './encode-idx.ts';
import { type CliOptions, type CliResult, runCli } from './run-cli.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-cli-'));
  await writeTinyData(join(folder, 'tiny'));
  await writeTinyData(join(folder, 'wide'), { size: 16 });
  await writeTinyData(join(folder, 'four'), { classes: 4 });
  await mkdir(join(folder, 'folder.safetensors'));
  const format = 'mnist-cnn-golden-1';
  const golden = (images?: string): string =>
    JSON.stringify({ format, data: { images, labels: 'train-labels-idx1-ubyte' } });
  const files = {
    'list.json': '[]',
    'unnamed.json': golden(),
    plain: 'no model',
    'object.json': '{}',
    'elsewhere.json': golden('../idx3'),
    'empty.json': golden('x-idx3'),
    'sizes.json': golden('train-images-idx3-ubyte'),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
});

afterAll(() => rm(folder, { recursive: true }));

const run = (words: readonly string[], options: CliOptions = {}): Promise<CliResult> =>
  runCli(words, { cwd: folder, ...options });

const tiny = ['--data', './tiny', '--epochs', '3', '--batch', '4', '--seed', '7'];

describe.concurrent('one clear message and the exit code, for', () => {
  it.each<[string, string[], string]>([
    ['no command', [], 'ocellus needs a command.\n\nUsage: ocellus'],
    ['an unknown command', ['trian'], 'There is no command "trian"; did you mean train? There are '],
    ['an unknown option', ['train', 'conv', '--epoch', '3'], 'has no option "--epoch"; did you mean --epochs? See'],
    ['no notation', ['train'], 'ocellus train needs NOTATION, but gets nothing for it. See ocellus train --help.'],
    ['a notation without quotes', ['train', 'conv', '+', 'relu'], 'Put the notation in quotes: "conv + relu".'],
    ['an option without its value', ['train', 'conv', '--epochs'], '--epochs <count> needs a value, but gets none.'],
    [
      'a fraction of an epoch',
      ['train', 'conv', '--epochs', '1.5'],
      '--epochs needs a whole number from 1 to 1,000,000, but',
    ],
    [
      'an empty folder',
      ['train', 'pool', ...tiny, '--out', ''],
      '--out needs a folder or file, but is empty. Give one, or leave --out out.',
    ],
    ['a negative seed', ['train', 'conv', '--seed', '-1'], '--seed needs a whole number, 0 or more, but gets "-1".'],
    [
      'an unknown engine',
      ['train', 'conv', '--engine', 'wasn'],
      '--engine needs auto or wasm or native or reference, but gets "wasn"; did you mean wasm?',
    ],
    ['an unknown layer', ['train', 'conv + rely'], 'There is no layer "rely"; did you mean relu?'],
    [
      'an unknown option of a layer',
      ['describe', 'conv(filter=3)'],
      'conv has no option "filter"; did you mean filters?',
    ],
    [
      'an unknown optimizer',
      ['train', 'conv', '--optimizer', 'adem'],
      'There is no optimizer "adem"; did you mean adam?',
    ],
    ['an unknown data set', ['train', 'conv', '--data', 'minst'], 'There is no data set "minst"; did you mean mnist?'],
    [
      'too large a validation part',
      ['train', 'conv', '--data', './tiny', '--validation', '60'],
      '--validation needs a whole number from 0 to 59, but is 60.',
    ],
    [
      'too many training images',
      ['train', 'conv', '--data', './tiny', '--validation', '20', '--train-images', '41'],
      '--train-images needs a whole number from 1 to 40, but is 41.',
    ],
    ['two ways to sample', ['gradcheck', 'conv', '--all', '--samples', '3'], 'Leave one of them out.'],
    [
      'images smaller than the pools',
      ['train', 'pool + pool + pool + pool', '--data', './tiny'],
      'layer 4, pool, needs an image of at least 2 × 2, but gets 1 × 1 × 1.',
    ],
    [
      'a size that is none',
      ['describe', 'conv', '--input', '28'],
      '--input needs HEIGHTxWIDTHxCHANNELS, such as 28x28x1, each from 1 to 4,096',
    ],
    [
      'too large a check',
      ['gradcheck', 'conv', '--input', '4096x4096x1'],
      'gradcheck takes tensors of up to 1,000,000 numbers',
    ],
    ['overlapping pools as written', ['gradcheck', 'pool(3, 1)', '--as-written'], 'needs windows side by side'],
  ])('%s', async (_, words, message) => {
    const { code, stdout, stderr } = await run(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/ {4}at |Error:/);
  });

  it('errors, as a document too', async () => {
    const refused = await run(['train', 'conv', '--epochs', 'x', '--json']);
    const document = JSON.parse(refused.stdout);
    expect(document).toMatchObject({ schema: 'ocellus/train/1', command: 'train', exitCode: 2 });
    expect(document.error).toEqual({ name: 'UsageError', message: expect.stringContaining('but gets "x".') });
    const unknown = await run(['--json', 'trian']);
    expect(JSON.parse(unknown.stdout)).toMatchObject({ schema: 'ocellus/error/1', command: null, exitCode: 2 });
  });

  const spoil = async (name: string, file: string, change: (bytes: Uint8Array) => Uint8Array): Promise<void> => {
    await writeTinyData(join(folder, name));
    const path = join(folder, name, file);
    await writeFile(path, change(await readFile(path)));
  };

  it.each<[string, string, (bytes: Uint8Array) => Uint8Array, string]>([
    [
      'a truncated file',
      'train-images-idx3-ubyte',
      (bytes) => bytes.subarray(0, 5000),
      'ends after 5,000 bytes; its header promises 8,656 (60 images of 12 × 12)',
    ],
    [
      'an oversized file',
      't10k-images-idx3-ubyte',
      (bytes) => new Uint8Array([...bytes, 0]),
      'goes on to 4,337 bytes; its header promises 4,336',
    ],
    [
      'a wrong magic',
      'train-labels-idx1-ubyte',
      (bytes) => bytes.map((byte, at) => (at === 0 ? 80 : byte)),
      'is not an IDX file: it starts with 50 00 08 01.',
    ],
    [
      'an unknown type',
      'train-labels-idx1-ubyte',
      (bytes) => bytes.map((byte, at) => (at === 2 ? 7 : byte)),
      'has values of type 0x07; IDX knows',
    ],
    [
      'labels of another set',
      'train-labels-idx1-ubyte',
      () => encodeIdx([59], new Uint8Array(59)),
      '/train-images-idx3-ubyte has 60 images',
    ],
    ['an empty file', 't10k-labels-idx1-ubyte', () => new Uint8Array(), 'ends after 0 bytes.'],
  ])('%s in the data', async (name, file, change, message) => {
    await spoil(name, file, change);
    await mkdir(join(folder, `${name} out`));
    const out = join(folder, `${name} out`, 'model.safetensors');
    const { code, stdout, stderr } = await run(['train', 'conv', '--data', `./${name}`, '--out', out]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(await readdir(join(folder, `${name} out`))).toEqual([]);
  });

  it.each<[string, string[], string]>([
    [
      'a folder that does not exist',
      ['train', 'conv', '--data', './nowhere'],
      'nowhere does not exist. Give the folder',
    ],
    ['a folder without IDX files', ['train', 'conv', '--data', '.'], 'lacks train-images-idx3-ubyte, '],
    [
      'no folder to save in',
      ['train', 'conv', '--out', 'no/model.safetensors'],
      'no does not exist. Make it (mkdir -p)',
    ],
    ['a file as the folder to save in', ['train', 'conv', '--out', 'plain/model.safetensors'], 'plain is not a folder'],
    [
      'a folder as the file to save to',
      ['train', 'conv', '--out', 'folder.safetensors'],
      'folder.safetensors cannot be written: it is a folder',
    ],
    [
      'a folder that cannot be written to',
      ['train', 'conv', '--out', '/sys/model.safetensors'],
      '/sys/model.safetensors cannot be written: ',
    ],
    [
      'a device as the folder of the run',
      ['train', 'conv', '--out', '/dev/null'],
      '/dev/null cannot be made: /dev/null is not a folder.',
    ],
    [
      'a model that does not exist',
      ['evaluate', 'nothing.safetensors'],
      'nothing.safetensors cannot be read: it does not exist',
    ],
    ['a model that is none', ['evaluate', 'plain'], 'plain'],
    ['a golden document that is no JSON', ['golden', 'plain'], 'plain is not JSON ('],
    [
      'a golden document that is none',
      ['golden', 'object.json'],
      'object.json is not a golden document: its format needs to be mnist-cnn-golden-1, but is missing.',
    ],
    [
      'a golden document that is a list',
      ['golden', 'list.json'],
      'list.json is not a golden document: it needs an object with the format mnist-cnn-golden-1, but is a list of 0. Give a',
    ],
    ['a golden document without a file', ['golden', 'unnamed.json'], 'its data.images needs the name of an IDX file'],
    ['a golden document that points elsewhere', ['golden', 'elsewhere.json'], 'but is "../idx3".'],
    [
      'a folder without the golden images',
      ['golden', 'empty.json', '--data', 'tiny'],
      'tiny has no x-idx3 or x-idx3.gz',
    ],
    [
      'golden images of another size',
      ['golden', 'sizes.json', '--data', 'tiny'],
      'needs images of 28 × 28 bytes, but has 60 images of 12 × 12',
    ],
  ])('%s', async (_, words, message) => {
    const { code, stdout, stderr } = await run(words);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('models and data that do not fit together', async () => {
    await run(['train', 'pool', ...tiny, '--out', 'fit.safetensors']);
    const bytes = await readFile(join(folder, 'fit.safetensors'));
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(join(folder, 'flipped.safetensors'), bytes);
    await writeFile(join(folder, 'short.safetensors'), bytes.subarray(0, -8));
    for (const [words, code, message] of [
      [['fit.safetensors', '--data', './four'], 3, 'fit.safetensors knows 3 classes, but four has 4.'],
      [
        ['fit.safetensors', '--data', './wide'],
        2,
        'The model takes images of 12 × 12 × 1, but the data has 16 × 16 × 1.',
      ],
      [['flipped.safetensors', '--data', './tiny'], 3, 'flipped.safetensors is damaged: its bytes do not have'],
      [['short.safetensors', '--data', './tiny'], 3, 'short.safetensors'],
    ] as const) {
      const result = await run(['evaluate', ...words]);
      expect(result).toMatchObject({ code, stdout: '' });
      expect(result.stderr).toContain(message);
    }
  });
});
