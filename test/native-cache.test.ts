/** @file Where compiled programs are kept: whole or not at all, this user's alone, and what happens where there are none. */
import { execFile } from 'node:child_process';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Engine } from '../src/engine/engine.ts';
import { cacheFolder, libraryOf } from '../src/engine/native/node/cache.ts';
import { autoEngine, nativeEngine } from '../src/engine/native/node/index.ts';
import { EngineError } from '../src/errors.ts';
import { cases, open } from './contract/cases.ts';
import { lacksCompiler } from './native-machine.ts';
import { program as cli } from './run-cli.ts';

const run = promisify(execFile);
const of = cases.find(({ name }) => name === 'W2, batch 1')!;
const path = process.env.PATH;
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ocellus-cache-'));
  process.env.OCELLUS_CACHE = root;
});

afterEach(async () => {
  process.env.PATH = path;
  await rm(root, { recursive: true, force: true });
});

async function hash(engine: Engine): Promise<number[]> {
  const { program, graph, step } = await open(of, engine);
  step(1);
  program.close();
  return [...program.read(graph.parameters[0]!.name)];
}

async function onlyLibrary(): Promise<string> {
  const names = await readdir(cacheFolder());
  expect(names).toEqual([expect.stringMatching(/^[0-9a-f]{64}-[0-9a-f]{64}\.so$/)]);
  return join(cacheFolder(), names[0]!);
}

const refused = (message: string) =>
  new EngineError(`The native engine cannot run here: ${message}. Use the WebAssembly engine.`);

describe.skipIf(lacksCompiler)('the cache (needs a C compiler)', () => {
  test('keeps a program for the next time, for this user alone', async () => {
    await hash(nativeEngine);
    const library = await onlyLibrary();
    const { mtimeMs, mode } = await stat(library);
    expect([mode & 0o777, (await stat(cacheFolder())).mode & 0o777]).toEqual([0o600, 0o700]);
    await hash(nativeEngine);
    expect((await stat(await onlyLibrary())).mtimeMs).toBe(mtimeMs);
  });

  test.each([
    ['cut off', (content: Buffer) => content.subarray(0, 1000)],
    ['changed', (content: Buffer) => Buffer.from(content).fill(0, 4096, 4100)],
    ['empty', () => Buffer.alloc(0)],
  ])('builds one anew that is %s', async (_, damage) => {
    const right = await hash(nativeEngine);
    const library = await onlyLibrary();
    const before = await readFile(library);
    // Not in place: this process has it loaded.
    await writeFile(`${library}.damaged`, damage(before), { mode: 0o600 });
    await rename(`${library}.damaged`, library);
    expect(await hash(nativeEngine)).toEqual(right);
    expect(await readFile(await onlyLibrary())).toEqual(before);
  });

  test('is whole where several processes build the same at once', async () => {
    const project = fileURLToPath(new URL('..', import.meta.url));
    const script = `
      import { cnn, sharedConv, train } from './dist/index.js';
      import { nativeEngine } from './dist/node.js';
      const pixels = Uint8Array.from({ length: 40 * 36 }, (_, at) => (at * 89) % 251);
      const labels = Uint8Array.from({ length: 40 }, (_, at) => at % 3);
      const images = { shape: [6, 6, 1], count: 40, pixels, labels };
      const data = { name: 'own', classes: ['0', '1', '2'], train: images, test: images };
      const { weightsSha256, engine } = await train(cnn([sharedConv()]), data, { engine: nativeEngine });
      console.log(engine, weightsSha256);`;
    const runs = Array.from({ length: 4 }, () =>
      run(process.execPath, ['--input-type=module', '-e', script], { cwd: project }),
    );
    const lines = (await Promise.all(runs)).map(({ stdout }) => stdout.trim());
    expect(lines[0]).toMatch(/^native [0-9a-f]{64}$/);
    expect(new Set(lines).size).toBe(1);
    await onlyLibrary();
  });

  test.each([
    ['folder', 0o777, '777'],
    ['folder', 0o770, '770'],
    ['file', 0o622, '622'],
  ] as const)('refuses a %s that others may write (%i)', async (kind, mode, shown) => {
    await hash(nativeEngine);
    const path = kind === 'folder' ? cacheFolder() : await onlyLibrary();
    await chmod(path, mode);
    const message =
      `${path}, which it would load code from, needs to be a ${kind} that user ${process.getuid!()} alone may write, ` +
      `but may be written by others (mode ${shown}); remove it`;
    await expect(open(of, nativeEngine)).rejects.toThrow(refused(message));
    const { program } = await open(of, autoEngineWith(1e9));
    expect(program.engine).toBe('wasm');
  });

  test('refuses a link in place of its folder', async () => {
    await mkdir(join(root, 'elsewhere'), { mode: 0o700 });
    await symlink(join(root, 'elsewhere'), cacheFolder());
    await expect(open(of, nativeEngine)).rejects.toThrow('alone may write, but is no folder; remove it');
  });

  test.skipIf(process.getuid!() !== 0)('refuses what another user made (needs root)', async () => {
    await hash(nativeEngine);
    await chown(await onlyLibrary(), 12345, 0);
    await expect(open(of, nativeEngine)).rejects.toThrow('alone may write, but belongs to user 12345; remove it');
    await chown(cacheFolder(), 12345, 0);
    await expect(open(of, nativeEngine)).rejects.toThrow('alone may write, but belongs to user 12345; remove it');
  });

  test('leaves nothing behind where a build fails', async () => {
    const failing = libraryOf('a'.repeat(64), async (file) => {
      await writeFile(file, 'half');
      throw new Error('the disk is full');
    });
    await expect(failing).rejects.toThrow('the disk is full');
    expect(await readdir(cacheFolder())).toEqual([]);
  });

  test('is used by auto whenever it has the program, and else where that repays', async () => {
    const engineOf = async (steps: number | undefined) => (await open(of, autoEngineWith(steps))).program.engine;
    expect(await engineOf(undefined)).toBe('wasm');
    expect(await engineOf(100)).toBe('wasm');
    expect(await engineOf(1e7)).toBe('native');
    expect(await engineOf(100)).toBe('native');
  });
});

