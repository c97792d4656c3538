/** The command `compare` on small data: its words, its study files, and the folder that it leaves. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunRecord } from '../src/comparison/record.ts';
import { writeTinyData } from './cli-data.ts';
import { type CliResult, runCli } from './run-cli.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-compare-'));
  await writeTinyData(join(folder, 'bands'), { train: 90, test: 30 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const common = ['--data', 'bands', '--validation', '30', '--batch', '8'];
const compare = (...words: string[]): Promise<CliResult> => runCli(['compare', ...words], { cwd: folder });

async function recordOf(...words: string[]): Promise<RunRecord> {
  const out = await mkdtemp(join(folder, 'run-'));
  const { code, stderr } = await compare(...words, '--out', out, '--quiet');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(await readFile(join(out, 'run.json'), 'utf8'));
}

const names = ({ studies }: RunRecord): string[] => studies[0]!.architectures.map(({ name }) => name);

test('prints errors with intervals, costs, and the verdict in words', async () => {
  const { code, stdout } = await compare('conv(2) + relu + pool', 'pool', ...common, '--seeds', '3');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^architecture +validation error +test error +95 % interval +verdict$/m);
  expect(stdout).toMatch(
    /^architecture +parameters +multiply-adds +model +epoch +image +Pareto front \(multiply-adds\)$/m,
  );
  expect(stdout).toMatch(/(is best|lowest error)/);
});

test('leaves a folder with everything in it', async () => {
  await rm(join(folder, 'runs'), { recursive: true, force: true });
  await compare('pool', 'tanh', ...common);
  const [run] = await readdir(join(folder, 'runs'));
  expect(run).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-compare$/);
  const files = await readdir(join(folder, 'runs', run!));
  expect(files).toEqual(expect.arrayContaining(['events.jsonl', 'model.safetensors', 'predictions.json', 'run.json']));
  const events = (await readFile(join(folder, 'runs', run!, 'events.jsonl'), 'utf8')).trim().split('\n');
  const kinds = events.map((line) => JSON.parse(line).kind);
  expect(kinds.filter((kind) => kind !== 'saved')).toEqual([
    'started',
    'study',
    ...new Array(6).fill('trained'),
    'compared',
    'finished',
  ]);
});

describe('predictions give all rates, matrices and intervals again, by a script that shares no code', () => {
  const recompute = (out: string): string =>
    execFileSync(process.execPath, [fileURLToPath(new URL('recompute.mjs', import.meta.url)), out], {
      encoding: 'utf8',
    });

  test.each([['3'], ['1']])('with seeds: %s', async (seeds) => {
    const out = await mkdtemp(join(folder, 'run-'));
    await compare('conv(2) + relu + pool', 'pool', ...common, '--train-images', '20', '--seeds', seeds, '--out', out);
    expect(recompute(out)).toMatch(/^\d+ numbers, largest difference \d\.\de-\d+\n$/);

    const path = join(out, 'predictions.json');
    const predictions = JSON.parse(await readFile(path, 'utf8'));
    predictions.studies[0].architectures[1].runs[0].test[7] ^= 1;
    await writeFile(path, JSON.stringify(predictions));
    expect(() => recompute(out)).toThrow('Command failed');
  });
});

describe('what is asked for', () => {
  test('a grid is all of its combinations', async () => {
    const record = await recordOf('conv(filters=1|2) + relu|tanh + pool', ...common, '--seeds', '1');
    expect(names(record)).toEqual([
      'conv(filters=1) + relu + pool',
      'conv(filters=1) + tanh + pool',
      'conv(filters=2) + relu + pool',
      'conv(filters=2) + tanh + pool',
    ]);
  });

  test('a study file says the same as words, and the command line goes before it', async () => {
    await writeFile(
      join(folder, 'study.yaml'),
      'architectures: ["pool(2|3)"]\ndata: bands\nseeds: [4, 5]\nvalidation: 30\nbatch: 8\nepochs: 2\n',
    );
    const [words, file] = [
      await recordOf('pool', 'pool(3)', ...common, '--seeds', '4,5', '--epochs', '1'),
      await recordOf('study.yaml', '--epochs', '1'),
    ];
    expect(results(file)).toEqual(results(words));
    expect(file.studies[0]!.settings).toEqual(words.studies[0]!.settings);
  });

  test('the recorded command line gives the same results again', async () => {
    const record = await recordOf('conv(1|2) + relu + pool', ...common, '--seeds', '2', '--optimizer', 'adagrad(0.01)');
    const line = record.command.line.replace(/^ocellus compare /, '');
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
    expect(results(await recordOf(...words))).toEqual(results(record));
  });
});

const results = ({ studies }: RunRecord): string[] =>
  studies.flatMap(({ architectures }) => architectures.flatMap(({ runs }) => runs.map((run) => run.weightsSha256)));

describe('refuses before any training, and leaves nothing', () => {
  test.each([
    [['pool', 'pool(2)'], 'A comparison needs different architectures, but gets "pool" twice. Leave one out.', 2],
    [['pol'], 'There is no layer "pol"; did you mean pool?', 2],
    [['pool', 'missing.yaml'], 'compare takes one study file, or architectures, but gets pool, missing.yaml.', 2],
    [
      ['conv(1|2) + relu|rleu'],
      'There is no layer "rleu"; did you mean relu? There are averagePool, conv, dense, pool, relu, sharedConv, tanh.\n' +
        '  conv(1|2) + relu|rleu\n                   ^\n',
      2,
    ],
    [['missing.yaml'], 'missing.yaml', 3],
    [['pool(13)'], 'layer 1, pool', 2],
    [
      [
        'conv(filters=1|2|3|4|5|6|7|8|9|10) + conv(filters=1|2|3|4|5|6|7|8|9|10) + conv(filters=1|2|3|4|5|6|7|8|9|10|11)',
      ],
      'stands for more than 1000 architectures',
      2,
    ],
    [['pool', '--validation', '90'], '--validation needs a whole number from 0 to 89, but is 90.', 2],
    [
      ['pool', '--out', 'bands/train-images-idx3-ubyte'],
      'The folder bands/train-images-idx3-ubyte cannot be made: ',
      3,
    ],
  ])('%j', async (words, message, exitCode) => {
    const before = await readdir(folder);
    const { code, stdout, stderr } = await compare('--data', 'bands', ...words);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toContain(message);
    expect(await readdir(folder)).toEqual(before);
  });

  test('a folder that holds something', async () => {
    const out = await mkdtemp(join(folder, 'run-'));
    await writeFile(join(out, 'letter.txt'), 'Dear all');
    const { code, stderr } = await compare('pool', ...common, '--out', out);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `A run needs an empty folder, or a new one, but ${out} holds files. Give another with --out.\n`,
    });
  });
});

test('reports are the same to the byte, but for times, whatever the threads', async () => {
  const reports = async (threads: string): Promise<string[]> => {
    const out = await mkdtemp(join(folder, 'run-'));
    const words = ['conv(2) + relu + pool', 'tanh', ...common, '--epochs', '2', '--threads', threads, '--out', out];
    expect((await compare(...words)).code).toBe(0);
    const [html, markdown, csv] = await Promise.all(
      ['report.html', 'report.md', 'report.csv'].map((name) => readFile(join(out, name), 'utf8')),
    );
    const rows = csv!.trim().split('\r\n');
    const timed = rows[0]!.split(',').map((heading) => /seconds|microseconds/i.test(heading));
    return [
      html!.replace(/(<(\w+)[^>]*class="[^"]*\btime\b[^"]*"[^>]*>)[^<]*/g, '$1'),
      markdown!.replace(/\n## Times[\s\S]*/, ''),
      ...rows.slice(1).map((row) => String(row.split(',').filter((_, place) => !timed[place]))),
    ];
  };
  expect(await reports('4')).toEqual(await reports('1'));
});
