/** @file The browser for the tests of pages: Chromium as the distribution packages it, without a window. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const path = process.env.CHROMIUM ?? '/usr/bin/chromium';

/**
 * Whether to leave out tests of pages: on somebody's own machine without the browser, never where everything has to be
 * tested. Their names say what is missing.
 */
export const lacksChromium = !existsSync(path) && !process.env.CI;

/** @throws Error saying how to get Chromium, if it is not there */
export async function openChromium(executablePath = path): Promise<Browser> {
  if (!existsSync(executablePath)) {
    const remedy = 'Install it with apt-get install chromium, or give its path in the environment variable CHROMIUM.';
    throw new Error(`Tests of pages need Chromium, but ${executablePath} is not there. ${remedy}`);
  }
  // Its sandbox refuses to run as root, which CI is.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}
