/** @file What commands show of what goes on inside: the compiled program, and the weights after each epoch. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeTinyData } from './cli-data.ts';
import { type CliResult, runCli } from './run-cli.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-insight-'));
  await writeTinyData(join(folder, 'tiny'));
});

afterAll(() => rm(folder, { recursive: true }));

const tiny = ['--data', './tiny', '--epochs', '3', '--batch', '4', '--seed', '7'];
const digest = expect.stringMatching(/^[0-9a-f]{64}$/);
const run = (words: readonly string[]): Promise<CliResult> => runCli(words, { cwd: folder });
const json = async (words: readonly string[]) => JSON.parse((await run([...words, '--json'])).stdout);

it('describe shows the compiled program', async () => {
  const words = ['describe', 'conv + relu + pool', '--program', '--batch', '64', '--threads', '100'];
  expect(await run(words)).toMatchObject({ code: 2 });
  words[words.length - 1] = '16';
  const { program } = await json(words);
  expect(program).toMatchObject({ batchSize: 64, chunks: 8, threads: 8 });
  const { stdout } = await run(words);
  expect(stdout).toContain(`one step of a batch of 64, in 8 chunks, on 8 threads: ${program.nests.length} nests, `);
  expect(stdout).toContain('    relu2.output[b,y,x,f] = max(conv1.output[b,y,x,f], 0)\n');
  expect(stdout).toMatch(/^relu2\.output +64 × 28 × 28 × 8 +200,704 +chunk +its own$/m);
  expect(stdout).not.toContain('gradients, derived');
});

it('describe says which sums walk live elements, and what their lists take', async () => {
  const { stdout } = await run([
    'describe',
    'conv(16) + relu + pool + conv(16) + relu + pool',
    '--program',
    '--batch',
    '8',
  ]);
  expect(stdout).toContain('    sparse: live elements of conv4.outputGrad; makes lists of them, 51,648 bytes\n');
});

it('train prints the weights’ hash after every epoch when it is asked to', async () => {
  const words = ['train', 'conv(4) + relu + pool', ...tiny];
  const { history, weightsSha256 } = await json([...words, '--hash']);
  const hashes: string[] = history.map((epoch: { weightsSha256: string }) => epoch.weightsSha256);
  expect(hashes).toEqual([digest, digest, weightsSha256]);
  expect(new Set(hashes).size).toBe(3);
  const { stderr } = await run([...words, '--hash']);
  for (const [place, hash] of hashes.entries()) {
    expect(stderr).toContain(`epoch ${place + 1}/3: weights SHA-256 ${hash}\n`);
  }
  expect((await json(words)).history[0]).not.toHaveProperty('weightsSha256');
});
