/** @file The browsers that pages are tested in, as the distribution packages them. */
import { existsSync } from 'node:fs';

interface BrowserFacts {
  readonly name: string;
  readonly path: string;
  /** What the distribution calls it. */
  readonly packaged: string;
  /** The environment variable that may say where it is. */
  readonly variable: string;
  /** What the system shows as the names of a page's process and of a worker's thread in it. */
  readonly pageProcess: string;
  readonly workerThread: string;
}

export const browsers = {
  chromium: {
    name: 'Chromium',
    path: process.env.CHROMIUM ?? '/usr/bin/chromium',
    packaged: 'chromium',
    variable: 'CHROMIUM',
    pageProcess: 'chromium',
    workerThread: 'DedicatedWorker',
  },
  firefox: {
    name: 'Firefox',
    path: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    packaged: 'firefox-esr',
    variable: 'FIREFOX',
    pageProcess: 'Isolated Web Co',
    workerThread: 'DOM Worker',
  },
} satisfies Record<string, BrowserFacts>;

export type BrowserKind = keyof typeof browsers;

/**
 * Whether to leave out tests of pages: on somebody's own machine without the browser, never where everything has to be
 * tested. Their names say what is missing.
 */
export const lacks = (kind: BrowserKind): boolean => !existsSync(browsers[kind].path) && !process.env.CI;

/** @throws Error saying how to get the browser, if it is not there */
export function requireBrowser(kind: BrowserKind, path: string = browsers[kind].path): void {
  if (existsSync(path)) return;
  const { name, packaged, variable } = browsers[kind];
  const remedy = `Install it with apt-get install ${packaged}, or give its path in the environment variable ${variable}.`;
  throw new Error(`Tests of pages need ${name}, but ${path} is not there. ${remedy}`);
}
