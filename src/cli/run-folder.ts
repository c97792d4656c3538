/**
 * @file A run's folder of plain files: `run.json`, an append-only `events.jsonl`, and what else a command leaves. It is made
 * when all input has been checked, and each file in it is there whole or not at all.
 */
import { appendFileSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkWritable, writeFileAtomically } from '../data/node/atomic-file.ts';
import { DataError, UsageError } from '../errors.ts';
import { text } from './options.ts';

export const outOption = text('folder', 'where the run is kept; runs/<time>-<command> by default');

export interface RunFolder {
  readonly path: string;
  /** Adds a line to `events.jsonl`: when, and what. */
  event(kind: string, details?: Readonly<Record<string, unknown>>): void;
  /** @throws DataError */
  write(name: string, content: string | Uint8Array): Promise<void>;
}

/**
 * @param out the folder asked for
 * @throws UsageError if there is a run in it already; DataError if nothing can be written there
 */
export async function createRunFolder(out: string | undefined, command: string, startedAt: Date): Promise<RunFolder> {
  const path =
    out ?? (await freeName(join('runs', `${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}-${command}`)));
  const inside = await namesIn(path);
  if (inside.includes('run.json') || inside.includes('events.jsonl')) {
    throw new UsageError(`${path} holds a run already. Give another folder with --out, or remove this one.`);
  }
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const { message } = cause as NodeJS.ErrnoException;
    throw new DataError(`The folder ${path} cannot be made (${message}). Give another one with --out.`, { cause });
  }
  const events = join(path, 'events.jsonl');
  await checkWritable(events);
  return {
    path,
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
