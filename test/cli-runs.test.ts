import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeTinyData } from './cli-data.ts';
import { type CliResult, runCli } from './run-cli.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-runs-'));
  await writeTinyData(join(folder, 'tiny'));
});
afterAll(() => rm(folder, { recursive: true }));

const run = (...words: string[]) => runCli(words, { cwd: folder });

test('runs are listed, shown, compared and removed', async () => {
  expect((await run('runs', 'list')).stdout).toBe('There are no runs in runs.\n');
  await run('train', 'pool', '--data', './tiny', '--out', 'runs/a');
  await run('train', 'pool', '--data', './tiny', '--out', 'runs/b');
  await runCli(['train', 'conv', '--data', './tiny', '--epochs', '100000', '--out', 'runs/c'], {
    cwd: folder,
    onStart: (child) => child.stderr!.once('data', () => child.kill('SIGTERM')),
  });
  const { runs } = JSON.parse((await run('runs', 'list', '--json')).stdout);
  expect(runs).toMatchObject([
    { path: 'runs/a', command: 'train', state: 'finished', results: [{ name: 'pool', data: 'tiny', seeds: [0] }] },
    { path: 'runs/b', state: 'finished' },
    { path: 'runs/c', state: 'stopped', results: [] },
  ]);
  expect(runs[1].results).toEqual(runs[0].results);
  expect((await run('runs', 'list')).stdout).toMatch(/^runs\/c +train +stopped +\d/m);
  expect((await run('runs', 'show', 'runs/c')).stdout).toContain('Go on with: ocellus resume runs/c');
  const hash = runs[0].results[0].weightsSha256[0].slice(0, 8);
  const { stdout } = await run('runs', 'compare', 'runs/a', 'runs/b');
  expect(stdout.split('\n').filter((line) => line.includes(hash))).toHaveLength(2);
  const open = 'runs/c has not finished. Go on with: ocellus resume runs/c\n';
  expect((await run('runs', 'compare', 'runs/c')).stdout).toBe(open);
  const mixed = (await run('runs', 'compare', 'runs/a', 'runs/c')).stdout;
  expect(mixed).toContain(hash);
  expect(mixed.endsWith(`\n${open}`)).toBe(true);
  expect((await run('runs', 'remove', 'runs/a', 'runs/c', './runs/a/', 'runs/a')).stdout).toBe(
    'removed runs/a\nremoved runs/c\n',
  );
  expect(await readdir(join(folder, 'runs'))).toEqual(['b']);
});

test('a removal that fails says what was removed before', async () => {
  const [outer, inner] = ['runs/outer', 'runs/outer/inner'];
  await mkdir(join(folder, inner), { recursive: true });
  for (const path of [outer, inner]) await writeFile(join(folder, path, 'run.json'), '{}');
  const { code, stdout, stderr } = await run('runs', 'remove', outer, inner);
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toMatch(/^runs\/outer\/inner cannot be written: .* Removed before that: runs\/outer\.\n$/);
  expect(await readdir(join(folder, 'runs'))).not.toContain('outer');
});

test('what runs is listed as running, and is not removed', async () => {
  const out = 'runs/running';
  let pid = 0;
  const others: CliResult[] = [];
  const first = await runCli(['train', 'conv', '--data', './tiny', '--epochs', '100000', '--out', out], {
    cwd: folder,
    onStart: (child) => {
      pid = child.pid!;
      child.stderr!.once('data', async () => {
        others.push(await run('runs', 'list'), await run('runs', 'remove', 'runs/b', out));
        child.kill('SIGTERM');
      });
    },
  });
  expect(first.code).toBe(143);
  const [listed, refused] = others as [CliResult, CliResult];
  expect(listed.stdout).toMatch(/^runs\/running +train +running +\d/m);
  expect(refused).toMatchObject({
    code: 2,
    stderr: `${out} is in use by process ${pid} (ocellus train). Wait for its end, or stop it.\n`,
  });
  expect((await readdir(join(folder, 'runs'))).sort()).toEqual(['b', 'running']);
  expect(await run('runs', 'remove', out)).toMatchObject({ code: 0, stdout: `removed ${out}\n` });
});

test('the second Ctrl-C ends it at once, and it can still be resumed', async () => {
  const out = 'runs/twice';
  await writeTinyData(join(folder, 'wide'), { size: 24, train: 600 });
  // One step, of many seconds: the first signal is heard after it.
  const slow = [
    'train',
    'conv(16) + conv(16)',
    '--data',
    './wide',
    '--batch',
    '600',
    '--engine',
    'reference',
    '--threads',
    '2',
  ];
  const result = await runCli([...slow, '--out', out], {
    cwd: folder,
    onStart: async (child) => {
      const isTraining = async () => (await eventsOf(out)).includes('"kind":"study"');
      while (child.exitCode === null && !(await isTraining())) await setTimeout(50);
      await setTimeout(1500);
      child.kill('SIGINT');
      await setTimeout(300);
      child.kill('SIGINT');
    },
  });
  const stderr = 'on 1 thread: the reference engine has one\n';
  expect(result).toMatchObject({ code: 130, signal: null, stdout: '', stderr });
  expect(await eventsOf(out)).not.toContain('"kind":"saved"');
  const { runs } = JSON.parse((await run('runs', 'list', '--json')).stdout);
  expect(runs).toContainEqual(expect.objectContaining({ path: out, state: 'stopped' }));
});

const eventsOf = (name: string): Promise<string> =>
  readFile(join(folder, name, 'events.jsonl'), 'utf8').catch(() => '');

test.each([
  [['list', 'runs/a'], 'ocellus runs list takes no folders of runs. Give the one that they are in with --in.\n'],
  [['remove'], 'ocellus runs remove needs folders of runs, such as "ocellus runs remove runs/a".\n'],
  [['remove', 'tiny'], 'tiny is not the folder of a run. Give one that train, compare or notebook made.\n'],
])('runs %j is refused', async (words, stderr) => {
  expect(await run('runs', ...words)).toMatchObject({ code: 2, stderr });
  expect(await readdir(folder)).toContain('tiny');
});
