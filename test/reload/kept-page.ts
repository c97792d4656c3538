/** @file The page in a browser whose profile stays, so that it can be reloaded, closed, crashed and killed, and come back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { browsers } from '../browser/browsers.ts';
import { openProfile } from '../browser/chromium.ts';
import { descendants, nameOf } from '../browser/processes.ts';
import { buildPage, servePage } from '../browser/run-page.ts';
import type { Answers, Told } from './page/answers.ts';

const folder = fileURLToPath(new URL('page', import.meta.url));

export type Where = 'page' | 'worker';

declare function ask(where: Where, name: string, args: unknown): Promise<unknown>;

export class KeptPage {
  readonly #home: string;
  readonly #server: Awaited<ReturnType<typeof servePage>>;
  #context!: BrowserContext;
  #page!: Page;
  /** Gets all that pages tell. */
  onTold: (told: Told) => void = () => {};

  private constructor(home: string, server: Awaited<ReturnType<typeof servePage>>) {
    this.#home = home;
    this.#server = server;
  }

  static async open(): Promise<KeptPage> {
    const home = mkdtempSync(join(tmpdir(), 'ocellus-reload-'));
    await buildPage(folder, { out: join(home, 'page') });
    const kept = new KeptPage(home, await servePage(join(home, 'page'), {}));
    await kept.#start();
    return kept;
  }

  async #start(): Promise<void> {
    this.#context = await openProfile(join(this.#home, 'profile'));
    await this.#context.exposeFunction('told', (told: Told) => this.onTold(told));
    [this.#page] = this.#context.pages() as [Page];
    await this.#page.goto(this.url);
  }

  get url(): string {
    return this.#server.url;
  }

  /** @throws Error with what was thrown in the page */
  async ask<Name extends keyof Answers & string>(
    where: Where,
    name: Name,
    ...args: Parameters<Answers[Name]>
  ): Promise<Awaited<ReturnType<Answers[Name]>>> {
    return this.#page.evaluate(([where, name, args]) => ask(where, name, args), [where, name, args] as const) as never;
  }

  async reload(): Promise<void> {
    await this.#page.reload();
  }

  async closeTab(): Promise<void> {
    const before = this.#page;
    await this.openTab();
    await before.close();
  }

  /** Another tab, which is asked from now on. @returns what goes back to the one before */
  async openTab(): Promise<() => Promise<void>> {
    const before = this.#page;
    this.#page = await this.#context.newPage();
    await this.#page.goto(this.url);
    return async () => {
      await this.#page.close();
      this.#page = before;
    };
  }

  /** Kills the page's process. */
  async crash(): Promise<void> {
    const session = await this.#context.newCDPSession(this.#page);
    const crashed = this.#page.waitForEvent('crash');
    void session.send('Page.crash').catch(() => {});
    await crashed;
    await this.closeTab();
  }

  /** Kills all processes of the browser at once. */
  async kill(): Promise<void> {
    const closed = this.#context.waitForEvent('close');
    for (const pid of descendants(process.pid)) {
      if (nameOf(pid) === browsers.chromium.pageProcess) process.kill(pid, 'SIGKILL');
    }
    await closed;
    await this.#start();
  }

  /** Takes from the page's origin all that it keeps, and lets it keep so many bytes. */
  async emptyStorage(quotaSize: number): Promise<void> {
    const { origin } = new URL(this.url);
    const session = await this.#context.newCDPSession(this.#page);
    await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
    // What it held there is no more.
    await this.reload();
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
  }

  async unlimitStorage(): Promise<void> {
    const { origin } = new URL(this.url);
    const session = await this.#context.newCDPSession(this.#page);
    await session.send('Storage.overrideQuotaForOrigin', { origin });
  }

  async close(): Promise<void> {
    await this.#context?.close();
    await this.#server.close();
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 10 });
  }
}
