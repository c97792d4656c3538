/** @file A browser without a window and without a driver, with a profile of its own, that opens one page. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserKind, browsers, requireBrowser } from './browsers.ts';
import { descendants } from './processes.ts';

/** Milliseconds. */
const patience = 10_000;

/** What each is started with, beside the page. Neither finds a host by its name, so that its own business stays here. */
const words: Record<BrowserKind, (profile: string) => string[]> = {
  chromium: (profile) => [
    '--headless',
    // Its sandbox refuses to run as root, which CI is.
    '--no-sandbox',
    '--no-first-run',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    '--js-flags=--expose-gc',
    `--user-data-dir=${profile}`,
  ],
  firefox: (profile) => {
    writeFileSync(join(profile, 'user.js'), 'user_pref("network.dns.disabled", true);\n');
    return ['--headless', '--no-remote', '--profile', profile];
  },
};

export interface StartedBrowser {
  readonly pid: number;
  close(): Promise<void>;
}

/** @param ended called with what the browser wrote, when it ends by itself */
export function startBrowser(kind: BrowserKind, url: string, ended: (error: Error) => void): StartedBrowser {
  const { name, path } = browsers[kind];
  requireBrowser(kind);
  const profile = mkdtempSync(join(tmpdir(), `ocellus-${kind}-`));
  const child = spawn(path, [...words[kind](profile), url], { stdio: ['ignore', 'ignore', 'pipe'] });
  let written = '';
  child.stderr.on('data', (data) => {
    written += data;
  });
  const exit = once(child, 'exit');
  exit.then(([code]) => ended(new Error(`${name} ended with code ${code}.\n${written}`)), ended);
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  return {
    pid: child.pid!,
    close: async () => {
      const helpers = descendants(child.pid!);
      child.kill();
      const limit = setTimeout(kill, patience);
      await exit;
      clearTimeout(limit);
      process.off('exit', kill);
      // One that is busy may outlive the browser, and write into its profile.
      for (const pid of helpers) endProcess(pid);
      rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
