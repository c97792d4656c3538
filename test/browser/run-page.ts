/** @file Builds a page with Vite, serves it on the loopback, opens it, and waits for what it shows. */
import { symlinkSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build, preview } from 'vite';
import { openChromium } from './chromium.ts';

const common = { configFile: false, envDir: false, publicDir: false, logLevel: 'warn', appType: 'mpa' } as const;

/**
 * Builds the page in `folder`, which serves as a Vite root.
 *
 * @param data a folder that the page finds under `/data/`
 */
export async function buildPage(folder: string, data: string): Promise<void> {
  await build({ ...common, root: folder, worker: { format: 'es' } });
  symlinkSync(data, join(folder, 'dist/data'));
}

/** What a page showed in its `output`, as JSON, and what the browser complained of. */
export interface Shown {
  readonly result: unknown;
  readonly complaints: readonly string[];
}

/** Opens the page built in `folder` under a Content-Security-Policy; isolated, its workers may share memory. */
export async function openPage(folder: string, policy: string, { isolated = true } = {}): Promise<Shown> {
  const browser = await openChromium();
  const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
  const headers = { 'Content-Security-Policy': policy, ...(isolated ? isolation : {}) };
  const server = await preview({ ...common, root: folder, preview: { host: '127.0.0.1', port: 0, headers } });
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    const { port } = server.httpServer.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.waitForSelector('output:not(:empty)', { timeout: 20_000 });
    return { result: JSON.parse((await page.textContent('output'))!), complaints };
  } finally {
    await browser.close();
    await server.close();
  }
}
