/** @file `prepare.mjs` in small projects of its own, with an npm and a compiler that only write down what they were asked. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const scripts = fileURLToPath(new URL('.', import.meta.url));
// Plain JavaScript without declarations: the cast keeps the type checker from looking for them.
const { isAtLeast, nodeProblem, oldestNode } = await import('./prepare/node-version.mjs' as string);
const { holdsWhatIsWanted } = await import('./prepare/install.mjs' as string);

const compiler = `
  const { cpSync, readFileSync, appendFileSync } = require('node:fs');
  appendFileSync('log', 'build\\n');
  if (readFileSync('src/main.js', 'utf8').includes('BROKEN')) { console.log('main.js is broken'); process.exit(2); }
  const until = Date.now() + 100; while (Date.now() < until);
  cpSync('src', process.argv[process.argv.indexOf('--outDir') + 1], { recursive: true });`;
const npm = `
  const { appendFileSync, mkdirSync, rmSync, writeFileSync } = require('node:fs');
  appendFileSync('log', process.argv.slice(2, 4).join(' ') + '\\n');
  console.log('added 57 packages');
  const until = Date.now() + 100; while (Date.now() < until);
  rmSync('node_modules', { recursive: true, force: true });
  mkdirSync('node_modules/typescript/bin', { recursive: true });
  writeFileSync('node_modules/typescript/bin/tsc', ${JSON.stringify(compiler)});`;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ocellus-prepare-'));
  cpSync(join(scripts, 'prepare.mjs'), join(root, 'scripts/prepare.mjs'));
  cpSync(join(scripts, 'prepare'), join(root, 'scripts/prepare'), { recursive: true });
  mkdirSync(join(root, 'src'));
  write('src/main.js', 'one');
  write('package.json', '{}');
  write('package-lock.json', '{ "packages": { "": {} } }');
  write('npm-cli.js', npm);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (path: string, text: string) => writeFileSync(join(root, path), text);
const read = (path: string) => readFileSync(join(root, path), 'utf8');
/** What npm and the compiler were asked since the last look. */
function takeLog(): string[] {
  const log = existsSync(join(root, 'log')) ? read('log').trim().split('\n') : [];
  rmSync(join(root, 'log'), { force: true });
  return log;
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function prepare(...parameters: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [join(root, 'scripts/prepare.mjs'), ...parameters], {
    cwd: root,
    env: { ...process.env, npm_execpath: join(root, 'npm-cli.js') },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}

const quiet: Outcome = { code: 0, stdout: '', stderr: '' };

describe('prepare', () => {
  it('installs and builds a fresh clone, and then has nothing to say', async () => {
    expect(await prepare()).toEqual({ code: 0, stdout: '', stderr: 'installing dependencies…\nbuilding…\n' });
    expect(takeLog()).toEqual(['ci --ignore-scripts', 'build']);
    expect(read('dist/main.js')).toBe('one');
    expect(await prepare()).toEqual(quiet);
    expect(takeLog()).toEqual([]);
  });

  it('builds again when a source, a setting or the number of files changes, but not for a test', async () => {
    await prepare();
    takeLog();
    for (const [path, text] of [
      ['src/main.js', 'two'],
      ['tsconfig.build.json', '{}'],
      ['src/more.js', ''],
    ] as const) {
      write(path, text);
      expect((await prepare()).stderr).toBe('building…\n');
    }
    expect(read('dist/main.js')).toBe('two');
    write('src/main.test.ts', '');
    expect(await prepare()).toEqual(quiet);
  });

  it('installs again when the lockfile changes', async () => {
    await prepare();
    write('package-lock.json', '{ "packages": { "": {}, "node_modules/more": { "version": "1.0.0" } } }');
    expect((await prepare('--install')).stderr).toBe('installing dependencies…\n');
  });

  it('recognises an install made by hand', async () => {
    await prepare();
    takeLog();
    const packages = { 'node_modules/more': { version: '1.0.0', integrity: 'sha512-x' } };
    write('package-lock.json', JSON.stringify({ packages: { '': {}, ...packages } }));
    write('node_modules/.package-lock.json', JSON.stringify({ packages }));
    expect(await prepare()).toEqual(quiet);
    expect(takeLog()).toEqual([]);
  });

  it('leaves dist as it was when the build breaks', async () => {
    await prepare();
    write('src/main.js', 'BROKEN');
    const { code, stdout, stderr } = await prepare();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'building…\nmain.js is broken\nThe build failed: the compiler’s messages stand above. dist is as it was.\n',
    );
    expect(read('dist/main.js')).toBe('one');
    write('src/main.js', 'three');
    await prepare();
    expect(read('dist/main.js')).toBe('three');
  });

  it('lets the program that was built write its schemas, and leaves dist as it was when it cannot', async () => {
    mkdirSync(join(root, 'src/cli'));
    const program =
      "import { mkdirSync, writeFileSync } from 'node:fs'; const folder = process.argv[2]; mkdirSync(folder);";
    write('src/cli/write-schemas.js', `${program} writeFileSync(folder + '/train.json', '{}');`);
    expect((await prepare()).code).toBe(0);
    expect(read('dist/schemas/train.json')).toBe('{}');
    expect(existsSync(join(root, 'dist/package.json'))).toBe(false);
    write('src/cli/write-schemas.js', 'process.exit(1);');
    write('src/main.js', 'two');
    const { code, stderr } = await prepare();
    expect(code).toBe(1);
    expect(stderr).toContain('The build failed: the schemas could not be written. dist is as it was.\n');
    expect(read('dist/main.js')).toBe('one');
  });

  it('does the work once when several processes start together', async () => {
    const outcomes = await Promise.all([prepare(), prepare(), prepare()]);
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(takeLog()).toEqual(['ci --ignore-scripts', 'build']);
    expect(existsSync(join(root, '.prepare-lock'))).toBe(false);
  });

  it('takes over the lock of a process that is gone', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    mkdirSync(join(root, '.prepare-lock', `${pid}@${hostname()}@0`), { recursive: true });
    expect((await prepare()).code).toBe(0);
    expect(existsSync(join(root, '.prepare-lock'))).toBe(false);
  });

  it('waits for the lock of a process that is there', async () => {
    mkdirSync(join(root, '.prepare-lock', `${process.pid}@${hostname()}@0`), { recursive: true });
    setTimeout(() => rmSync(join(root, '.prepare-lock'), { recursive: true }), 1_500);
    expect((await prepare()).stderr).toBe(
      'waiting for another process that is preparing this folder…\ninstalling dependencies…\nbuilding…\n',
    );
  });

  it('stops what it started, and lets go of the lock, when it is told to stop', async () => {
    write('npm-cli.js', "require('node:fs').writeFileSync('log', 'ci'); setInterval(() => {}, 1000);");
    const child = spawn(process.execPath, [join(root, 'scripts/prepare.mjs')], {
      env: { ...process.env, npm_execpath: join(root, 'npm-cli.js') },
    });
    await vi.waitUntil(() => existsSync(join(root, 'log')), { timeout: 20_000 });
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(143);
    expect(existsSync(join(root, '.prepare-lock'))).toBe(false);
  });

  it('tries a failing install three times', async () => {
    write('npm-cli.js', "require('node:fs').appendFileSync('log', 'ci\\n'); process.exit(7);");
    write(
      'scripts/prepare/install.mjs',
      read('scripts/prepare/install.mjs').replace('pauseSeconds = 5', 'pauseSeconds = 0'),
    );
    const { code, stderr } = await prepare();
    expect(code).toBe(1);
    expect(stderr).toContain('npm ci failed 3 times, the last time with exit code 7');
    expect(takeLog()).toEqual(['ci', 'ci', 'ci']);
  });
});

