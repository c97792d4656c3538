/**
 * @file A run's folder of plain files: `plan.json`, an append-only `events.jsonl`, checkpoints while it runs, and what else a
 * command leaves, `run.json` last. It is made when all input has been checked, belongs to one process at a time, and each
 * file in it is there whole or not at all.
 */
import { appendFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkStudy, type Study } from '../comparison/study.ts';
import type { DataSet } from '../data/data-set.ts';
import { checkWritable, explained, targetOfTemporary, writeFileAtomically } from '../data/node/atomic-file.ts';
import { keepName, makeFolder } from '../data/node/make-folder.ts';
import { UsageError } from '../errors.ts';
import { numericsVersion } from '../numerics-version.ts';
import type { Body } from './command.ts';
import { resumeLine } from './command-line.ts';
import type { Context } from './context.ts';
import { choice, type Option, text } from './options.ts';
import { secondsOf } from './run-events.ts';
import { lockFolder, lockName, refuseIfInUse } from './run-lock.ts';
import { type DataPrints, planName, type RunPlanRecord, recordName, refuseOtherData } from './run-plan.ts';
import { version } from './version.ts';

export const outOption = text('folder', 'where the run is kept; runs/<time>-<command> by default');

/** Stop where it is left out. */
export type OnSaveError = 'stop' | 'continue' | undefined;

export const onSaveErrorOption: Option<OnSaveError> = {
  ...choice('what a run does when it cannot be saved; stop by default', 'stop', 'continue'),
  default: undefined,
};

/** More than a model's record takes in its file, beside the weights. */
export const recordBytes = 32_768;

const modelFile = 'model.safetensors';

export interface RunFolder {
  /** As it was given, for messages. */
  readonly path: string;
  /** From the root. */
  readonly root: string;
  readonly startedAt: Date;
  /** The command line that gives the same results. */
  readonly line: string;
  /** Of this run so far, in all sittings. */
  seconds(): number;
  /**
   * Makes sure that there is room for the models of a study.
   * @throws DataError
   */
  checkSpace(study: Study, data: DataSet): Promise<void>;
  /** Adds a line to `events.jsonl`: when, and what. Where that fails, a warning says so once. */
  event(kind: string, details?: Readonly<Record<string, unknown>>): void;
  /** @throws DataError */
  write(name: string, content: string | Uint8Array): Promise<void>;
  /** Null where there is no such file. @throws DataError */
  read(name: string): Promise<Uint8Array | null>;
  /** Removes what only a run that goes on needs. Where that fails, a warning says so. */
  finish(): Promise<void>;
  /** Gives the folder back. */
  close(): Promise<void>;
}

/** What is written down of a run before it starts. */
export interface Asked {
  readonly command: string;
  readonly input: Body;
  readonly line: string;
  readonly data: DataPrints;
}

interface Resumed {
  readonly folder: RunFolder;
  readonly plan: RunPlanRecord;
}

const resumedRuns = new WeakMap<Context, Resumed>();

/** The same context, for a command that goes on with a run instead of starting one. */
export function resumedIn(resumed: Resumed, context: Context): Context {
  const own: Context = Object.create(context);
  resumedRuns.set(own, resumed);
  return own;
}

/**
 * The folder of the run that is resumed, or a new one. It is this process's until it is closed.
 * @param out the folder asked for
 * @throws UsageError if there is something in it already; DataError if nothing can be written there, or a resumed run was
 *   started on other data
 */
export async function createRunFolder(out: string | undefined, asked: Asked, context: Context): Promise<RunFolder> {
  const resumed = resumedRuns.get(context);
  if (resumed) {
    if (resumed.plan.data) refuseOtherData(resumed.folder.path, resumed.plan.data, asked.data);
    return resumed.folder;
  }
  const startedAt = new Date();
  const { command, input, line, data } = asked;
  const path =
    out ?? (await newFolder('runs', `${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}-${command}`));
  await refuseIfInUse(path);
  const names = await explained(path, 0, () => readdir(path).catch(noneWhereNothingIs));
  const inside = names.filter((name) => !isLeftByAStart(name));
  if (inside.length > 0) {
    const resumable =
      inside.includes(planName) && !inside.includes(recordName) ? `, or go on with: ${resumeLine(path)}` : '';
    throw new UsageError(
      `A run needs an empty folder, or a new one, but ${path} holds files. Give another with --out${resumable}.`,
    );
  }
  await makeFolder(path, remedy);
  try {
    // Whoever made it may not have done this.
    await explained(path, 0, () => keepName(resolve(path)));
    await checkWritable(join(path, 'events.jsonl'));
  } catch (error) {
    // Nothing is left behind; what was there before is not empty, or was made by somebody else.
    if (inside.length === 0) await rmdir(path).catch(() => {});
    throw error;
  }
  const plan: RunPlanRecord = {
    schema: 'ocellus/plan/1',
    command,
    input,
    line,
    data,
    cwd: process.cwd(),
    startedAt: startedAt.toISOString(),
    versions: { ocellus: version(), node: process.versions.node, numericsVersion },
  };
  const folder = await openRunFolder(path, plan, context);
  try {
    await folder.write(planName, `${JSON.stringify(plan, null, 2)}\n`);
  } catch (error) {
    await folder.close();
    throw error;
  }
  folder.event('started', { line });
  return folder;
}

