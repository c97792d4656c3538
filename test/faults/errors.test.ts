/** @file `ocellus resume` where a call of the system fails, once or for ever: nothing is lost, and the exit code is honest. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeTinyData } from '../cli-data.ts';
import { type Outcome, outcomeOf } from '../run-outcome.ts';
import {
  expectSameEnd,
  expectTruth,
  finished,
  forEach,
  interruptedRun,
  namesIn,
  type Place,
  trainWords,
  undisturbedRun,
} from './disturbed-run.ts';
import { isFull, timeout } from './size.ts';
import { type Call, describeCall, hit, lacksStrace, targetsAmong, trace } from './strace.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'ocellus-errors-'));
  await writeTinyData(join(cwd, 'tiny'));
});
afterAll(() => rm(cwd, { recursive: true }));

/**
 * What can come of each call; `retval` of a write is a lost one: a byte is not there, and the system says that it is. No
 * system says more than it was given, and Node takes that amiss: hence a single byte.
 */
const effects: Readonly<Record<string, readonly string[]>> = {
  openat: ['error=ENOSPC', 'error=EROFS', 'error=EDQUOT', 'error=EIO'],
  pwrite64: ['error=ENOSPC', 'error=EIO', 'error=EDQUOT', 'retval=1'],
  write: ['error=ENOSPC', 'error=EIO'],
  fsync: ['error=EIO', 'error=ENOSPC', 'error=EDQUOT'],
  rename: ['error=EIO', 'error=ENOSPC', 'error=EROFS'],
  close: ['error=EIO', 'error=ENOSPC'],
  link: ['error=EIO', 'error=ENOSPC'],
  unlink: ['error=EROFS', 'error=EIO'],
};

interface Case {
  readonly call: Call;
  readonly effect: string;
  readonly forEver: boolean;
}

/** All effects of each call, once and for ever; the short form has one each, and one call of each name that fails for ever. */
function casesOf(calls: readonly Call[]): readonly Case[] {
  const all = calls.flatMap((call, place) => {
    const possible = effects[call.name]!;
    const chosen = isFull ? possible : [possible[place % possible.length]!];
    return chosen.flatMap((effect) => [false, true].map((forEver): Case => ({ call, effect, forEver })));
  });
  if (isFull) return all;
  return all.filter(
    ({ forEver, call }, place) => !forEver || all.findIndex((other) => other.call.name === call.name) === place - 1,
  );
}

/** Nothing is done that was not, and what was called saved is there. @returns whether it came to its end */
async function expectHonest(place: Place, one: Case, undisturbed: Outcome): Promise<void> {
  const { cwd, run } = place;
  const { result } = await hit(['resume', run, '--threads', '1'], cwd, run, one);
  expect([0, 3]).toContain(result.code);
  await expectTruth(place, one.call.name === 'unlink' ? Number.POSITIVE_INFINITY : 1);
  const names = await namesIn(place);
  if (result.code === 0) {
    // What is not needed any more is removed another time, where it cannot be removed or listed.
    const mayStay = one.call.name === 'unlink' || one.call.file === '.';
    const isLeft = (name: string): boolean => mayStay && !finished.includes(name);
    expect(names.filter((name) => !isLeft(name))).toEqual(finished);
    expect(await outcomeOf(join(cwd, run), result)).toEqual(undisturbed);
  } else {
    expect(result.stdout).toBe('');
    expect(result.stderr).toMatch(/^\S.* (cannot be|was not) (made|written|read|saved)[:.]? /m);
    expect(result.stderr).not.toMatch(/^ +at /m);
    // The last sync of its folder may fail when all is there, and so may what opens and closes the folder for it.
    const isSync = one.call.file === '.' || one.call.name === 'fsync' || one.call.name === 'close';
    if (!isSync) expect(names).not.toContain('run.json');
  }
}

describe.skipIf(lacksStrace)('a call of the system fails in a resumed training (needs strace)', () => {
  test('the earlier checkpoint stays, and the training ends in the same results', { timeout }, async () => {
    const start = trainWords(3);
    const undisturbed = await undisturbedRun({ cwd, run: 'runs/whole' }, start);
    const template = 'runs/template';
    await interruptedRun({ cwd, run: template }, start);
    const copy = async (run: string): Promise<string> => {
      await cp(join(cwd, template), join(cwd, run), { recursive: true });
      return run;
    };
    const again = await copy('runs/traced');
    const traced = await trace(['resume', again, '--threads', '1'], cwd, again);
    const targets = targetsAmong(traced.calls);
    const first = targets.findIndex(({ name, file }) => name === 'openat' && /^\.checkpoint.*-2\./.test(file));
    const next = targets.findIndex(({ file }) => /^\.checkpoint.*-3\./.test(file));
    expect(next).toBeGreaterThan(first + 8);
    const near = targets.slice(first, next);
    const cases = casesOf(isFull ? targets : targets.filter((call) => near.includes(call)));
    expect(cases.length).toBeGreaterThan(isFull ? 200 : 15);
    await forEach(cases, async (one, number) => {
      const place = { cwd, run: await copy(`runs/failed-${number}`) };
      try {
        await expectHonest(place, one, undisturbed);
        await expectSameEnd(place, start, undisturbed, 1 + (number % 2));
      } catch (error) {
        const { call, effect, forEver } = one;
        (error as Error).message =
          `${effect} ${forEver ? 'from' : 'at'} ${describeCall(call)}: ${(error as Error).message}`;
        throw error;
      }
      await rm(join(cwd, place.run), { recursive: true });
    });
  });
});
