/** @file Studies that are stopped or killed, and resumed: what is trained is not trained again. */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomStream } from '../src/random.ts';
import { writeTinyData } from './cli-data.ts';
import { type CliResult, runCli } from './run-cli.ts';
import { outcomeOf } from './run-outcome.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-study-resume-'));
  await writeTinyData(join(folder, 'digits'), { size: 28, classes: 4, train: 900 });
  await writeTinyData(join(folder, 'clothes'), { size: 28, classes: 4, train: 600 });
});
afterAll(() => rm(folder, { recursive: true }));

const run = (words: readonly string[], onStart: (child: ChildProcess) => void = () => {}) =>
  runCli(words, { cwd: folder, onStart });
const outcome = (name: string, result: CliResult) => outcomeOf(join(folder, name), result);

async function eventsOf(name: string, kind: string): Promise<string[]> {
  const lines = (await readFile(join(folder, name, 'events.jsonl'), 'utf8')).trim().split('\n');
  const events = lines.flatMap((line) => {
    const event = JSON.parse(line);
    return event.kind === kind ? [`${event.name}, ${event.data}, ${event.seed}`] : [];
  });
  return events.sort();
}

test('compare: Ctrl-C saves the trials that run, and none is trained twice', async () => {
  const words = [
    'compare',
    'conv(6) + relu + pool',
    'pool',
    '--data',
    './digits',
    '--seeds',
    '2',
    '--epochs',
    '12',
    '--batch',
    '2',
  ];
  const [whole, out] = ['runs/whole-comparison', 'runs/stopped'];
  const undisturbed = await outcome(whole, await run([...words, '--out', whole]));
  const stopped = await run([...words, '--out', out, '--threads', '2'], (child) => {
    child.stderr!.once('data', () => child.kill('SIGINT'));
  });
  expect(stopped.stderr).toMatch(new RegExp(`Go on with: ocellus resume ${out}\nInterrupted by SIGINT\\.\n$`));
  expect(stopped.code).toBe(130);
  const left = await readdir(join(folder, out));
  expect(left.some((name) => /^(trial-[0-9a-f]{16}|checkpoint-[0-9a-f]{16}-\d+)\.safetensors$/.test(name))).toBe(true);
  const trained = await eventsOf(out, 'trained');
  const resumed = await run(['resume', out, '--threads', '1']);
  expect(resumed.stderr).toContain(`${trained.length} of 4 trials are trained already.`);
  expect(await outcome(out, resumed)).toEqual(undisturbed);
  expect(await eventsOf(out, 'trained')).toEqual(await eventsOf(whole, 'trained'));
  expect((await readdir(join(folder, out))).sort()).toEqual((await readdir(join(folder, whole))).sort());
});

test('compare: with patience each training ends at its own best epoch, stopped or not', async () => {
  const words = ['compare', 'conv(2) + relu', 'tanh', '--data', './digits', '--seeds', '6', '--batch', '4'];
  words.push('--train-images', '24', '--optimizer', 'adam(0.02)', '--epochs', '60', '--patience', '3');
  const whole = await run([...words, '--out', 'runs/patient']);
  expect(whole.stdout).toContain('at most 60 epochs, a patience of 3, the weights of the best epoch, adam(');
  expect(whole.stdout).toContain(
    'The same images chose the epoch whose weights each training kept, so errors on them are somewhat too low; those on the test images are not.',
  );
  const { studies } = JSON.parse(await readFile(join(folder, 'runs/patient/run.json'), 'utf8'));
  expect(studies[0].settings).toMatchObject({ epochs: 60, patience: 3, keepBest: true });
  const runs: { history: { validationErrorRate: number }[]; bestEpoch: number; validationErrorRate: number }[] =
    studies[0].architectures.flatMap((one: { runs: unknown[] }) => one.runs);
  for (const { history, bestEpoch, validationErrorRate } of runs) {
    expect(history).toHaveLength(Math.min(60, bestEpoch + 3));
    expect(validationErrorRate).toBe(Math.min(...history.map((epoch) => epoch.validationErrorRate)));
  }
  expect(new Set(runs.map(({ history }) => history.length)).size).toBeGreaterThan(1);
  await run([...words, '--out', 'runs/impatient'], (child) => {
    child.stderr!.once('data', () => child.kill('SIGINT'));
  });
  expect(await outcome('runs/impatient', await run(['resume', 'runs/impatient']))).toEqual(
    await outcome('runs/patient', whole),
  );
  expect(await run([...words, '--validation', '0'])).toMatchObject({
    code: 2,
    stderr: '--patience needs images to validate on, but validation is 0. Set some aside.\n',
  });
});

/** What was printed but for times: all but the table of costs, which has some, and the last line. */
const exceptTimes = (stdout: string): string =>
  stdout
    .split('\n\n')
    .filter((block) => !/^architecture +parameters +multiply-adds /.test(block) && !block.startsWith('Total time: '))
    .join('\n\n');

test('notebook: killed five times at random, it prints the same tables and leaves the same report', {
  timeout: 120_000,
}, async () => {
  const words = ['notebook', '--data', './digits', '--fashion', './clothes', '--validation', '100', '--seeds', '2'];
  words.push('--train-images', '400');
  const whole = await run([...words, '--out', 'runs/whole']);
  const undisturbed = await outcome('runs/whole', whole);
  expect(undisturbed.code).toBe(0);
  const { integer } = randomStream(2, 'kills');
  const out = 'runs/killed';
  const sitting = async (onStart?: (child: ChildProcess) => void): Promise<CliResult> => {
    const isThere = (await readdir(join(folder, out)).catch((): string[] => [])).includes('plan.json');
    if (!isThere) await rm(join(folder, out), { recursive: true, force: true });
    return run(isThere ? ['resume', out] : [...words, '--out', out], onStart);
  };
  const trials = 7 * 2;
  for (let kills = 0; kills < 5; kills++) {
    // At most ten trials end before the last kill, and those that end with them.
    let lines = integer(3);
    const killed = await sitting((child) => {
      const kill = (longest: number): unknown => setTimeout(() => child.kill('SIGKILL'), integer(longest));
      if (lines === 0) kill(800);
      child.stderr!.on('data', (text: string) => {
        lines -= text.split('validation error').length - 1;
        if (lines <= 0) kill(50);
      });
    });
    expect(killed).toMatchObject({ signal: 'SIGKILL', stdout: '' });
  }
  const last = await sitting();
  expect(await outcome(out, last)).toEqual(undisturbed);
  expect(exceptTimes(last.stdout)).toBe(exceptTimes(whole.stdout));
  expect(exceptTimes(whole.stdout)).toContain('sharedConv + pool + sharedConv + pool');
  // What a trial took is what it took when it was trained.
  const record = await readFile(join(folder, out, 'run.json'), 'utf8');
  const [first, ...others] = await trainedIn(out);
  expect(others.length + 1).toBeGreaterThanOrEqual(trials);
  expect(record).toContain(`"seconds": ${first!.seconds},`);
});

async function trainedIn(name: string): Promise<{ readonly seconds: number }[]> {
  const lines = (await readFile(join(folder, name, 'events.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'trained');
}