/**
 * Takes a run's folder for this process.
 * @throws UsageError naming the process that has it
 */
export async function openRunFolder(
  path: string,
  { line, startedAt, command }: RunPlanRecord,
  context: Context,
): Promise<RunFolder> {
  const root = resolve(path);
  const unlock = await lockFolder(path, root, `ocellus ${command}`);
  await removeIfPossible(root, (name) => ![undefined, lockName].includes(targetOfTemporary(name)));
  const events = join(root, 'events.jsonl');
  const before = await readFile(events, 'utf8').catch(() => '');
  // A line that was cut short, by a kill or a full disk, stays one of its own.
  let isCut = before !== '' && !before.endsWith('\n');
  const secondsBefore = secondsOf(before);
  const opened = performance.now();
  let isToldOf = false;
  return {
    path,
    root,
    line,
    startedAt: new Date(startedAt),
    seconds: () => secondsBefore + (performance.now() - opened) / 1000,
    async checkSpace(study, data) {
      const sizes = checkStudy(study, data).map(({ parameters }) => 4 * parameters);
      await checkWritable(join(root, modelFile), Math.max(...sizes) + recordBytes);
    },
    event(kind, details = {}) {
      try {
        const line = JSON.stringify({ time: new Date().toISOString(), kind, ...details });
        appendFileSync(events, `${isCut ? '\n' : ''}${line}\n`);
        isCut = false;
      } catch (error) {
        isCut = true;
        // What the run comes to does not depend on it.
        if (!isToldOf) context.warn(`${join(path, 'events.jsonl')} lacks events: ${(error as Error).message}.`);
        isToldOf = true;
      }
    },
    async write(name, content) {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      await writeFileAtomically(join(root, name), bytes);
    },
    async read(name) {
      return explained(join(root, name), 0, () =>
        readFile(join(root, name)).catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return null;
          throw error;
        }),
      );
    },
    async finish() {
      for (const name of await removeIfPossible(root, isPassing)) {
        context.warn(`${join(path, name)} is needed no longer, but cannot be removed.`);
      }
    },
    close: unlock,
  };
}

const remedy = 'Give another one with --out.';

/** Checkpoints, finished trials, and what a killed process left half-written. */
const isPassing = (name: string): boolean =>
  /^((checkpoint|trial)-.*\.safetensors|(\.|lock\.json\.).*\.tmp)$/.test(name);

/** A process that was killed before it had written its plan has computed nothing. */
const isLeftByAStart = (name: string): boolean =>
  name === lockName || ['events.jsonl', lockName, planName].includes(targetOfTemporary(name) ?? '');

/** Removes the files of these names. @returns the names of those that stay */
async function removeIfPossible(folder: string, isMeant: (name: string) => boolean): Promise<string[]> {
  const stay: string[] = [];
  for (const name of (await namesIn(folder)).filter(isMeant)) {
    await unlink(join(folder, name)).catch(() => stay.push(name));
  }
  return stay;
}

/** Does, if it can, what the process of a run that has finished had no time for: it was killed at the very end. */
export async function tidyFinished(path: string): Promise<void> {
  const names = await namesIn(path);
  if (!names.includes(recordName) || !names.some((name) => name === lockName || isPassing(name))) return;
  const unlock = await lockFolder(path, resolve(path), 'ocellus resume').catch(() => undefined);
  if (!unlock) return;
  await removeIfPossible(resolve(path), isPassing);
  await unlock();
}

/** Makes a folder of that name, or with a number behind it if other runs start in the same second. */
async function newFolder(above: string, name: string): Promise<string> {
  await makeFolder(above, remedy);
  for (let number = 1; ; number++) {
    const path = join(above, number === 1 ? name : `${name}-${number}`);
    try {
      await mkdir(path);
      return path;
    } catch (error) {
      // makeFolder says what is wrong.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return path;
    }
  }
}

/** For names in a folder that is not there, or is none: making it will tell. */
function noneWhereNothingIs(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
  throw error;
}

/** None if it cannot be looked into. */
const namesIn = (path: string): Promise<string[]> => readdir(path).catch(() => []);
