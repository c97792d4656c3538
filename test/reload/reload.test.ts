/** @file A training in a page goes on to the same bits, however the page ended, and whatever became of its checkpoints. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { readCheckpoint } from '../../src/training/checkpoint.ts';
import { train } from '../../src/training/train.ts';
import { lacksChromium } from '../browser/chromium.ts';
import { KeptPage, type Where } from './kept-page.ts';
import type { Sitting, Told } from './page/answers.ts';
import { data, model, options, type Result, resultOf } from './training.ts';

let kept: KeptPage;
let undisturbed: Result;
beforeAll(async () => {
  if (lacksChromium) return;
  kept = await KeptPage.open();
  undisturbed = resultOf(await train(model, data, options));
});
afterAll(() => kept?.close());

type End = 'reload' | 'closeTab' | 'crash' | 'kill';

/** How far a training was when it was saved. */
const far = ({ epoch, position }: { readonly epoch: number; readonly position: number }): number =>
  1e4 * epoch + position;

/** A training in the page: what it tells, and what it has in the end. */
function start(where: Where, name: string, sitting: Sitting = {}) {
  const told: Told[] = [];
  kept.onTold = (one) => told.push(one);
  const result = kept.ask(where, 'train', name, sitting);
  result.catch(() => {});
  return { told, result, saved: () => told.flatMap(({ saved }) => (saved ? [far(saved)] : [])) };
}

type Run = ReturnType<typeof start>;

/** When it was saved so often, and has not ended. */
async function untilSaved({ saved, result }: Run, saves: number): Promise<void> {
  const ended = result.then(() => Promise.reject(new Error('The training ended too soon.')));
  const isSaved = () => expect(saved().length).toBeGreaterThanOrEqual(saves);
  await Promise.race([ended, vi.waitFor(isSaved, { interval: 5, timeout: 30_000 })]);
}

/** Where the checkpoint stands that the next training would go on from. */
const safe = async (name: string): Promise<number> =>
  far((await readCheckpoint((await kept.ask('page', 'load', name))!)).standing);

describe.skipIf(lacksChromium)('a training in a page', () => {
  test('has the bits of Node', async () => {
    expect(await kept.ask('page', 'train', null, {})).toEqual(undisturbed);
  });

  test.each<[string, Where]>([
    ["the page's own thread", 'page'],
    ['a worker, with 1 thread and 2 by turns', 'worker'],
  ])(
    'goes on in %s after reloads, in another tab, after a crash, and when the browser was killed',
    async (_, where) => {
      const random = randomStream(0, where);
      let before = 0;
      for (const [place, end] of (['reload', 'closeTab', 'crash', 'reload', 'kill'] satisfies End[]).entries()) {
        const run = start(where, where, { threads: where === 'page' ? 1 : 1 + (place % 2) });
        await untilSaved(run, 2 + random.integer(12));
        await kept[end]();
        // What was called saved before is where it went on from.
        expect(run.saved()[0]).toBeGreaterThan(before);
        before = run.saved().at(-1)!;
      }
      expect(await safe(where)).toBeGreaterThanOrEqual(before);
      const last = start(where, where, { everySteps: 100 });
      expect(await last.result).toEqual(undisturbed);
      expect(last.saved()[0]).toBeGreaterThan(before);
    },
  );

  test('goes on from the checkpoint before one that is damaged, which it names', async () => {
    const run = start('worker', 'damaged', { threads: 2 });
    await untilSaved(run, 3);
    await kept.reload();
    const [before, newest] = (await kept.ask('page', 'numbers', 'damaged')).slice(-2) as [number, number];
    const bytes = (await kept.ask('page', 'load', 'damaged'))!;
    bytes[randomStream(0, 'damage').integer(bytes.length)]! ^= 4;
    await kept.ask('page', 'overwrite', 'damaged', newest, bytes);
    const next = start('worker', 'damaged', { everySteps: 100 });
    expect(await next.result).toEqual(undisturbed);
    const damaged = `Checkpoint ${newest} of "damaged" is damaged: its bytes do not have the SHA-256 that it was written with.`;
    expect(next.told[0]).toEqual({ warning: `${damaged} Checkpoint ${before} of "damaged" is used.` });
  });

  describe('whose browser keeps no more', () => {
    /** Enough for some checkpoints of 9.5 KB and more. */
    const limit = 300_000;
    const full =
      /DataError: Checkpoint \d+ of "\w+" cannot be written: the browser keeps no more for http:\/\/127\.0\.0\.1:\d+, which has 0\.\d MB there\. Make room for \d+\.\d KB in this site's storage, or on the disk\./;

    test('ends with a clear error; its checkpoint is intact, and it goes on from there', async () => {
      await kept.emptyStorage(limit);
      const run = start('worker', 'stops');
      await expect(run.result).rejects.toThrow(full);
      expect(await safe('stops')).toBe(run.saved().at(-1));
      await kept.unlimitStorage();
      expect(await start('page', 'stops', { everySteps: 100 }).result).toEqual(undisturbed);
    });

    test('goes on unsaved where that is wished; its checkpoint is intact', async () => {
      await kept.emptyStorage(limit);
      const run = start('page', 'unsaved', { goesOnUnsaved: true });
      expect(await run.result).toEqual(undisturbed);
      await kept.unlimitStorage();
      const failures = run.told.flatMap(({ notSaved }) => notSaved ?? []);
      expect(failures.length).toBeGreaterThan(100);
      for (const failure of failures) expect(failure).toMatch(full);
      expect(await safe('unsaved')).toBe(run.saved().at(-1));
    });
  });

  test('keeps other tabs out, which name it, and lets them in when it is closed', async () => {
    const run = start('worker', 'shared', { epochs: 1e6 });
    await untilSaved(run, 2);
    const back = await kept.openTab();
    const inUse =
      /UsageError: The store "shared" is in use by http:\/\/127\.0\.0\.1:\d+\/assets\/worker-[\w-]+\.js since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\. Close that page, or wait for the end of its training, or give this one a store of another name\./;
    const others = await Promise.allSettled([
      kept.ask('page', 'train', 'shared', {}),
      kept.ask('worker', 'train', 'shared', {}),
      kept.ask('page', 'clear', 'shared'),
      kept.ask('page', 'train', 'of another name', { epochs: 1 }),
    ]);
    for (const other of others.slice(0, 3)) {
      expect(String((other as PromiseRejectedResult).reason)).toMatch(inUse);
    }
    expect(others[3]).toMatchObject({ status: 'fulfilled' });
    await back();
    await kept.closeTab();
    await kept.ask('page', 'clear', 'shared');
    expect(await kept.ask('page', 'load', 'shared')).toBe(null);
  });
});
