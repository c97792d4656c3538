/**
 * @file A run's folder of plain files: `run.json`, an append-only `events.jsonl`, and what else a command leaves. It is made
 * when all input has been checked, and each file in it is there whole or not at all.
 */
import { appendFileSync } from 'node:fs';
import { mkdir, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkStudy, type Study } from '../comparison/study.ts';
import type { DataSet } from '../data/data-set.ts';
import { checkWritable, writeFileAtomically } from '../data/node/atomic-file.ts';
import { DataError, UsageError } from '../errors.ts';
import { text } from './options.ts';

export const outOption = text('folder', 'where the run is kept; runs/<time>-<command> by default');

/** More than a model's record takes in its file, beside the weights. */
export const recordBytes = 32_768;

const modelFile = 'model.safetensors';

export interface RunFolder {
  readonly path: string;
  readonly startedAt: Date;
  /**
   * Makes sure that there is room for the models of a study.
   * @throws DataError
   */
  checkSpace(study: Study, data: DataSet): Promise<void>;
  /** Adds a line to `events.jsonl`: when, and what. */
  event(kind: string, details?: Readonly<Record<string, unknown>>): void;
  /** @throws DataError */
  write(name: string, content: string | Uint8Array): Promise<void>;
}

/**
 * @param out the folder asked for
 * @throws UsageError if there is something in it already; DataError if nothing can be written there
 */
export async function createRunFolder(out: string | undefined, command: string): Promise<RunFolder> {
  const startedAt = new Date();
  const path =
    out ?? (await freeName(join('runs', `${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}-${command}`)));
  const inside = await namesIn(path);
  if (inside.length > 0) {
    throw new UsageError(
      `A run needs an empty folder, or a new one, but ${path} holds files. Give another with --out.`,
    );
  }
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const problem = code === 'EEXIST' ? 'it is a file' : message;
    throw new DataError(`The folder ${path} cannot be made: ${problem}. Give another one with --out.`, { cause });
  }
  const events = join(path, 'events.jsonl');
  try {
    await checkWritable(events);
  } catch (error) {
    // Nothing is left behind; what was there before is not empty, or was made by somebody else.
    if (inside.length === 0) await rmdir(path).catch(() => {});
    throw error;
  }
  return {
    path,
    startedAt,
    async checkSpace(study, data) {
      const sizes = checkStudy(study, data).map(({ parameters }) => 4 * parameters);
      await checkWritable(join(path, modelFile), Math.max(...sizes) + recordBytes);
    },
    event(kind, details = {}) {
      appendFileSync(events, `${JSON.stringify({ time: new Date().toISOString(), kind, ...details })}\n`);
    },
    async write(name, content) {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      await writeFileAtomically(join(path, name), bytes);
    },
  };
}

/** The path, or with a number behind it if two runs start in one second. */
async function freeName(path: string): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? path : `${path}-${number}`;
    if ((await namesIn(candidate)).length === 0) return candidate;
  }
}

/** None if there is no such folder, or it cannot be looked into: making it will tell. */
const namesIn = (path: string): Promise<string[]> => readdir(path).catch(() => []);
