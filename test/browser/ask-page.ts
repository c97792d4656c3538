/**
 * @file Opens a page in a browser of its own and asks it for what it can answer: the page comes for each request by
 * itself (`answer.ts`), so that no driver is needed and all browsers are alike.
 */
import type { Answers } from './answer.ts';
import { type BrowserKind, browsers } from './browsers.ts';
import { Exchange } from './exchange.ts';
import { descendants, nameOf, residentMegabytes, threadsNamed } from './processes.ts';
import { servePage } from './run-page.ts';
import { startBrowser } from './start-browser.ts';

export interface AskedPage<Known extends Answers> {
  /** @throws Error with what was thrown in the page, or with why there is no answer */
  ask<Name extends keyof Known & string>(
    name: Name,
    ...args: Parameters<Known[Name]>
  ): Promise<Awaited<ReturnType<Known[Name]>>>;
  /** How many workers the page has: threads of its process. */
  workers(): number;
  /** Megabytes of resident memory of the page's process. */
  resident(): number;
  close(): Promise<void>;
}

/** @param out where `buildPage` put the page; it has a worker */
export async function askPage<Known extends Answers>(
  kind: BrowserKind,
  out: string,
  { isolated = true } = {},
): Promise<AskedPage<Known>> {
  const { name, pageProcess, workerThread } = browsers[kind];
  const exchange = new Exchange();
  const server = await servePage(out, { isolated, requests: exchange });
  const browser = startBrowser(kind, server.url, (error) => exchange.fail(error));
  const isPage = (pid: number) => nameOf(pid) === pageProcess && threadsNamed(pid, workerThread) > 0;
  const find = (): number => {
    const found = descendants(browser.pid).find(isPage);
    if (found === undefined) throw new Error(`No page of ${name} has a worker.`);
    return found;
  };
  return {
    ask: (request, ...args) => exchange.ask(request, args) as never,
    workers: () => threadsNamed(find(), workerThread),
    resident: () => residentMegabytes(find()),
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}
