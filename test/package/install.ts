/** @file The package as one gets it: packed, and installed from the tarball into a project of its own. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Milliseconds. */
const longestRun = 60_000;
const tries = 3;

/** A project that has the package. */
export interface Consumer {
  readonly folder: string;
  readonly tarball: string;
  /** What is in the tarball, in order. */
  readonly files: readonly string[];
  readonly unpackedBytes: number;
}

/** Packs Ocellus, and installs it in a new project that also holds the sources of `test/package/consumer` and the page. */
export async function installPackage(): Promise<Consumer> {
  const home = mkdtempSync(join(tmpdir(), 'ocellus-package-'));
  const folder = join(home, 'consumer');
  mkdirSync(folder);
  const packed = await run('npm', ['run', '--silent', 'pack', '--', '--json', '--pack-destination', home], root);
  const [{ filename, files, unpackedSize }] = JSON.parse(packed);
  const tarball = join(home, filename);

  cpSync(join(root, 'test/package/consumer'), folder, { recursive: true });
  cpSync(join(root, 'test/browser/page'), join(folder, 'page'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  const install = ['install', tarball, '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  await untilItWorks(() => run('npm', install, folder));
  const paths = files.map(({ path }: { path: string }) => path);
  return { folder, tarball, files: paths.sort(), unpackedBytes: unpackedSize };
}

/** Runs a program to its end. @returns its stdout @throws Error with both streams when it fails */
export function run(program: string, words: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, timeout: longestRun, maxBuffer: 1 << 24 };
    execFile(program, words, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} ${words.join(' ')}\n${error.message}\n${stdout}\n${stderr}`));
      else resolve(stdout);
    });
  });
}

/** For what needs a network. */
async function untilItWorks(action: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await action();
      return;
    } catch (error) {
      if (attempt === tries) throw error;
      await pause(2_000 * attempt);
    }
  }
}
