/** @file `ocellus train` and `ocellus resume`, killed at each call of the system, and at any moment. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { writeTinyData } from '../cli-data.ts';
import { runCli } from '../run-cli.ts';
import type { Outcome } from '../run-outcome.ts';
import {
  expectSameEnd,
  expectTruth,
  forEach,
  interruptedRun,
  namesIn,
  type Place,
  trainWords,
  undisturbedRun,
} from './disturbed-run.ts';
import { isFull, limit, some, timeout } from './size.ts';
import { type Call, describeCall, hit, lacksStrace, targetsAmong, trace } from './strace.ts';
import { twinProgram } from './twin-program.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'ocellus-kills-'));
  await writeTinyData(join(cwd, 'tiny'));
});
afterAll(() => rm(cwd, { recursive: true }));

const kill = 'signal=KILL';
const at = (run: string): Place => ({ cwd, run });
/** What failed, with the call at which it was killed. */
const named = async (call: Call, action: () => Promise<void>): Promise<void> => {
  await action().catch((error: Error) => {
    error.message = `killed at ${describeCall(call)}: ${error.message}`;
    throw error;
  });
};

describe.skipIf(lacksStrace)('killed at each call of the system (needs strace)', () => {
  test('a training ends in the same results', { timeout }, async () => {
    const start = trainWords(2);
    const undisturbed = await undisturbedRun(at('runs/whole'), start);
    const { calls } = await trace([...start, '--out', 'runs/traced'], cwd, 'runs/traced');
    const targets = targetsAmong(calls);
    for (const name of ['openat', 'pwrite64', 'write', 'fsync', 'rename', 'close', 'mkdir', 'unlink', 'link']) {
      expect(targets.map((call) => call.name)).toContain(name);
    }
    await forEach(some(targets, 20), (call, number) =>
      named(call, async () => {
        const run = `runs/killed-${number}`;
        await hit([...start, '--out', run], cwd, run, { call, effect: kill });
        await expectTruth(at(run));
        await expectSameEnd(at(run), start, undisturbed, 1 + (number % 2));
      }),
    );
  });

  test('a resumed training does, killed in the save that removes an older checkpoint, and after it', {
    timeout,
  }, async () => {
    const start = trainWords(3);
    const undisturbed = await undisturbedRun(at('runs/whole-3'), start);
    const template = 'runs/template';
    await interruptedRun(at(template), start);
    const copy = async (run: string): Promise<string> => {
      await cp(join(cwd, template), join(cwd, run), { recursive: true });
      return run;
    };
    const resume = (run: string): string[] => ['resume', run, '--threads', '1'];
    const again = await copy('runs/traced-resume');
    const resumed = await trace(resume(again), cwd, again);
    const targets = targetsAmong(resumed.calls);
    const first = targets.findIndex(({ file }) => /^\.checkpoint.*-3\./.test(file));
    const last = targets.findIndex(({ name, file }) => name === 'unlink' && /^checkpoint.*-1\./.test(file));
    expect(first).toBeGreaterThan(10);
    expect(last).toBeGreaterThan(first);
    await forEach(isFull ? targets : targets.slice(first, last + 4), (target, number) =>
      named(target, async () => {
        const run = await copy(`runs/resumed-${number}`);
        await hit(resume(run), cwd, run, { call: target, effect: kill });
        await expectTruth(at(run));
        await expectSameEnd(at(run), start, undisturbed, 1 + (number % 2));
      }),
    );
  });

  test('a program that overwrites its checkpoint is found out', { timeout }, async () => {
    const start = trainWords(2);
    const replaced = 'training/node/checkpoint-folder.js';
    const twin = await twinProgram(join(cwd, 'twin'), replaced, 'test/faults/overwriting-store.js');
    const words = (run: string): string[] => [...start, '--out', run];
    const { calls, result } = await trace(words('runs/twin'), cwd, 'runs/twin', { instead: twin });
    expect(result.code).toBe(0);
    const saves = calls.filter(({ file }) => /^checkpoint.*-1\.safetensors$/.test(file));
    // Of the second: once it is open it is empty.
    const call = saves.filter(({ name }) => name === 'pwrite64')[1]!;
    const problems: string[] = [];
    // On a busy machine it may be killed before it has called the first one saved.
    for (let number = 0; number < 5 && problems.length === 0; number++) {
      const place = at(`runs/overwritten-${number}`);
      await hit(words(place.run), cwd, place.run, { call, effect: kill }, twin);
      await expectTruth(place).catch(({ message }: Error) => problems.push(message));
    }
    expect(problems[0]).toContain('expected 0 to be greater than or equal to 2000000');
  });
});

describe('killed at any moment', () => {
  const start = ['train', 'conv(16) + relu + pool', '--data', './large', '--batch', '1', '--epochs', '12'];
  const random = randomStream(6, 'kills');
  let undisturbed: Outcome;
  /** Milliseconds. */
  let whole: number;
  beforeAll(async () => {
    await writeTinyData(join(cwd, 'large'), { size: 24, train: 300 });
    const started = performance.now();
    undisturbed = await undisturbedRun(at('runs/slow'), start);
    whole = performance.now() - started;
  });

  /** Whether it was killed before its end. */
  const killed = async (words: readonly string[]): Promise<boolean> => {
    const onStart = (child: { kill(signal: 'SIGKILL'): boolean }) => {
      setTimeout(() => child.kill('SIGKILL'), random.integer(Math.ceil(whole)));
    };
    return (await runCli(words, { cwd, limit, onStart })).signal === 'SIGKILL';
  };
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

  test('a training ends in the same results', { timeout }, async () => {
    await forEach(numbers(isFull ? 50 : 3), async (number) => {
      const run = `runs/random-${number}`;
      while (!(await killed([...start, '--threads', '1', '--out', run]))) await rm(join(cwd, run), { recursive: true });
      await expectTruth(at(run));
      await expectSameEnd(at(run), start, undisturbed, 1 + (number % 2));
    });
  });

  test('a resumed training does', { timeout }, async () => {
    await forEach(numbers(isFull ? 20 : 1), async (number) => {
      const run = `runs/again-${number}`;
      do {
        await rm(join(cwd, run), { recursive: true, force: true });
        await killed([...start, '--threads', '1', '--out', run]);
      } while (
        !(await namesIn(at(run))).includes('plan.json') ||
        !(await killed(['resume', run, '--threads', String(1 + (number % 2))]))
      );
      await expectTruth(at(run));
      await expectSameEnd(at(run), start, undisturbed, 2 - (number % 2));
    });
  });
});
