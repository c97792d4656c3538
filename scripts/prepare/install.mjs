/** @file Installs the dependencies with `npm ci`, when `node_modules` is not what package-lock.json says. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expectedError, run } from './run.mjs';

const tries = 3;
const pauseSeconds = 5;
const limitSeconds = 360;

const ciParameters = [
  ['ci', '--ignore-scripts', '--no-audit', '--no-fund'],
  ['--fetch-retries', '5', '--fetch-timeout', '60000'],
  // npm's own pauses between retries come to four minutes; without a network that is a long silence.
  ['--fetch-retry-mintimeout', '1000', '--fetch-retry-maxtimeout', '10000'],
  // The lockfile's checksums hold for what is in npm's cache as well.
  ['--prefer-offline'],
  // `npm run --silent` would hand its silence down, and NODE_ENV=production would leave the compiler out.
  ['--loglevel', 'error', '--include', 'dev'],
].flat();

const stampPath = (root) => join(root, 'node_modules', '.ocellus-install');

/** What the stamp says after an install: the lockfile's hash, and the machine that the binaries are for. */
function installStamp(root) {
  const hash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return `${hash} ${process.platform}-${process.arch}\n`;
}

/** Whether `node_modules` is what the lockfile says. An install that someone did by hand is recognised and stamped. */
export function installIsCurrent(root) {
  const stamp = installStamp(root);
  if (existsSync(stampPath(root)) && readFileSync(stampPath(root), 'utf8') === stamp) return true;

  // npm's own record of what it installed; it writes it last.
  const recordPath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(recordPath)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(recordPath, 'utf8')).packages;
  if (!holdsWhatIsWanted(wanted, installed)) return false;
  writeFileSync(stampPath(root), stamp);
  return true;
}

/** Compares the `packages` of a lockfile with those of npm's record of an install, for this machine. */
export function holdsWhatIsWanted(wanted, installed, { platform, arch } = process) {
  const nothingElse = Object.keys(installed).every((path) => path in wanted);
  return (
    nothingElse &&
    Object.entries(wanted).every(([path, entry]) => {
      if (path === '') return true;
      const found = installed[path];
      if (found) return found.version === entry.version && found.integrity === entry.integrity;
      if (!entry.optional) return false;
      // An optional package may be absent, but not the binaries for this very machine.
      const isBinary = (entry.os || entry.cpu) && !entry.libc;
      return !(isBinary && admits(entry.os, platform) && admits(entry.cpu, arch));
    })
  );
}

/** Whether a package's `os` or `cpu` list, such as `["linux"]` or `["!win32"]`, admits a machine. */
function admits(list, name) {
  if (!list || list.includes('any')) return true;
  if (list.includes(`!${name}`)) return false;
  return list.includes(name) || list.every((item) => item.startsWith('!'));
}

/** Runs `npm ci`, up to three times, and stamps the result. */
export async function install(root) {
  const stamp = installStamp(root);
  console.error('installing dependencies…');
  for (let attempt = 1; ; attempt++) {
    const code = await runNpm(ciParameters, root);
    if (code === 0) break;
    if (attempt === tries) {
      throw expectedError(
        `The dependencies could not be installed: npm ci failed ${tries} times, the last time with exit code ${code}.\n` +
          `Its messages stand above. Check the network and the free space, then run the command again.`,
      );
    }
    console.error(`npm ci failed with exit code ${code}; trying again in ${pauseSeconds} seconds…`);
    await pause(pauseSeconds * 1000);
  }
  writeFileSync(stampPath(root), stamp);
}

/** Runs the npm that started us, or else the one on the path. */
function runNpm(parameters, cwd) {
  const started = process.env.npm_execpath;
  const options = { cwd, limitSeconds, stdout: 'nowhere' };
  if (started && /^npm-cli\.[cm]?js$/.test(basename(started))) {
    return run(process.execPath, [started, ...parameters], options);
  }
  return run('npm', parameters, { ...options, shell: process.platform === 'win32' });
}