/** `auto`, told how many steps there will be. */
const autoEngineWith = (steps: number | undefined): Engine => ({
  ...autoEngine,
  create: (graph, options) => autoEngine.create(graph, { ...options, ...(steps === undefined ? {} : { steps }) }),
});

describe('without a compiler', () => {
  test('the native engine says so, and auto is WebAssembly', async () => {
    process.env.PATH = root;
    await expect(open(of, nativeEngine)).rejects.toThrow(refused('there is no C compiler: no cc on the PATH'));
    expect((await open(of, autoEngineWith(1e9))).program.engine).toBe('wasm');
  });

  test('one that fails is quoted', async () => {
    await writeFile(join(root, 'cc'), '#!/bin/sh\necho "cc: fatal error: no disk" >&2\nexit 1\n', { mode: 0o755 });
    process.env.PATH = root;
    await expect(open(of, nativeEngine)).rejects.toThrow(refused('cc fails: cc: fatal error: no disk'));
  });
});

describe('without koffi', () => {
  test('doctor and train say so, and auto trains with WebAssembly', async () => {
    const project = fileURLToPath(new URL('..', import.meta.url));
    await cp(join(project, 'dist'), join(root, 'dist'), { recursive: true });
    await cp(join(project, 'package.json'), join(root, 'package.json'));
    await mkdir(join(root, 'node_modules'));
    const packages = (await readdir(join(project, 'node_modules'))).filter((name) => !/koffi|koromix/.test(name));
    for (const name of packages) await symlink(join(project, 'node_modules', name), join(root, 'node_modules', name));
    const main = join(root, cli.slice(project.length));
    const { stdout } = await run(process.execPath, [main, 'doctor', '--json']).catch((error) => error);
    const problem = lacksCompiler
      ? 'there is no C compiler: no cc on the PATH'
      : 'the package koffi is not installed, or not for this machine';
    expect(JSON.parse(stdout).native).toEqual({ compiler: null, lanes: null, sameBits: null, problem });
    const train = [main, 'train', 'pool', '--train-images', '10', '-q', '--json', '--out', join(root, 'a.safetensors')];
    expect(JSON.parse((await run(process.execPath, train)).stdout).engine).toBe('wasm');
    const native = run(process.execPath, [...train, '--engine', 'native']);
    await expect(native).rejects.toMatchObject({ code: 5, stderr: `${refused(problem).message}\n` });
  });
});
