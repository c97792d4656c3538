/**
 * @file Runs the command line under strace, which can kill it, or let a call of the system fail, at a chosen call.
 *
 * strace counts calls by name and thread. Node does the work of promises on a pool of threads; here the pool has one, so that
 * a run without chance makes the same calls in the same order, and the number of a call in one run means the same call in the
 * next. `aim` looks at what was hit all the same.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type CliResult, runCli } from '../run-cli.ts';
import { limit } from './size.ts';

/** Whether to leave out tests that need strace: on somebody's own machine without it, never where all has to be tested. */
export const lacksStrace = !process.env.CI && !hasStrace();

function hasStrace(): boolean {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A call of the system that concerns a run's folder. */
export interface Call {
  readonly name: string;
  /** The file, without the random part of its name; the folder itself is a dot. */
  readonly file: string;
  /** Which one of its name it is in its thread, from 1. */
  readonly number: number;
  /** The thread where the program starts, or the pool's. */
  readonly isMain: boolean;
  /** Whether strace put an error, or a number, in the place of its result. */
  readonly isInjected: boolean;
}

/** What happens at a call: `signal=KILL`, `error=EIO`, `retval=1`. */
export interface Aim {
  readonly call: Call;
  readonly effect: string;
  /** And at all later calls of this name. */
  readonly forEver?: boolean;
}

export interface TraceOptions {
  readonly aim?: Aim;
  /** Another program than the one that was built. */
  readonly instead?: string | undefined;
}

const watched = ['openat', 'pwrite64', 'write', 'fsync', 'rename', 'close', 'mkdir', 'unlink', 'link', 'rmdir'];
const eventsFile = 'events.jsonl';

export interface Traced {
  readonly result: CliResult;
  readonly calls: readonly Call[];
}

/**
 * Runs it in a folder above the run's.
 * @param run the run's folder, from there
 */
export async function trace(
  words: readonly string[],
  cwd: string,
  run: string,
  { aim, instead }: TraceOptions = {},
): Promise<Traced> {
  const scratch = await mkdtemp(join(tmpdir(), 'ocellus-strace-'));
  const log = join(scratch, 'log');
  try {
    const result = await runCli(words, {
      cwd,
      env: { UV_THREADPOOL_SIZE: '1' },
      limit,
      ...(instead === undefined ? {} : { instead }),
      under: ['strace', '-f', '-y', '-qq', '-o', log, ...aiming(join(cwd, run), aim)],
    });
    return { result, calls: callsIn(await readFile(log, 'utf8'), cwd, run) };
  } finally {
    await rm(scratch, { recursive: true });
  }
}

function aiming(folder: string, aim?: Aim): string[] {
  const trace = ['-e', `trace=${watched.join(',')}`];
  if (!aim) return trace;
  const { call, effect, forEver = false } = aim;
  const injection = ['-e', `inject=${call.name}:${effect}:when=${call.number}${forEver ? '+' : ''}`];
  // The main thread's calls are few among others of their name: only those of its one file are counted.
  return [...trace, ...injection, ...(call.isMain ? ['-P', join(folder, eventsFile)] : [])];
}

function callsIn(log: string, cwd: string, run: string): Call[] {
  const folder = join(cwd, run);
  const counts = new Map<string, number>();
  const calls: Call[] = [];
  const main = /^\d+/.exec(log)?.[0];
  for (const line of wholeLines(log)) {
    const [, thread, name, rest] = /^(\d+) +(\w+)\((.*)/.exec(line) ?? [];
    if (thread === undefined) continue;
    const isMain = thread === main;
    const paths = [...rest!.matchAll(/<(\/[^>]*)>|"([^"]*)"/g)].map(([, open, given]) => open ?? resolve(cwd, given!));
    const found = paths.findLast((one) => one === folder || one.startsWith(`${folder}/`));
    const file = found === undefined ? undefined : shortName(found.slice(folder.length + 1));
    // Of the main thread, only what concerns its one file is counted.
    if (isMain && file !== eventsFile) continue;
    const key = `${thread} ${name}`;
    const number = (counts.get(key) ?? 0) + 1;
    counts.set(key, number);
    if (file !== undefined) calls.push({ name: name!, file, number, isMain, isInjected: /\(INJECTED\)$/.test(line) });
  }
  return calls;
}

/** A call in the midst of which another thread's was printed is two lines; here it is one. */
function wholeLines(log: string): readonly string[] {
  const lines: string[] = [];
  const begun = new Map<string, number>();
  for (const line of log.split('\n')) {
    const [, thread, rest] = /^(\d+) +<\.\.\. \w+ resumed>(.*)$/.exec(line) ?? [];
    const place = thread === undefined ? undefined : begun.get(thread);
    if (place !== undefined) {
      lines[place] += rest;
      continue;
    }
    if (line.endsWith('<unfinished ...>')) begun.set(/^\d+/.exec(line)![0], lines.length);
    lines.push(line);
  }
  return lines;
}

const shortName = (name: string): string =>
  (name === '' ? '.' : name).replace(/\.\d+\.[0-9a-f]{12}\.tmp$/, '.tmp').replace(/\.[0-9a-f]{16}\.tmp$/, '.tmp');

export const describeCall = ({ name, file, number }: Call): string => `${name} ${number} of ${file}`;

/**
 * What can be aimed at among the calls of a run: every call of the pool, but for `write`, of which it makes a number that
 * varies to tell the main thread that work is done; and those of the main thread that come after as many of the pool's.
 */
export function targetsAmong(calls: readonly Call[]): readonly Call[] {
  return calls.filter((call) => {
    if (!call.isMain) return call.name !== 'write';
    const rivals = calls.filter((other) => !other.isMain && other.name === call.name && other.file === eventsFile);
    return call.number > rivals.length;
  });
}

/** Runs it, and makes sure that what was aimed at was hit. */
export async function hit(
  words: readonly string[],
  cwd: string,
  run: string,
  aim: Aim,
  instead?: string,
): Promise<Traced> {
  const traced = await trace(words, cwd, run, { aim, instead });
  const isKill = aim.effect.startsWith('signal=');
  const struck = isKill ? traced.calls.at(-1) : traced.calls.find(({ isInjected }) => isInjected);
  const asked = `${aim.call.name} of ${aim.call.file}`;
  const got = struck && `${struck.name} of ${struck.file}`;
  if (got !== asked || (isKill && traced.result.signal !== 'SIGKILL')) {
    throw new Error(`${aim.effect} was aimed at ${asked}, but hit ${got}: ${traced.result.stderr}`);
  }
  return traced;
}
