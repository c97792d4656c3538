/** @file The command line as a user meets it: what it prints where, its documents, its exit codes and its messages. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
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
});

afterAll(() => rm(folder, { recursive: true }));

const run = (words: readonly string[], options: CliOptions = {}): Promise<CliResult> =>
  runCli(words, { cwd: folder, ...options });

// biome-ignore lint/suspicious/noExplicitAny: documents of many kinds
async function json(words: readonly string[], code = 0): Promise<any> {
  const result = await run([...words, '--json', '--quiet']);
  expect(result).toMatchObject({ code, ...(code < 2 ? { stderr: '' } : {}) });
  const document = JSON.parse(result.stdout);
  expect(result.stdout).toBe(`${JSON.stringify(document, null, 2)}\n`);
  const command = words[0]!;
  expect(document).toMatchObject({ schema: `ocellus/${command}/1`, command, numericsVersion: 1, exitCode: code });
  return document;
}

const tiny = ['--data', './tiny', '--epochs', '3', '--batch', '4', '--seed', '7'];
const digest = expect.stringMatching(/^[0-9a-f]{64}$/);

describe.concurrent('train and evaluate', () => {
  it('give the same model with any number of threads, and refuse none', async () => {
    const words = ['train', 'conv(4) + relu + pool', '--data', './tiny', '--batch', '30', '--threads'];
    const [one, three] = await Promise.all([json([...words, '1']), json([...words, '3'])]);
    expect(three.weightsSha256).toBe(one.weightsSha256);
    expect(three.testLoss).toBe(one.testLoss);
    expect(await run([...words, '0'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--threads needs a whole number from 1 to 1,024, but gets "0".'),
    });
  });

  it('agree about one model, and one seed gives one model', async () => {
    const words = ['train', 'conv(4) + relu + pool', ...tiny, '--validation', '12'];
    const trained = await json([...words, '--out', 'model.safetensors']);
    expect(trained).toMatchObject({
      weightsSha256: digest,
      testErrorRate: expect.any(Number),
      seconds: expect.any(Number),
      notation: 'conv(filters=4) + relu + pool',
      model: { input: [12, 12, 1], classes: 3 },
      data: { name: 'tiny', path: join(folder, 'tiny'), verified: false, trainImages: 60, testImages: 30 },
      optimizer: { kind: 'adam', learningRate: 0.001 },
      seed: 7,
      validation: 12,
      trainImages: 48,
      engine: 'wasm',
      out: 'model.safetensors',
    });
    expect(trained.history).toHaveLength(3);
    expect(trained.history[2]).toEqual({
      epoch: 3,
      trainLoss: expect.any(Number),
      validationLoss: expect.any(Number),
      validationErrorRate: expect.any(Number),
      seconds: expect.any(Number),
    });
    expect(trained.testErrorRate).toBeLessThan(0.1);
    const [scored, again] = await Promise.all([
      json(['evaluate', 'model.safetensors', '--data', './tiny']),
      run(words),
    ]);
    expect(scored).toMatchObject({
      errorRate: trained.testErrorRate,
      loss: trained.testLoss,
      confusionMatrix: trained.confusionMatrix,
      count: 30,
      weightsSha256: trained.weightsSha256,
    });
    expect(again.stdout).toContain(trained.weightsSha256);
    expect(again.stdout).toMatch(/^test error +\d\.\d\d %/m);
    expect(again.stderr).toMatch(/^epoch 3\/3: loss 0\.\d{4}, validation error \d+\.\d\d %, 0\.\d\d s$/m);
  });

  it('run on the reference engine, on part of the images, with another optimizer', async () => {
    const { optimizer, trainImages, engine } = await json([
      ...['train', '', '--data', './tiny', '--engine', 'reference', '--optimizer', 'sgd(0.1, momentum=0.5)'],
      ...['--train-images', '20'],
    ]);
    expect({ optimizer, trainImages, engine }).toEqual({
      optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0.5 },
      trainImages: 20,
      engine: 'reference',
    });
  });
});

describe.concurrent('the other commands', () => {
  it('describe prints shapes, costs and both kinds of formulas', async () => {
    const { stdout, stderr, code } = await run(['describe', 'conv + relu + pool', '--input', '8x8x2']);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toContain('conv1     conv                                   8 × 8 × 8         152          9,216');
    expect(stdout).toContain('output[y,x,f] = bias[f] + sum(i,j,c) input[y+i-p, x+j-p, c] * kernel[i,j,c,f]');
    expect(stdout).toContain('kernelGrad[i,j,c,f] = sum(y,x) input[y+i-p, x+j-p, c] * outputGrad[y,x,f]');
    expect(stdout).toContain('p = 1');
    const [, loss] = stdout.split('\nloss  softmaxCrossEntropy\n');
    expect(loss).toContain('output[] = log(total[]) + top[] - sum(k) target[k] * input[k]');
    expect(loss).toContain('inputGrad[k] = ');
    const document = await json(['describe', 'conv', '--classes', '3']);
    expect(document).toMatchObject({ notation: 'conv', input: [28, 28, 1], classes: 3, parameters: 80 + 6272 * 3 + 3 });
    expect(document.layers[0]).toMatchObject({ output: [28, 28, 8], constants: { p: 1 }, multiplyAdds: 56448 });
  });

  it('gradcheck passes what is derived and catches what the notebook wrote', async () => {
    const right = await json(['gradcheck', 'sharedConv + relu + sharedConv', '--input', '6x6x1', '--classes', '3']);
    expect(right).toMatchObject({ passed: true, asWritten: false });
    const wrong = await json(['gradcheck', 'sharedConv + sharedConv', '--input', '6x6x1', '--as-written'], 1);
    expect(wrong).toMatchObject({ passed: false, asWritten: true });
    expect(wrong.tensors).toContainEqual({
      layer: 'sharedConv2',
      tensor: 'input',
      error: expect.any(Number),
      limit: 1e-6,
      checked: 12,
      elements: 288,
      passed: false,
    });
    const { stdout, stderr } = await run([
      'gradcheck',
      'sharedConv',
      '--input',
      '6x6x1',
      '--samples',
      '5',
      '--seed',
      '3',
    ]);
    expect(stdout).toContain('\nat most 5 elements of each tensor, drawn by seed 3\n');
    expect(stdout).toMatch(/^sharedConv1 {2}kernelGrad +72 +5 +\S+ +1\.0e-6 {2}right$/m);
    expect(stderr).toBe('gradients: 5 gradients\n');
    const all = await json(['gradcheck', 'pool', '--input', '6x6x1', '--classes', '2', '--all']);
    expect(all).toMatchObject({ samples: null, tensors: [{ checked: 36, elements: 36 }, {}, {}, {}] });
  });

  it('doctor looks at the machine', async () => {
    const document = await json(['doctor']);
    expect(document).toMatchObject({
      node: process.versions.node,
      simd: true,
      threads: availableParallelism(),
      engineCheck: { passed: true },
    });
    expect(document.dataSets.map(({ name }: { name: string }) => name)).toEqual([
      'mnist',
      'fashion-mnist',
      'kmnist',
      'cifar-10',
    ]);
  });

  it('golden passes what is golden, and fails what is not', async () => {
    const url = new URL('golden/exact-gradients.json', import.meta.url);
    const document = JSON.parse(await readFile(url, 'utf8'));
    const [architecture] = document.architectures;
    document.architectures = [architecture];
    // Its last parameters are those of step 20.
    document.data.count = 2;
    architecture.steps.length = 2;
    await writeFile(join(folder, 'golden.json'), JSON.stringify(document));
    const failed = await json(['golden', 'golden.json'], 1);
    expect(failed).toMatchObject({ mode: 'exact', engine: 'wasm', tolerance: 1e-4, passed: false });
    expect(failed.deviations.loss).toBeLessThan(1e-4);
    expect(failed.deviations.final).toBeGreaterThan(1e-4);
    const passed = await run(['golden', url.pathname]);
    expect(passed).toMatchObject({ code: 0 });
    expect(passed.stdout).toMatch(/^conv\+pool\+conv\+pool +1–20( +\d\.\de-\d+){5} {2}within$/m);
  });
});

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
    ['a negative seed', ['train', 'conv', '--seed', '-1'], '--seed needs a whole number, 0 or more, but gets "-1".'],
    [
      'an unknown engine',
      ['train', 'conv', '--engine', 'wasn'],
      '--engine needs wasm or reference, but gets "wasn"; did you mean wasm?',
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
    const document = await json(['train', 'conv', '--epochs', 'x'], 2);
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
      'has 59 labels; train-images-idx3-ubyte has 60 images',
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
    ['a folder as the file to save to', ['train', 'conv', '--out', 'tiny'], 'tiny cannot be written: it is a folder'],
    [
      'a folder that cannot be written to',
      ['train', 'conv', '--out', '/sys/model.safetensors'],
      '/sys/model.safetensors cannot be written: ',
    ],
    ['a device as the file to save to', ['train', 'conv', '--out', '/dev/null'], 'it is a device or a pipe'],
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
      'needs images of 28 × 28 bytes, but has 60 × 12 × 12',
    ],
  ])('%s', async (_, words, message) => {
    const format = 'mnist-cnn-golden-1';
    const data = (images?: string): string =>
      JSON.stringify({ format, data: { images, labels: 'train-labels-idx1-ubyte' } });
    await writeFile(join(folder, 'list.json'), '[]');
    await writeFile(join(folder, 'unnamed.json'), data());
    await writeFile(join(folder, 'plain'), 'no model');
    await writeFile(join(folder, 'object.json'), '{}');
    await writeFile(join(folder, 'elsewhere.json'), data('../idx3'));
    await writeFile(join(folder, 'empty.json'), data('x-idx3'));
    await writeFile(join(folder, 'sizes.json'), data('train-images-idx3-ubyte'));
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
      [['flipped.safetensors', '--data', './tiny'], 3, 'flipped.safetensors is damaged: its weights do not have'],
      [['short.safetensors', '--data', './tiny'], 3, 'short.safetensors'],
    ] as const) {
      const result = await run(['evaluate', ...words]);
      expect(result).toMatchObject({ code, stdout: '' });
      expect(result.stderr).toContain(message);
    }
  });
});
