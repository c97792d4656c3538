/** @file The closing line of a test run, seen on runs of vitest over small test files. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
let folder: string;

beforeAll(() => {
  // Inside node_modules, so that the files find vitest and no other run finds the files.
  folder = mkdtempSync(join(root, 'node_modules', '.ocellus-reporter-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs vitest on one file; returns its exit code and the lines of its stdout. */
function runVitest(text: string, ...parameters: string[]): Promise<{ code: number; lines: string[] }> {
  writeFileSync(join(folder, 'a.case.ts'), `import { beforeAll, describe, expect, it } from 'vitest';\n${text}`);
  writeFileSync(
    join(folder, 'vitest.config.ts'),
    `export default { test: { include: ['*.case.ts'], exclude: [], reporters: ['default', ${JSON.stringify(join(root, 'test/summary-reporter.ts'))}] } };`,
  );
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  return new Promise((resolve) => {
    execFile(process.execPath, [vitest, 'run', '--root', folder, ...parameters], (error, stdout) => {
      resolve({ code: error === null ? 0 : Number(error.code), lines: stdout.trimEnd().split('\n') });
    });
  });
}

it('counts tests, names each skip, and ends with the count', async () => {
  const { code, lines } = await runVitest(`
    it('adds', () => {});
    describe('numbers', () => {
      it.skipIf(true)('needs CPU: AVX2', () => {});
      it('multiplies', ({ skip }) => skip('needs CPU: FMA'));
    });`);
  expect(lines.slice(-3)).toEqual([
    'skipped: a.case.ts > numbers > needs CPU: AVX2',
    'skipped: a.case.ts > numbers > multiplies (needs CPU: FMA)',
    '1 passed, 0 failed, 2 skipped',
  ]);
  expect(code).toBe(0);
});

it('counts a failing test', async () => {
  const { code, lines } = await runVitest(`it('adds', () => expect(1 + 1).toBe(3)); it('is', () => {});`);
  expect(lines.at(-1)).toBe('1 passed, 1 failed, 0 skipped');
  expect(code).toBe(1);
});

it('counts a file that does not load', async () => {
  const { code, lines } = await runVitest(`throw new Error('no');`);
  expect(lines.at(-1)).toBe('0 passed, 1 failed, 0 skipped');
  expect(code).toBe(1);
});

it('counts a hook that fails', async () => {
  const { code, lines } = await runVitest(`
    it('is', () => {});
    describe('a', () => { beforeAll(() => { throw new Error('no'); }); it('adds', () => {}); });`);
  expect(lines.at(-1)).toBe('1 passed, 1 failed, 1 skipped');
  expect(code).toBe(1);
});

it('counts an error that nobody handled', async () => {
  const { code, lines } = await runVitest(`it('is', () => { Promise.reject(new Error('no')); });`);
  expect(lines.at(-1)).toBe('1 passed, 1 failed, 0 skipped');
  expect(code).toBe(1);
});

it('fails when there is no test', async () => {
  const { code, lines } = await runVitest(`it('is', () => {});`, 'nothing-of-this-name');
  expect(lines.at(-1)).toBe('0 passed, 0 failed, 0 skipped');
  expect(code).toBe(1);
});

it('names no test that a filter left out', async () => {
  const { lines } = await runVitest(`it('adds', () => {}); it('is', () => {});`, '-t', 'adds');
  expect(lines.at(-1)).toBe('1 passed, 0 failed, 1 skipped');
  expect(lines.join('\n')).not.toContain('skipped: ');
});
