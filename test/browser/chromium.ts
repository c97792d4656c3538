/** @file Chromium without a window, driven from outside: for what a person would see. */
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { browsers, lacks, requireBrowser } from './browsers.ts';

export const lacksChromium = lacks('chromium');

/** Its sandbox refuses to run as root, which CI is. */
const args = ['--no-sandbox'];

/** @throws Error saying how to get Chromium, if it is not there */
export async function openChromium(executablePath: string = browsers.chromium.path): Promise<Browser> {
  requireBrowser('chromium', executablePath);
  return chromium.launch({ executablePath, args });
}

/** One that keeps in a folder what pages keep, and has there what pages kept. @throws Error as `openChromium` */
export async function openProfile(folder: string): Promise<BrowserContext> {
  requireBrowser('chromium');
  return chromium.launchPersistentContext(folder, { executablePath: browsers.chromium.path, args });
}
