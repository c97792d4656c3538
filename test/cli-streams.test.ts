/** @file Streams and exit codes, as shells and scripts meet them. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyData } from './cli-data.ts';
import { type CliOptions, program, runCli } from './run-cli.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-streams-'));
  await writeTinyData(join(folder, 'tiny'));
  await writeTinyData(join(folder, 'other'), { size: 16 });
  await writeFile(join(folder, 'ocellus'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
    mode: 0o755,
  });
});

afterAll(() => rm(folder, { recursive: true }));

const run = (words: readonly string[], options: CliOptions = {}) => runCli(words, { cwd: folder, ...options });

/** Runs a line in bash. @returns what it printed, and the exit code of each part of its pipe */
function shell(line: string): Promise<{ stdout: string; stderr: string; codes: string }> {
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  return new Promise((resolve) => {
    const script = `{ ${line}; } ; echo "codes: \${PIPESTATUS[*]}"`;
    execFile('bash', ['-c', script], { cwd: folder, env }, (_, stdout, stderr) => {
      const [printed, codes] = stdout.split('codes: ');
      resolve({ stdout: printed!, stderr, codes: codes!.trim() });
    });
  });
}

describe.concurrent('exit codes', () => {
  const tiny = ['--data', './tiny'];

  it.each<[number, string, string[], string]>([
    [0, 'done', ['describe', 'conv'], ''],
    [1, 'a check fails', ['gradcheck', 'sharedConv + sharedConv', '--input', '6x6x1', '--as-written', '--quiet'], ''],
    [2, 'a word is not understood', ['train', 'cnov'], 'There is no layer "cnov"'],
    [2, 'a size does not fit', ['describe', 'pool', '--input', '1x1'], 'needs an image of at least 2 × 2'],
    [3, 'a file is missing', ['evaluate', 'nothing.safetensors'], 'nothing.safetensors cannot be read'],
    [
      5,
      'numbers overflow',
      ['train', 'conv + conv + conv', ...tiny, '--optimizer', 'sgd(1000)', '--epochs', '50'],
      'The loss needs to be finite, but is NaN in epoch ',
    ],
  ])('%i: %s', async (code, _, words, message) => {
    const result = await run(words);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(message);
  });

  it('4: something could not be checked, though nothing is wrong', async () => {
    const words = ['gradcheck', 'sharedConv(1) + relu', '--input', '31x31x1000', '--classes', '2'];
    const { code, stdout } = await run([...words, '--samples', '1', '--seed', '1']);
    expect(code).toBe(4);
    expect(stdout).toMatch(/^sharedConv1 {2}kernelGrad +9 +0 +– +1\.0e-6 {2}NOT CHECKED$/m);
    expect(stdout).toContain('1 of 6 gradients not checked: a kink of a maximum or a comparison lies beside');
  });

  it('5: a thread that shares the steps is gone', async () => {
    // The first worker trains; it starts those that share its steps.
    const preload = `import { threadId } from 'node:worker_threads';
      const { add } = Atomics;
      let calls = 0;
      if (threadId > 1) Atomics.add = (...words) => (++calls === 60 ? process.exit(1) : add(...words));`;
    await writeFile(join(folder, 'end-thread.mjs'), preload);
    const words = ['train', 'conv', ...tiny, '--engine', 'wasm', '--threads', '2', '--batch', '32', '--epochs', '20'];
    const env = { NODE_OPTIONS: `--import ${join(folder, 'end-thread.mjs')}` };
    const { code, stdout, stderr } = await run([...words, '--out', 'ended.safetensors'], { env });
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toMatch(/^Worker 1 of 1 gave no sign of life for 3 s\..*\n$/m);
    expect(await readdir(folder)).not.toContain('ended.safetensors');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s gives %i, and no model', async (signal, code) => {
    const out = `${signal}.safetensors`;
    // Slow epochs: their end is no place where signals are heard.
    const slow = ['train', 'conv + conv', ...tiny, '--engine', 'reference', '--batch', '10'];
    const words = [...slow, '--epochs', '100000', '--out', out];
    const result = await run(words, { onStart: (child) => child.stderr!.once('data', () => child.kill(signal)) });
    expect(result).toMatchObject({ code, stdout: '', signal: null });
    expect(result.stderr).toMatch(new RegExp(`Interrupted by ${signal}\\.\n$`));
    expect(await readdir(folder)).not.toContain(out);
  });
});

