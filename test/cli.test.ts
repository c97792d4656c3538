/** @file The command line as a user meets it: what it prints where, its documents, its exit codes and its messages. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyData } from './cli-data.ts';
import { lacksCompiler } from './native-machine.ts';
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
      out: expect.stringMatching(/^runs\/.*-train/),
      modelFile: 'model.safetensors',
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
      native: lacksCompiler ? { sameBits: null } : { sameBits: true, problem: null },
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
    // The last parameters are those of step 20.
    document.data.count = 2;
    for (const { steps } of document.architectures) steps.length = 2;
    await writeFile(join(folder, 'golden.json'), JSON.stringify(document));
    const failed = await json(['golden', 'golden.json'], 1);
    expect(failed).toMatchObject({ mode: 'exact', engine: 'wasm', tolerance: 1e-4, passed: false });
    expect(failed.deviations.loss).toBeLessThan(1e-4);
    expect(failed.deviations.final).toBeGreaterThan(1e-4);
    document.architectures = document.architectures.filter(({ name }: { name: string }) => !name.startsWith('pool'));
    document.architectures.pop();
    await writeFile(join(folder, 'part.json'), JSON.stringify(document));
    expect(await run(['golden', 'part.json'])).toMatchObject({
      code: 3,
      stderr:
        "The golden document's architectures needs all 6 of the notebook, but lacks pool+conv, conv+pool+conv+pool. Give the whole recording.\n",
    });
    const passed = await run(['golden', url.pathname]);
    expect(passed).toMatchObject({ code: 0 });
    expect(passed.stdout).toMatch(/^conv\+pool\+conv\+pool +1–20( +\d\.\de-\d+){5} {2}within$/m);
  });
});
