/** @file `npm run size` over the real library. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const scripts = fileURLToPath(new URL('.', import.meta.url));

function size(...parameters: string[]): { code: number | null; stdout: string; stderr: string } {
  spawnSync(process.execPath, [`${scripts}prepare.mjs`], { stdio: ['ignore', 'ignore', 'inherit'] });
  const options = { encoding: 'utf8', timeout: 30_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${scripts}size.mjs`, ...parameters], options);
  return { code: status, stdout, stderr };
}

it('is within its limit, and a page loads little more than what it imports', () => {
  const { code, stdout, stderr } = size('--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { library, training, error, limitBytes } = JSON.parse(stdout);
  expect(limitBytes).toBe(72_000);
  expect(library.gzipBytes).toBeLessThanOrEqual(limitBytes);
  // Hardly anything can be a whole network compiled to WebAssembly: an empty bundle would be a mistake.
  expect(training.gzipBytes).toBeGreaterThan(15_000);
  expect(training.gzipBytes).toBeLessThan(library.gzipBytes);
  // Without "sideEffects": false in package.json, it is 2,500.
  expect(error.gzipBytes).toBeLessThan(500);
});

it('fails over the limit', () => {
  const { code, stdout, stderr } = size('--limit', '20000');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^ +\d+\.\d KB gzip, +\d+\.\d KB minified {2}library: all that "ocellus" exports\n/);
  expect(stderr).toMatch(
    /^The library is \d\d\.\d KB with gzip; its limit is 20\.0 KB\. Import less, or raise the limit in scripts\/size\.mjs and say why in the changelog\.\n$/,
  );
});

it('refuses a limit that is no number', () => {
  expect(size('--limit', 'small')).toEqual({
    code: 2,
    stdout: '',
    stderr: '--limit needs a number of bytes, but is small.\n',
  });
});
