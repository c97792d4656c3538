/** @file Runs of `ocellus train` that are disturbed: what must be true of their folder, and of what they come to. */
import * as nodeFileSystem from 'node:fs/promises';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readCheckpoint, type Standing } from '../../src/training/checkpoint.ts';
import { folderStore } from '../../src/training/node/checkpoint-folder.ts';
import { type CliResult, runCli } from '../run-cli.ts';
import { type Outcome, outcomeOf } from '../run-outcome.ts';
import { limit } from './size.ts';
import { hit, trace } from './strace.ts';

export const finished = [
  'events.jsonl',
  'model.safetensors',
  'plan.json',
  'predictions.json',
  'report.csv',
  'report.html',
  'report.md',
  'run.json',
];

export const isTemporary = (name: string): boolean => name.endsWith('.tmp');

/** A training, by how many epochs: the first and the last are saved in any case, the others where that takes little time. */
export const trainWords = (epochs: number): readonly string[] => [
  ...['train', 'conv(4) + relu + pool', '--data', './tiny', '--batch', '8', '--threads', '1'],
  ...['--epochs', String(epochs)],
];

/** A run's folder, from the folder where it was started. */
export interface Place {
  readonly cwd: string;
  readonly run: string;
}

const folderOf = ({ cwd, run }: Place): string => join(cwd, run);

export const namesIn = async (place: Place): Promise<string[]> =>
  (await readdir(folderOf(place)).catch((): string[] => [])).sort();

/** Images that were trained on, counting epochs as longer than any. */
const progressOf = ({ epoch, position }: Pick<Standing, 'epoch' | 'position'>): number => 1e6 * epoch + position;

/** Where the last save was, of those that were called saved; 0 if none was. */
async function calledSaved(place: Place): Promise<number> {
  const text = await readFile(join(folderOf(place), 'events.jsonl'), 'utf8').catch(() => '');
  const events = text.split('\n').flatMap((line) => (line.endsWith('}') ? [JSON.parse(line)] : []));
  const saved = events.filter(({ kind }) => kind === 'saved');
  return Math.max(0, ...saved.map(({ epoch, images }) => progressOf({ epoch, position: images })));
}

/** Where it would go on; 0 at the start. Changes nothing. */
async function standing(place: Place): Promise<number> {
  const names = await namesIn(place);
  if (names.some((name) => /^trial-[0-9a-f]+\.safetensors$/.test(name))) return Number.POSITIVE_INFINITY;
  const store = names.flatMap((name) => /^(checkpoint.*)-\d+\.safetensors$/.exec(name)?.[1] ?? [])[0];
  if (store === undefined) return 0;
  const fileSystem = { ...nodeFileSystem, unlink: async () => {} };
  const bytes = await folderStore(folderOf(place), { name: store, fileSystem }).load();
  return bytes ? progressOf((await readCheckpoint(bytes)).standing) : 0;
}

/** Whatever happened: what was called saved is there, and at most so many files are half-written. */
export async function expectTruth(place: Place, mostTemporaries = 1): Promise<void> {
  const names = await namesIn(place);
  // At the end checkpoints go.
  if (!names.includes('run.json')) expect(await standing(place)).toBeGreaterThanOrEqual(await calledSaved(place));
  // A lock's own are no content, and go at the end.
  const halfWritten = names.filter((name) => isTemporary(name) && !name.includes('lock.json'));
  expect(halfWritten.length).toBeLessThanOrEqual(mostTemporaries);
}

/**
 * Goes on to the end: resumes, or starts again where nothing was begun.
 * @param start the words that the run was started with
 */
export async function expectSameEnd(
  place: Place,
  start: readonly string[],
  undisturbed: Outcome,
  threads = 1,
): Promise<void> {
  const { cwd, run } = place;
  const before = await namesIn(place);
  const hasEnded = before.includes('run.json');
  const words = before.includes('plan.json') ? ['resume', run, '--threads', String(threads)] : [...start, '--out', run];
  const result = await runCli(words, { cwd, limit });
  expect(result.signal, `It took too long: ${result.stderr}`).toBe(null);
  if (hasEnded) {
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain(`The run ${run} has finished.`);
  }
  const { table, code, ...rest } = await outcomeOf(folderOf(place), result);
  const { table: wholeTable, code: wholeCode, ...whole } = undisturbed;
  expect(rest).toEqual(whole);
  if (!hasEnded) expect([code, table]).toEqual([wholeCode, wholeTable]);
  expect(result.stderr).not.toContain('damaged');
  expect(await namesIn(place)).toEqual(finished);
}

export async function undisturbedRun(place: Place, start: readonly string[]): Promise<Outcome> {
  const result: CliResult = await runCli([...start, '--out', place.run], { cwd: place.cwd, limit });
  expect(result).toMatchObject({ code: 0, signal: null });
  return outcomeOf(folderOf(place), result);
}

/** A run that was killed in its second save: it has one checkpoint, and the beginning of another. */
export async function interruptedRun(place: Place, start: readonly string[]): Promise<void> {
  const { cwd, run } = place;
  const words = [...start, '--out', run];
  const { calls } = await trace(words, cwd, run);
  await rm(folderOf(place), { recursive: true });
  const call = calls.find(({ name, file }) => name === 'fsync' && /^\.checkpoint.*-2\./.test(file))!;
  await hit(words, cwd, run, { call, effect: 'signal=KILL' });
  const names = await namesIn(place);
  expect(names.filter((name) => name.startsWith('checkpoint'))).toHaveLength(1);
  expect(names.filter(isTemporary)).toHaveLength(1);
}

/** Does it for each, so many at once. */
export async function forEach<T>(
  all: readonly T[],
  action: (one: T, place: number) => Promise<void>,
  atOnce = 3,
): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let place = next++; place < all.length; place = next++) await action(all[place]!, place);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
