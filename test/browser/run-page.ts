/** @file Builds a page with Vite, serves it on the loopback, opens it, and waits for what it shows. */
import { symlinkSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build, type Plugin, preview } from 'vite';
import { openChromium } from './chromium.ts';
import type { Exchange } from './exchange.ts';

const common = { configFile: false, envDir: false, publicDir: false, logLevel: 'warn', appType: 'mpa' } as const;

/**
 * Builds the page in `folder`, which serves as a Vite root.
 *
 * @param data a folder that the page finds under `/data/`
 */
export async function buildPage(
  folder: string,
  { out = join(folder, 'dist'), data }: { readonly out?: string; readonly data?: string } = {},
): Promise<void> {
  await build({ ...common, root: folder, worker: { format: 'es' }, build: { outDir: out, emptyOutDir: false } });
  if (data !== undefined) symlinkSync(data, join(out, 'data'));
}

export interface ServeOptions {
  /** Its Content-Security-Policy. */
  readonly policy?: string;
  /** Whether it is cross-origin isolated, so that its workers may share memory. */
  readonly isolated?: boolean;
  /** What answers under `/requests`. */
  readonly requests?: Exchange;
}

/** Serves what `buildPage` made in `out`. */
export async function servePage(out: string, { policy, isolated = true, requests }: ServeOptions) {
  const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
  const headers = { ...(policy ? { 'Content-Security-Policy': policy } : {}), ...(isolated ? isolation : {}) };
  const build = { outDir: out };
  const plugin: Plugin = {
    name: 'requests',
    configurePreviewServer: ({ middlewares }) => {
      if (requests) middlewares.use('/requests', (request, response) => void requests.handle(request, response));
    },
  };
  const server = await preview({
    ...common,
    build,
    plugins: [plugin],
    preview: { host: '127.0.0.1', port: 0, headers },
  });
  const { port } = server.httpServer.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

/** What a page showed in its `output`, as JSON, and what the browser complained of. */
export interface Shown {
  readonly result: unknown;
  readonly complaints: readonly string[];
}

/** Opens the page built in `folder` under a Content-Security-Policy; isolated, its workers may share memory. */
export async function openPage(folder: string, policy: string, { isolated = true } = {}): Promise<Shown> {
  const browser = await openChromium();
  const { url, close } = await servePage(join(folder, 'dist'), { policy, isolated });
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(url);
    await page.waitForSelector('output:not(:empty)', { timeout: 20_000 }).catch((cause) => {
      throw new Error(`The page shows nothing. ${complaints.join(' ')}`, { cause });
    });
    return { result: JSON.parse((await page.textContent('output'))!), complaints };
  } finally {
    await browser.close();
    await close();
  }
}
