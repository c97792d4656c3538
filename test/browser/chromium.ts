/** @file The browser for the tests of pages: Chromium as the distribution packages it, without a window. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** @throws Error saying how to get Chromium, if it is not there */
export async function openChromium(path = process.env.CHROMIUM ?? '/usr/bin/chromium'): Promise<Browser> {
  if (!existsSync(path)) {
    const remedy = 'Install it with apt-get install chromium, or give its path in the environment variable CHROMIUM.';
    throw new Error(`Tests of pages need Chromium, but ${path} is not there. ${remedy}`);
  }
  // Its sandbox refuses to run as root, which CI is.
  return chromium.launch({ executablePath: path, args: ['--no-sandbox'] });
}