it('a stop that takes long says how to end it at once', async () => {
  // The thread that trains takes its time when it is asked to stop.
  const preload = `import { threadId } from 'node:worker_threads';
    const { abort } = AbortController.prototype;
    if (threadId > 0) AbortController.prototype.abort = function (...reason) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);
      return abort.apply(this, reason);
    };`;
  await writeFile(join(folder, 'slow-stop.mjs'), preload);
  const env = { NODE_OPTIONS: `--import ${join(folder, 'slow-stop.mjs')}` };
  const words = [
    'train',
    'conv + conv',
    '--data',
    './tiny',
    '--engine',
    'reference',
    '--batch',
    '10',
    '--epochs',
    '100000',
  ];
  const { code, stderr } = await run([...words, '--out', 'slow-stop'], {
    env,
    onStart: (child) => child.stderr!.once('data', () => child.kill('SIGINT')),
  });
  expect(code).toBe(130);
  expect(stderr).toMatch(/^Stopping; a second SIGINT ends it at once\.$/m);
});

describe.concurrent('--quiet', () => {
  it.each<[string, string[]]>([
    ['train', ['train', 'pool', '--data', './tiny', '--validation', '10']],
    [
      'notebook',
      ['notebook', '--data', './tiny', '--fashion', './other', '--validation', '10', '--train-images', '10'],
    ],
    ['gradcheck', ['gradcheck', 'pool', '--input', '6x6x1']],
    ['golden', ['golden', new URL('golden/exact-gradients.json', import.meta.url).pathname]],
    ['doctor', ['doctor']],
  ])('keeps %s from writing to stderr, where it writes otherwise', async (name, words) => {
    const quiet = await run([...words, '--quiet']);
    expect(quiet.stderr).toBe('');
    expect(quiet.stdout).not.toBe('');
    if (name !== 'doctor') expect((await run(words)).stderr).not.toBe('');
  });

  it('may stand before the command, and be short', async () => {
    for (const words of [
      ['--quiet', 'train', 'pool', '--data', './tiny'],
      ['train', 'pool', '--data', './tiny', '-q'],
    ]) {
      expect(await run(words)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('test error') });
    }
  });

  it('leaves warnings and errors', async () => {
    const { stderr } = await run(['train', 'cnov', '--quiet']);
    expect(stderr).toContain('There is no layer "cnov"');
  });
});

describe.concurrent('colors', () => {
  const words = ['describe', 'conv', '--input', '6x6x1'];
  const isColored = async (env: Record<string, string>, ...more: string[]): Promise<boolean> =>
    (await run([...words, ...more], { env })).stdout.includes('\x1b[');

  it('follow NO_COLOR, FORCE_COLOR and --no-color', async () => {
    expect(await isColored({})).toBe(false);
    expect(await isColored({ FORCE_COLOR: '1' })).toBe(true);
    expect(await isColored({ FORCE_COLOR: '0' })).toBe(false);
    expect(await isColored({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
    expect(await isColored({ FORCE_COLOR: '1', NO_COLOR: '' })).toBe(true);
    expect(await isColored({ FORCE_COLOR: '1' }, '--no-color')).toBe(false);
    expect((await run(['--no-color', ...words], { env: { FORCE_COLOR: '1' } })).stdout).not.toContain('\x1b[');
    expect(await isColored({ FORCE_COLOR: '1' }, '--json')).toBe(false);
  });
});

describe.concurrent('a broken pipe', () => {
  it('of stdout ends the program silently, with 0', async () => {
    // A reader that is gone before the first byte, and one that leaves after the first line.
    for (const reader of ['true', 'head -1']) {
      const { stderr, codes } = await shell(`ocellus describe 'conv + relu + pool' | ${reader}`);
      expect({ stderr, codes }).toEqual({ stderr: '', codes: '0 0' });
    }
    const first = await shell("ocellus describe 'conv' | head -1");
    expect(first.stdout).toBe('input 28 × 28 × 1\n');
  });

  it('of stdout does not turn a message into a trace, for help and documents too', async () => {
    for (const words of ['--help', 'help train', '--version', 'doctor --json', 'schema train']) {
      const { stderr } = await shell(`ocellus ${words} | true`);
      expect(stderr).toBe('');
    }
  });

  it('of stderr leaves the result', async () => {
    const { stdout, codes } = await shell('ocellus train pool --data ./tiny --epochs 3 2> >(true)');
    expect(codes).toBe('0');
    expect(stdout).toContain('test error');
    const child = spawn(process.execPath, [program, 'gradcheck', 'pool', '--input', '6x6x1'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stderr.destroy();
    let printed = '';
    child.stdout.on('data', (chunk) => (printed += chunk));
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    expect(printed).toContain('all 4 gradients right');
  });
});
