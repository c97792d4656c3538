/** @file The contract's page in a browser, opened for the tests of one `describe`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AskedPage, askPage } from '../browser/ask-page.ts';
import type { BrowserKind } from '../browser/browsers.ts';
import { buildPage } from '../browser/run-page.ts';
import { type Case, cases, type Outcome } from './cases.ts';
import type { Disturbance } from './disturbance.ts';
import { growthOf } from './memory-growth.ts';
import type { ContractAnswers } from './page/worker.ts';

const folder = fileURLToPath(new URL('page', import.meta.url));

/** Seconds. */
const rest = 20;

export interface ContractPage extends Pick<AskedPage<ContractAnswers>, 'ask'> {
  outcome(of: Case, threads: number, disturbance?: Disturbance): Promise<Outcome>;
  /** Megabytes that the page's process gains, as `growthOf`. */
  growthOf(run: () => unknown, calls: number): Promise<number>;
  /** The same by two points, each after a rest: when Firefox, which no page can ask for it, collects garbage. */
  growthAtRest(run: () => unknown, calls: number): Promise<number>;
  /** That none is left beside the one that answers. */
  expectNoWorkers(): Promise<void>;
}

export function contractPage(kind: BrowserKind, { isolated = true } = {}): ContractPage {
  let out: string;
  let page: AskedPage<ContractAnswers>;
  beforeAll(async () => {
    out = mkdtempSync(join(tmpdir(), 'ocellus-page-'));
    await buildPage(folder, { out });
    page = await askPage(kind, out, { isolated });
  });
  afterAll(async () => {
    await page?.close();
    rmSync(out, { recursive: true });
  });

  const lowestAfter = async (run: () => unknown, calls: number): Promise<number> => {
    for (let call = 0; call < calls; call++) await run();
    let lowest = Number.POSITIVE_INFINITY;
    for (let second = 0; second < rest; second++) {
      await pause(1000);
      lowest = Math.min(lowest, page.resident());
    }
    return lowest;
  };
  const resident = async (): Promise<number> => {
    await page.ask('collectGarbage');
    return page.resident();
  };
  return {
    ask: (...request) => page.ask(...request),
    outcome: (of, threads, disturbance) => page.ask('outcome', of.name, threads, disturbance),
    growthOf: (run, calls) => growthOf(run, calls, resident),
    growthAtRest: async (run, calls) => {
      const [early, late] = [await lowestAfter(run, calls / 2), await lowestAfter(run, calls / 2)];
      return 2 * (late - early);
    },
    expectNoWorkers: () => expect.poll(() => page.workers(), { timeout: 10_000 }).toBe(1),
  };
}

/** The benchmark's networks have one thread in a page that is not isolated, which says why, and the same bits. */
export function oneThreadWhereNotIsolated(kind: BrowserKind): void {
  const { outcome } = contractPage(kind, { isolated: false });
  const why = 'the page is not cross-origin isolated, so its threads can share no memory';
  test.each(cases.filter(({ name }) => name.startsWith('W')))('$name', async (of) => {
    expect(await outcome(of, 2)).toEqual({ sha256: of.sha256, threads: 1, threadsReason: why });
  });
}
