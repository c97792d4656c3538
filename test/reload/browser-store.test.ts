/** @file Checkpoints in the browser: what every store keeps to, and what is there whenever a page is killed while it saves. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { NumberedStore } from '../../src/training/numbered-store.ts';
import { lacksChromium } from '../browser/chromium.ts';
import { checkNumberedStore, files, placeOf } from '../check-store.ts';
import { KeptPage } from './kept-page.ts';

let kept: KeptPage;
beforeAll(async () => {
  if (!lacksChromium) kept = await KeptPage.open();
});
afterAll(() => kept?.close());

/** Another one for each test. */
let name: string;
beforeEach(({ task }) => {
  name = `of "${task.name}"`;
});

/** The page's store, as one in Node. */
function openInPage(onWarning?: (message: string) => void): NumberedStore {
  kept.onTold = ({ warning }) => warning !== undefined && onWarning?.(warning);
  const opened = kept.ask('page', 'open', name);
  return {
    save: (bytes) => opened.then(() => kept.ask('page', 'save', name, bytes)),
    load: () => opened.then(() => kept.ask('page', 'load', name)),
    clear: () => opened.then(() => kept.ask('page', 'clear', name)),
  };
}

/** Breaks a save off at each of its calls of the database. @returns how many, and where the promise was broken */
async function violationsOf({
  overwrites,
}: {
  readonly overwrites: boolean;
}): Promise<{ calls: number; bad: string[] }> {
  const bad: string[] = [];
  for (let call = 1; ; call++) {
    const store = openInPage();
    await store.clear();
    await store.save(files[0]!);
    let isFrozen = false;
    const broken = new Promise<void>((resolve) => {
      kept.onTold = ({ frozen }) => {
        isFrozen ||= frozen === true;
        if (frozen) resolve();
      };
    });
    const saved = kept.ask('worker', 'saveFrozen', name, files[1]!, call, overwrites);
    saved.catch(() => {});
    await Promise.race([broken, saved]);
    await kept.crash();
    const after = openInPage();
    const there = placeOf(await after.load());
    if (isFrozen ? there < 0 : there !== 1) bad.push(`call ${call}: ${there} is there`);
    await after.save(files[2]!);
    if (placeOf(await after.load()) !== 2) bad.push(`call ${call}: no more can be saved`);
    if (!isFrozen || bad.length > 0) return { calls: call - 1, bad };
  }
}

describe.skipIf(lacksChromium)('a store in a browser', () => {
  checkNumberedStore({
    open: openInPage,
    numbers: () => kept.ask('page', 'numbers', name),
    nameOf: (number) => `Checkpoint ${number} of "${name}"`,
    overwrite: (number, bytes) => kept.ask('page', 'overwrite', name, number, bytes),
  });

  test('is apart from those of other names', async () => {
    await kept.ask('page', 'save', 'a', files[1]!);
    for (const file of files.slice(0, 3)) await kept.ask('page', 'save', 'a 1', file);
    expect(await kept.ask('page', 'numbers', 'a')).toEqual([1]);
    expect(placeOf(await kept.ask('worker', 'load', 'a'))).toBe(1);
    await kept.ask('page', 'clear', 'a');
    expect(placeOf(await kept.ask('worker', 'load', 'a 1'))).toBe(2);
  });

  test('overwrites nothing where two write at a time', async () => {
    const problem = `DataError: Checkpoint 1 of "${name}" cannot be written: another page has written one meanwhile`;
    const remedy = 'Close that page, or give this training a store of another name.';
    expect(await kept.ask('page', 'saveTwice', name, files[0]!, files[1]!)).toEqual(['saved', `${problem}. ${remedy}`]);
    expect(placeOf(await kept.ask('page', 'load', name))).toBe(0);
  });

  test('has the old one or the new one, wherever in a save its page is killed', async () => {
    const { calls, bad } = await violationsOf({ overwrites: false });
    expect(bad).toEqual([]);
    expect(calls).toBeGreaterThanOrEqual(12);
  });

  test('would have none, if it overwrote the one it has', async () => {
    expect(await violationsOf({ overwrites: true })).toEqual({ calls: 3, bad: ['call 4: -1 is there'] });
  });
});
