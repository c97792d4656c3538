/**
 * @file Everything here runs under `--disallow-code-generation-from-strings` and `--disable-proto=delete`
 * (`vitest.config.ts`): this process, and the commands it starts, their threads with them.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeTinyData } from './cli-data.ts';
import { type CliResult, runCli } from './run-cli.ts';

/** What these flags leave of two ways to do harm, as an expression. */
const probe = `(() => {
  try { Reflect.construct((() => {}).constructor, ['return 1']); return 'makes code'; }
  catch (error) { return error.name + ', ' + typeof {}.__proto__; }
})()`;

test('this process and its children refuse code from strings, and have no __proto__', () => {
  const own = (() => {
    try {
      Reflect.construct((() => {}).constructor, ['return 1']);
      return 'makes code';
    } catch (error) {
      return `${(error as Error).name}, ${typeof Reflect.get({}, '__proto__')}`;
    }
  })();
  expect(own).toBe('EvalError, undefined');
  expect(execFileSync(process.execPath, ['-p', probe], { encoding: 'utf8' })).toBe('EvalError, undefined\n');
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-strict-'));
  await writeTinyData(join(folder, 'tiny'), { size: 24, train: 600 });
});
afterAll(() => rm(folder, { recursive: true }));

const run = (words: readonly string[], stopAt?: RegExp): Promise<CliResult> =>
  runCli(words, {
    cwd: folder,
    onStart: (child) => {
      if (stopAt) child.stderr!.on('data', (text: string) => stopAt.test(text) && child.kill('SIGINT'));
    },
  });

const tiny = ['--data', './tiny'];

test.each([
  [['train', 'conv + relu + pool', ...tiny, '--threads', '2', '--validation', '60', '--keep-best', '--out', 'trained']],
  [['compare', 'conv', 'pool', ...tiny, '--seeds', '2', '--validation', '60', '--json', '--out', 'compared']],
  [['evaluate', 'trained/model.safetensors', ...tiny, '--json']],
  [['runs', 'list', '--in', '.', '--json']],
  [['data', 'show', './tiny', '--json']],
  [['describe', 'conv + relu + pool', '--program', '--json']],
  [['gradcheck', 'conv + relu', '--json']],
  [['golden', fileOf('golden/exact-gradients.json'), '--json']],
  [['schema', 'train', '--json']],
  [['doctor', '--json']],
])('ocellus %j', { timeout: 120_000 }, async (words) => {
  expect(await run(words)).toMatchObject({ code: 0, signal: null });
});

function fileOf(name: string): string {
  return join(import.meta.dirname, name);
}

test('a training that was stopped goes on', { timeout: 120_000 }, async () => {
  const words = ['train', 'conv(16) + relu + pool', ...tiny, '--batch', '1', '--epochs', '25', '--out', 'stopped'];
  expect((await run(words, /epoch 2/)).code).toBe(130);
  expect(await run(['resume', 'stopped'])).toMatchObject({ code: 0 });
});
