/**
 * @file Runs the real command line, as built, in a process of its own. Every document that `--json` prints is held to the
 * schema of its command, and to the one that is published.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as zod from 'zod';
import { commands } from '../src/cli/commands.ts';
import { schemaOf } from '../src/cli/schema.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
// Builds if the sources have changed; `npm test` has done it already.
execFileSync(process.execPath, [join(root, 'scripts/prepare.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });
export const program = join(root, 'dist/cli/main.js');

/** Milliseconds; a test's own time limit would leave the process behind. */
const standardLimit = 50_000;

export interface CliResult {
  /** Null if a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  /** Added to this process's environment, without what it says about colors. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which it is killed. */
  readonly limit?: number;
  /** Another program than the one that was built. */
  readonly instead?: string;
  /** The command line of a program that starts this one. */
  readonly under?: readonly string[];
  /** Gets the process as soon as it runs, to send signals or close streams. */
  readonly onStart?: (child: ChildProcess) => void;
}

export function runCli(
  words: readonly string[],
  { cwd = root, env = {}, instead = program, limit = standardLimit, under = [], onStart }: CliOptions = {},
): Promise<CliResult> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
  const [first, ...others] = [...under, process.execPath, instead, ...words] as [string, ...string[]];
  const child = spawn(first, others, {
    cwd,
    // A group of its own: what another program has started goes with it.
    detached: under.length > 0,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = (): unknown => (under.length > 0 ? process.kill(-child.pid!, 'SIGKILL') : child.kill('SIGKILL'));
  const timer = setTimeout(end, limit);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  onStart?.(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      try {
        const isDocument = stdout.startsWith('{\n  "schema": "ocellus/');
        if (isDocument || (words.includes('--json') && stdout !== '')) checkDocument(JSON.parse(stdout));
        resolve({ code, signal, stdout, stderr });
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** @throws if the document is not what its command's schemas say; keys that they do not know count */
export function checkDocument(document: { readonly command: string | null }): void {
  const name = document.command ?? 'error';
  schemaOf(zod, commands, name).parse(document);
  const published = join(root, `dist/schemas/${name}.json`);
  if (existsSync(published)) zod.fromJSONSchema(JSON.parse(readFileSync(published, 'utf8'))).parse(document);
}
