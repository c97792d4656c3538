/** @file What is known of a run by its folder: what was asked, how far it is, and what came of it. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRecord } from '../comparison/record.ts';
import { DataError, UsageError } from '../errors.ts';
import { secondsOf } from './run-events.ts';
import { isInUse } from './run-lock.ts';
import { planName, type RunPlanRecord, recordName } from './run-plan.ts';

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
  /** By seed. */
  readonly weightsSha256: readonly string[];
}

/** @throws UsageError if there is no run in the folder; DataError if what it says cannot be read */
export async function summarizeRun(path: string): Promise<RunSummary> {
  const record = (await parsed(join(path, recordName))) as RunRecord | undefined;
  if (record) {
    const { command, startedAt, seconds } = record;
    const results = record.studies.flatMap(({ data, settings, architectures }) =>
      architectures.map(({ name, test, runs }): RunOutcome => {
        const weightsSha256 = runs.map((run) => run.weightsSha256);
        return { name, data: data.name, seeds: settings.seeds, testErrorRate: test.mean, weightsSha256 };
      }),
    );
    return { path, command: command.name, line: command.line, startedAt, state: 'finished', seconds, results };
  }
  const plan = (await parsed(join(path, planName))) as RunPlanRecord | undefined;
  if (!plan) {
    throw new UsageError(`${path} is not the folder of a run. Give one that train, compare or notebook made.`);
  }
  const { command, line, startedAt } = plan;
  const seconds = secondsOf(await readFile(join(path, 'events.jsonl'), 'utf8').catch(() => ''));
  return { path, command, line, startedAt, state: (await isInUse(path)) ? 'running' : 'stopped', seconds, results: [] };
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

/** Undefined if there is no such file. @throws DataError */
async function parsed(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${path} is damaged: it is not JSON. Run its command again.`, { cause });
  }
}
