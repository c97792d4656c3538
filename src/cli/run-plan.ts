/**
 * @file `plan.json`: what a run was asked for, so that `ocellus resume` can ask for it again. It is there before anything is
 * computed; `run.json`, which says what came of it, comes last of all.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readWholeFile } from '../data/node/read-file.ts';
import { DataError, UsageError } from '../errors.ts';
import { numericsVersion } from '../numerics-version.ts';
import type { Body } from './command.ts';

export const planName = 'plan.json';
export const recordName = 'run.json';

export interface RunPlanRecord {
  readonly schema: 'ocellus/plan/1';
  /** The command's name, and its options and arguments. */
  readonly command: string;
  readonly input: Body;
  /** The command line that gives the same results. */
  readonly line: string;
  /** Where paths in the input start. */
  readonly cwd: string;
  readonly startedAt: string;
  readonly versions: { readonly ocellus: string; readonly node: string; readonly numericsVersion: number };
}

/** @throws UsageError if it is no run, or has finished; DataError if its plan is damaged, or of another release's making */
export async function readPlan(folder: string): Promise<RunPlanRecord> {
  if (await exists(join(folder, recordName))) {
    throw new UsageError(`The run ${folder} has finished. Its report is ${join(folder, 'report.html')}.`);
  }
  const path = join(folder, planName);
  if (!(await exists(path))) {
    throw new UsageError(
      `${folder} is not the folder of a run: it has no ${planName}. Give one that train, compare or notebook made.`,
    );
  }
  let plan: RunPlanRecord;
  try {
    plan = JSON.parse(new TextDecoder().decode(await readWholeFile(path)));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new DataError(`${path} is damaged: it is not JSON. Start the run anew.`, { cause });
  }
  if (plan?.schema !== 'ocellus/plan/1') {
    throw new DataError(
      `${path} needs to be of the form ocellus/plan/1. Use the release that wrote it, or start anew.`,
    );
  }
  const isWhole = typeof plan.command === 'string' && typeof plan.input === 'object' && typeof plan.cwd === 'string';
  if (!isWhole) throw new DataError(`${path} is damaged: it does not say what was asked for. Start the run anew.`);
  const { versions } = plan;
  if (versions?.numericsVersion !== numericsVersion) {
    throw new DataError(
      `The run ${folder} was started by release ${versions?.ocellus}, whose numerics version is ${versions?.numericsVersion}; this one's is ${numericsVersion}, so it would end otherwise. Use that release, or start anew.`,
    );
  }
  return plan;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