describe('the version of Node', () => {
  it('is compared by numbers, not letters', () => {
    expect(isAtLeast('20.20.0', '20.20')).toBe(true);
    expect(isAtLeast('100.0.0', '20.20')).toBe(true);
    expect(isAtLeast('20.9.0', '20.20')).toBe(false);
    expect(isAtLeast('18.99.0', '20.20')).toBe(false);
    expect(isAtLeast('21', '20.20')).toBe(true);
  });

  it('gets a message with what is needed, what is there, and what to do', () => {
    expect(nodeProblem('22.0.0')).toBeUndefined();
    expect(nodeProblem('18.19.1')).toBe(
      'Ocellus needs Node 20.20 or newer, but this is Node 18.19.1.\n' +
        'Install a newer Node (https://nodejs.org), then run the command again.',
    );
  });

  it('is the one that package.json asks for', () => {
    const { engines } = JSON.parse(readFileSync(join(scripts, '../package.json'), 'utf8'));
    expect(engines.node).toBe(`>=${oldestNode}`);
  });
});

describe('an install', () => {
  const machine = { platform: 'linux', arch: 'x64' };
  const plain = { version: '1.0.0', integrity: 'a' };
  const binary = { version: '1.0.0', integrity: 'b', optional: true, os: ['linux'], cpu: ['x64'] };
  const foreign = { ...binary, os: ['darwin'] };
  const wanted = { '': {}, plain, binary, foreign };

  it('is complete with every package, and the binaries for this machine', () => {
    expect(holdsWhatIsWanted(wanted, { plain, binary }, machine)).toBe(true);
    expect(holdsWhatIsWanted(wanted, { plain, foreign }, machine)).toBe(false);
    expect(holdsWhatIsWanted(wanted, { binary }, machine)).toBe(false);
  });

  it('holds the same versions, and nothing else', () => {
    expect(holdsWhatIsWanted(wanted, { plain: { ...plain, version: '1.0.1' }, binary }, machine)).toBe(false);
    expect(holdsWhatIsWanted(wanted, { plain, binary, extra: plain }, machine)).toBe(false);
  });
});
