/** @file Runs of the command line whose disk is full in the midst of them: a real disk, and what `--on-save-error` says. */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { writeTinyData } from '../cli-data.ts';
import { type CliResult, runCli } from '../run-cli.ts';
import { type Outcome, outcomeOf } from '../run-outcome.ts';
import { expectSameEnd, expectTruth, finished, namesIn, type Place, undisturbedRun } from './disturbed-run.ts';
import { limit, timeout } from './size.ts';
import { type SmallDisk, smallDisk } from './small-disk.ts';

let home: string;
let undisturbed: Outcome;
let start: string[];
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'ocellus-full-'));
  await writeTinyData(join(home, 'data'), { size: 24, train: 300 });
  start = ['train', 'conv(16) + relu + pool', '--data', join(home, 'data'), '--batch', '1', '--epochs', '25'];
  undisturbed = await undisturbedRun({ cwd: home, run: 'runs/whole' }, start);
}, timeout);
afterAll(() => rm(home, { recursive: true }));

let disk: SmallDisk;
let place: Place;
beforeEach(async () => {
  disk = await smallDisk();
  place = { cwd: disk.path, run: 'runs/a' };
});
afterEach(() => disk.remove());

/** Fills the disk when something is told, an epoch's end say, and then does something each time that something is printed. */
const filledMidway =
  (then: (child: ChildProcess, text: string) => Promise<void> = async () => {}, told = /epoch 1\//) =>
  (child: ChildProcess): void => {
    let filled: Promise<void> | undefined;
    child.stderr!.on('data', async (text: string) => {
      if (told.test(text)) filled ??= disk.fill(child);
      await filled;
      await then(child, text);
    });
  };

const train = (words: readonly string[], onStart: (child: ChildProcess) => void): Promise<CliResult> =>
  runCli([...start, ...words], { cwd: disk.path, limit, onStart });

describe('the disk is full in the midst of a run', () => {
  test('--on-save-error stop ends it, and what was saved stays', { timeout }, async () => {
    const stopped = await train(['--on-save-error', 'stop', '--out', place.run], filledMidway());
    expect(stopped).toMatchObject({ code: 3, signal: null, stdout: '' });
    expect(stopped.stderr).toMatch(disk.problem);
    expect(stopped.stderr).toContain(`Go on with: ocellus resume ${place.run}\n`);
    expect((await namesIn(place)).filter((name) => name.startsWith('checkpoint-'))).not.toEqual([]);
    await expectTruth(place);
    await disk.free();
    await expectSameEnd(place, start, undisturbed, 2);
  });

  test('--on-save-error continue goes on with a warning, and ends well if there is room at the end', {
    timeout,
  }, async () => {
    let warnings = 0;
    const goesOn = async (child: ChildProcess, text: string): Promise<void> => {
      if (!text.includes('no checkpoint was saved') || warnings++ > 0) return;
      child.kill('SIGSTOP');
      await expectTruth(place);
      await disk.free(child);
      child.kill('SIGCONT');
    };
    const result = await train(['--on-save-error', 'continue', '--out', place.run], filledMidway(goesOn));
    expect(result.stderr).toMatch(
      /Warning: no checkpoint was saved; the one before stays\. \S+ cannot be written: .+\n/,
    );
    expect(result.stderr).toMatch(disk.problem);
    expect(warnings).toBeGreaterThan(0);
    expect(await outcomeOf(join(place.cwd, place.run), result)).toEqual(undisturbed);
    expect(await namesIn(place)).toEqual(finished);
  });

  test('continue ends with 3 if there is none, and the run can go on', { timeout }, async () => {
    const result = await train(['--on-save-error', 'continue', '--out', place.run], filledMidway());
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toMatch(/epoch 25\/25/);
    expect(result.stderr).toMatch(disk.problem);
    await expectTruth(place);
    await disk.free();
    await expectSameEnd(place, start, undisturbed);
  });

  test('a model that was there stays, and none is called saved', { timeout }, async () => {
    const model = join(disk.path, 'model.safetensors');
    const words = ['train', 'pool', '--data', join(home, 'data'), '--out', model];
    const first = await runCli(words, { cwd: disk.path });
    expect(first).toMatchObject({ code: 0 });
    const before = await readFile(model);
    const result = await train(['--out', model], filledMidway());
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toMatch(disk.problem);
    expect(await readFile(model)).toEqual(before);
    expect((await stat(model)).isFile()).toBe(true);
  });
});

describe('the disk is full in the midst of a comparison', () => {
  // Then the first is saved for sure.
  const secondEnded = /seed 1: validation/;
  let compare: string[];
  let whole: Outcome;
  beforeAll(async () => {
    const trials = ['conv(16) + relu + pool', 'conv(8) + relu + pool', '--seeds', '4', '--threads', '1'];
    compare = ['compare', ...trials, '--data', join(home, 'data'), '--batch', '1', '--epochs', '40'];
    whole = await undisturbedRun({ cwd: home, run: 'runs/whole-comparison' }, compare);
  }, timeout);
  const start = (policy: string, onStart: (child: ChildProcess) => void): Promise<CliResult> =>
    runCli([...compare, '--on-save-error', policy, '--out', place.run], { cwd: disk.path, limit, onStart });

  test('stop ends it before all is trained, and the trials that were saved are not trained again', {
    timeout,
  }, async () => {
    const stopped = await start('stop', filledMidway(undefined, secondEnded));
    expect(stopped).toMatchObject({ code: 3, signal: null, stdout: '' });
    expect(stopped.stderr).toMatch(disk.problem);
    expect(stopped.stderr.match(/seed \d: validation/g)!.length).toBeLessThan(8);
    const saved = (await namesIn(place)).filter((name) => /^trial-[0-9a-f]+\.safetensors$/.test(name));
    expect(saved.length).toBeGreaterThan(0);
    await disk.free();
    const resumed = await runCli(['resume', place.run, '--threads', '2'], { cwd: disk.path, limit });
    expect(resumed.stderr).toContain(`${saved.length} of 8 trials`);
    expect(await outcomeOf(join(place.cwd, place.run), resumed)).toEqual(whole);
    expect(await namesIn(place)).toEqual(finished);
  });

  test('continue trains them all with warnings, and ends well if there is room at the end', { timeout }, async () => {
    let isFree = false;
    const goesOn = async (child: ChildProcess, text: string): Promise<void> => {
      if (isFree || !text.includes('would be trained again')) return;
      isFree = true;
      await disk.free(child);
    };
    const result = await start('continue', filledMidway(goesOn, secondEnded));
    expect(result.stderr).toMatch(
      /Warning: conv\S+ \+ relu \+ pool, seed \d, would be trained again by a resumed run\. \S+ cannot be written: .+\n/,
    );
    expect(await outcomeOf(join(place.cwd, place.run), result)).toEqual(whole);
    expect(await namesIn(place)).toEqual(finished);
  });
});
