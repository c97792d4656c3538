/**
 * @file `plan.json`: what a run was asked for, so that `ocellus resume` can ask for it again. It is there before anything is
 * computed; `run.json`, which says what came of it, comes last of all.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type JsonPlace, readRecord, requireForm } from '../data/json-place.ts';
import { readWholeFile } from '../data/node/read-file.ts';
import { DataError, UsageError } from '../errors.ts';
import { numericsVersion } from '../numerics-version.ts';
import type { Arguments, Body, Command } from './command.ts';
import { readSection } from './config.ts';

export const planName = 'plan.json';
export const recordName = 'run.json';

/** The fingerprints of data sets, by name. */
export type DataPrints = Readonly<Record<string, { readonly train: string; readonly test: string }>>;

export interface RunPlanRecord {
  readonly schema: 'ocellus/plan/1';
  /** The command's name, and its options and arguments. */
  readonly command: string;
  readonly input: Body;
  /** The command line that gives the same results. */
  readonly line: string;
  /** Plans of the first runs have none. */
  readonly data?: DataPrints;
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
  const plan = parsePlan(await readWholeFile(path), path);
  const { versions } = plan;
  if (versions.numericsVersion !== numericsVersion) {
    throw new DataError(
      `The run ${folder} was started by release ${versions.ocellus}, whose numerics version is ${versions.numericsVersion}; this one's is ${numericsVersion}, so it would end otherwise. Use that release, or start anew.`,
    );
  }
  return plan;
}

const form = 'ocellus/plan/1';
const remedy = 'Start the run anew.';

/** @param name of the file, for messages. @throws DataError */
export function parsePlan(json: string | Uint8Array, name: string): RunPlanRecord {
  const plan = readRecord(json, name, remedy);
  requireForm(plan, form, name);
  const startedAt = plan.get('startedAt');
  if (!Number.isFinite(Date.parse(startedAt.text()))) throw startedAt.error('a time');
  const versions = plan.get('versions');
  plan.get('input').keys();
  const data = plan.find('data');
  return {
    schema: form,
    command: plan.get('command').text(),
    input: plan.get('input').value as Body,
    line: plan.get('line').text(),
    ...(data ? { data: readPrints(data) } : {}),
    cwd: plan.get('cwd').text(),
    startedAt: startedAt.text(),
    versions: {
      ocellus: versions.get('ocellus').text(),
      node: versions.get('node').text(),
      numericsVersion: versions.get('numericsVersion').whole(0),
    },
  };
}

const readPrints = (data: JsonPlace): DataPrints =>
  Object.fromEntries(
    data.keys().map((name) => {
      const prints = data.get(name);
      return [name, { train: prints.get('train').text(), test: prints.get('test').text() }];
    }),
  );

/** @throws DataError if the run was started on other data: it would not end as it would have */
export function refuseOtherData(path: string, before: DataPrints, now: DataPrints): void {
  for (const name of Object.keys({ ...before, ...now })) {
    const [known, found] = [before[name], now[name]];
    const problem = !known
      ? `${name} was not there`
      : !found
        ? `${name} is not here any more`
        : found.train !== known.train
          ? `the training images of ${name} are others`
          : found.test !== known.test
            ? `the test images of ${name} are others`
            : undefined;
    if (problem === undefined) continue;
    throw new DataError(
      `The run ${path} was started on other data: ${problem}. Put back what was there, or start anew.`,
    );
  }
}

/**
 * What the plan asks of a command, read as strictly as a configuration is.
 * @param name of the file, for messages
 * @throws DataError
 */
export function inputOf({ input }: RunPlanRecord, { options, arguments: parameters }: Command, name: string): Body {
  const part = `${name} is damaged: its input.`;
  try {
    const given = readSection(input, options, `${name} is damaged: its input`, part, Object.keys(parameters));
    return { ...given, ...argumentsOf(input, parameters, part) };
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    throw new DataError(`${cause.message} ${remedy}`, { cause });
  }
}

function argumentsOf(input: Body, parameters: Arguments, part: string): Body {
  const isText = (value: unknown): boolean => typeof value === 'string';
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, parameter]): [string, unknown][] => {
      const { variadic = false, optional = false } = typeof parameter === 'string' ? {} : parameter;
      const value = Object.hasOwn(input, name) ? input[name] : undefined;
      if (value === undefined && optional) return [];
      const fits = variadic ? Array.isArray(value) && value.length > 0 && value.every(isText) : isText(value);
      if (!fits) throw new UsageError(`${part}${name} needs ${variadic ? 'a list of texts' : 'a text'}.`);
      return [[name, value]];
    }),
  );
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
