/** @file What is known of a run by its folder: what was asked, how far it is, and what came of it. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type JsonPlace, readRecord, requireForm } from '../data/json-place.ts';
import { UsageError } from '../errors.ts';
import { secondsOf } from './run-events.ts';
import { isInUse } from './run-lock.ts';
import { parsePlan, planName, recordName } from './run-plan.ts';

export interface RunSummary {
  readonly path: string;
  readonly command: string;
  readonly line: string;
  readonly startedAt: string;
  /** `stopped` ones can be resumed. */
  readonly state: 'finished' | 'running' | 'stopped';
  readonly seconds: number;
  /** Of each study's architectures, once the run has finished. */
  readonly results: readonly RunOutcome[];
}

export interface RunOutcome {
  readonly name: string;
  readonly data: string;
  readonly seeds: readonly number[];
  /** Mean over the seeds. */
  readonly testErrorRate: number;
  /** By seed, and the arithmetic that each is of. */
  readonly weightsSha256: readonly string[];
  readonly arithmetic: readonly string[];
}

/** @throws UsageError if there is no run in the folder; DataError if what it says cannot be read */
export async function summarizeRun(path: string): Promise<RunSummary> {
  const finished = await summarizeFinished(path);
  if (finished) return finished;
  const plan = await readIfThere(join(path, planName));
  if (!plan) {
    throw new UsageError(`${path} is not the folder of a run. Give one that train, compare or notebook made.`);
  }
  const { command, line, startedAt } = parsePlan(plan, join(path, planName));
  const seconds = secondsOf(await readFile(join(path, 'events.jsonl'), 'utf8').catch(() => ''));
  return { path, command, line, startedAt, state: (await isInUse(path)) ? 'running' : 'stopped', seconds, results: [] };
}

/** Undefined where the run has not finished. @throws DataError if what came of it cannot be read */
export async function summarizeFinished(path: string): Promise<RunSummary | undefined> {
  const record = await readIfThere(join(path, recordName));
  return record && { path, ...parseRunRecord(record, join(path, recordName)) };
}

/** @param name of the file, for messages. @throws DataError */
export function parseRunRecord(json: string | Uint8Array, name: string): Omit<RunSummary, 'path'> {
  const record = readRecord(json, name, 'Run its command again.');
  requireForm(record, 'ocellus/run/1', name);
  const command = record.get('command');
  return {
    command: command.get('name').text(),
    line: command.get('line').text(),
    startedAt: record.get('startedAt').text(),
    state: 'finished',
    seconds: record.get('seconds').number(),
    results: record.get('studies').list().flatMap(outcomesOf),
  };
}

function outcomesOf(study: JsonPlace): RunOutcome[] {
  const data = study.get('data').get('name').text();
  const seeds = study
    .get('settings')
    .get('seeds')
    .list()
    .map((seed) => seed.whole(0));
  const architectures = study.get('architectures').list();
  return architectures.map((architecture) => {
    const runs = architecture.get('runs').list();
    return {
      name: architecture.get('name').text(),
      data,
      seeds,
      testErrorRate: architecture.get('test').get('mean').number(),
      weightsSha256: runs.map((run) => run.get('weightsSha256').text()),
      arithmetic: runs.map((run) => run.find('arithmetic')?.text() ?? 'float32'),
    };
  });
}

/** The runs in a folder, by name; none if it does not exist. */
export async function runsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const paths = names.sort().map((name) => join(folder, name));
  const isRun = (path: string): Promise<boolean> =>
    Promise.any([planName, recordName].map((name) => stat(join(path, name)))).then(
      () => true,
      () => false,
    );
  const found = await Promise.all(paths.map(isRun));
  return paths.filter((_, place) => found[place]);
}

const readIfThere = (path: string): Promise<Uint8Array | undefined> => readFile(path).catch(() => undefined);
