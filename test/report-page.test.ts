/** @file Reports in a real browser: narrow and wide, light, dark and on paper. */
import { readFileSync } from 'node:fs';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { htmlReport } from '../src/report/html-report.ts';
import { lacksChromium, openChromium } from './browser/chromium.ts';
import { largeRun, smallRun, wideRun } from './report-runs.ts';

const look = readFileSync(new URL('browser/look.js', import.meta.url), 'utf8');

describe.skipIf(lacksChromium)('a report in a browser', () => {
  let browser: Browser;
  let reports: Record<'large' | 'small' | 'wide', string>;
  beforeAll(async () => {
    browser = await openChromium();
    const [large, small, wide] = [await largeRun(), await smallRun(), await wideRun()];
    reports = {
      large: htmlReport(large.run, large.pictures),
      small: htmlReport(small.run, small.pictures),
      wide: htmlReport(wide.run, wide.pictures),
    };
  }, 120_000);
  afterAll(() => browser?.close());

  /** Shows a page, with all that can be opened open. */
  async function show(html: string, width: number, colorScheme: 'light' | 'dark'): Promise<Page> {
    // What is tested with comes in from outside: the page's own policy lets nothing in.
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
    await page.setContent(html);
    await page.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
    return page;
  }

  async function axeFindings(page: Page): Promise<string[]> {
    await page.evaluate(axe.source);
    const { violations }: axe.AxeResults = await page.evaluate(`axe.run({ resultTypes: ['violations'] })`);
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`),
    );
  }

  describe.each([
    ['large', 360, 'light'],
    ['large', 360, 'dark'],
    ['large', 1280, 'light'],
    ['large', 1280, 'dark'],
    ['small', 360, 'light'],
    ['small', 1280, 'dark'],
    ['wide', 360, 'dark'],
    ['wide', 1280, 'light'],
  ] as const)('the %s report, %d pixels wide, %s', (size, width, scheme) => {
    test('has nothing that overlaps, is cut off or overflows, and nothing that axe finds', async () => {
      const page = await show(reports[size], width, scheme);
      expect(await page.evaluate(look)).toEqual([]);
      expect(await axeFindings(page)).toEqual([]);
      await page.close();
    });
  });

  test('opens on paper what is closed', async () => {
    const page = await browser.newPage();
    await page.setContent(reports.large);
    const height = 'document.querySelector("details table").getBoundingClientRect().height';
    const seen = 'document.querySelector("details table").checkVisibility({ contentVisibilityAuto: true })';
    expect(await page.evaluate(seen)).toBe(false);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await expect.poll(() => page.evaluate(seen)).toBe(true);
    expect(await page.evaluate(height)).toBeGreaterThan(50);
    // White paper, whatever the screen is like.
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(28, 29, 31)');
    await page.close();
  });

  test('asks for nothing and runs nothing', async () => {
    const page = await browser.newPage();
    const asked: string[] = [];
    const said: string[] = [];
    page.on('request', (request) => asked.push(request.url().slice(0, 20)));
    page.on('console', (message) => said.push(message.text()));
    await page.setContent(reports.large, { waitUntil: 'load' });
    expect(asked.filter((url) => !url.startsWith('data:image/png'))).toEqual([]);
    expect(said).toEqual([]);
    await page.close();
  });

  /** A page with one of each: what the checks above have to find. */
  const bad = `<!doctype html><html><head><title></title></head><body style="margin:0">
  <svg width="100" height="20" class="chart"><text x="0" y="15">overlapping</text><text x="20" y="15">labels</text></svg>
  <svg width="20" height="20" class="chart"><text x="0" y="15">cut off</text></svg>
  <div class="narrow" style="width:50px;white-space:nowrap">more than there is room for</div>
  <div><div class="scroll" tabindex="0" style="overflow:auto;width:100px"><table style="table-layout:fixed;width:500px;border-spacing:0">
  <tr><td style="width:80px">whole</td><td style="width:80px">cut digits</td><td>unseen</td><td style="width:20px">sticking</td></tr></table></div></div>
  <div style="width:500px">wide</div><p style="color:#ccc">pale</p><img src="data:image/png;base64,AAAA" alt="nothing">
  </body></html>`;

  test('the checks find what is wrong', async () => {
    const page = await show(bad, 360, 'light');
    const found: string[] = await page.evaluate(look);
    expect(found.map((one) => one.replace(/\d+ pixels/, 'N pixels'))).toEqual([
      'the page is N pixels wide in a window of 360',
      'text. "overlapping" overlaps text. "labels"',
      'text. "cut off" is cut off by svg.chart "cut off"',
      expect.stringContaining('div.narrow "more than there is room for" needs'),
      ...['table', 'tbody', 'tr'].map((tag) => `${tag}. "wholecut digitsunseensticking" needs N pixels and has 500`),
      expect.stringContaining('td. "sticking" needs'),
      '"cut digits" is cut by div.scroll "whole"',
      '"unseen" is out of view, and nothing says so',
      '"sticking" is out of view, and nothing says so',
      '"sticking" sticks out of its cell',
      'nothing cannot be shown',
    ]);
    const findings = await axeFindings(page);
    for (const rule of ['color-contrast', 'document-title', 'html-has-lang']) {
      expect(
        findings.some((finding) => finding.startsWith(`${rule}:`)),
        rule,
      ).toBe(true);
    }
    await page.close();
  });
});
