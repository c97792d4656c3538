/** @file Chromium without a window, driven from outside: for what a person would see. */
import { type Browser, chromium } from 'playwright-core';
import { browsers, lacks, requireBrowser } from './browsers.ts';

export const lacksChromium = lacks('chromium');

/** @throws Error saying how to get Chromium, if it is not there */
export async function openChromium(executablePath: string = browsers.chromium.path): Promise<Browser> {
  requireBrowser('chromium', executablePath);
  // Its sandbox refuses to run as root, which CI is.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}
