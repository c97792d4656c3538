/** @file What every command gets: where to write and how, and a signal that says when to stop. */
import pc from 'picocolors';
import { isOffline } from '../data/node/environment.ts';
import type { GlobalOptions } from './options.ts';

export type Colors = ReturnType<typeof pc.createColors>;

export interface Context {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Whether downloads are forbidden. */
  readonly offline: boolean;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly colors: { readonly stdout: Colors; readonly stderr: Colors };
  /** A line on stderr, unless `--quiet`. */
  note(line: string): void;
  /** A line on stderr, `--quiet` or not; said once. */
  warn(line: string): void;
  /**
   * Aborts on Ctrl-C or SIGTERM; its reason has the exit code. From the first look at it on, a signal no longer ends the
   * process by itself: only what breathes and heeds it may look. A second signal ends the process at once.
   */
  readonly signal: AbortSignal;
}

/** Why a run was stopped. */
export class Interruption extends Error {
  override readonly name = 'AbortError';
  readonly exitCode: number;

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`Interrupted by ${signal}.`);
    this.exitCode = exitCodes[signal];
  }
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

export function createContext({ json, quiet, color, offline }: GlobalOptions): Context {
  const { stdout, stderr, env } = process;
  const colors = {
    stdout: pc.createColors(wantsColors(stdout, color, env)),
    stderr: pc.createColors(wantsColors(stderr, color, env)),
  };
  const note = (line: string): void => {
    if (!quiet) stderr.write(`${line}\n`);
  };
  let signal: AbortSignal | undefined;
  const said = new Set<string>();
  return {
    json,
    quiet,
    offline: offline || isOffline({}),
    stdout,
    stderr,
    colors,
    note,
    warn: (line) => {
      if (said.has(line)) return;
      said.add(line);
      stderr.write(`${colors.stderr.yellow('Warning:')} ${line}\n`);
    },
    get signal() {
      signal ??= listenForSignals(note);
      return signal;
    },
  };
}

/** NO_COLOR as https://no-color.org has it: any value but the empty one. */
export function wantsColors(stream: { readonly isTTY?: boolean }, option: boolean, env: NodeJS.ProcessEnv): boolean {
  if (!option || env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** Milliseconds after a signal in which no word is needed. */
const longestQuietStop = 2000;

function listenForSignals(note: (line: string) => void): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCodes[name]);
      controller.abort(new Interruption(name));
      setTimeout(() => note(`Stopping; a second ${name} ends it at once.`), longestQuietStop).unref();
    });
  }
  return controller.signal;
}
