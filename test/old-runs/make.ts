/**
 * @file Makes the runs that later releases are tested with: one that finished and one that was stopped half-way, of train and
 * of compare, as this release leaves them, in a folder named after it.
 *
 *     npx tsx test/old-runs/make.ts
 *
 * Each release adds its folder and keeps those of the releases before. What is large and read by nobody is left out, and so
 * is the folder that the runs were started in.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeTinyData } from '../cli-data.ts';
import { runCli } from '../run-cli.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const network = 'conv + relu + conv + relu + pool + conv + relu + pool';
const common = ['--data', './data', '--threads', '1', '--epochs', '100'];

/** What is done, and what it prints when it is half-way. */
const runs = {
  train: {
    words: ['train', network, ...common, '--batch', '1', '--validation', '10', '--keep-best'],
    half: /epoch 40\//,
  },
  compare: {
    words: ['compare', network, 'conv(2) + pool', ...common, '--batch', '2', '--seeds', '2'],
    half: /seed 0: validation error/,
  },
} as const;

/** For people, or all to be had from the rest. */
const leftOut = /^(report\.|predictions\.json$)/;

async function make(): Promise<void> {
  const { version } = JSON.parse(await readFile(join(here, '../../package.json'), 'utf8'));
  const data = join(here, 'data');
  await writeTinyData(data);
  const folder = await mkdtemp(join(tmpdir(), 'ocellus-old-runs-'));
  try {
    await cp(data, join(folder, 'data'), { recursive: true });
    const release = join(here, version);
    await rm(release, { recursive: true, force: true });
    for (const [name, { words, half }] of Object.entries(runs)) {
      for (const [out, isStopped] of [
        [name, false],
        [`${name}-stopped`, true],
      ] as const) {
        const { code, stderr } = await runCli([...words, '--out', out], {
          cwd: folder,
          onStart: (child) => {
            if (isStopped) child.stderr!.on('data', (text: string) => half.test(text) && child.kill('SIGINT'));
          },
        });
        if (code !== (isStopped ? 130 : 0)) throw new Error(`${out} ended with ${code}: ${stderr}`);
        const left = String(await readdir(join(folder, out)));
        const isHalfWay = left.includes('checkpoint-') && (name === 'train' || left.includes('trial-'));
        if (isStopped && !isHalfWay) throw new Error(`${out} was not stopped half-way: it left ${left}. Try again.`);
        await keep(join(folder, out), join(release, out));
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function keep(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    if (!leftOut.test(name)) await cp(join(from, name), join(to, name));
  }
  const plan = JSON.parse(await readFile(join(to, 'plan.json'), 'utf8'));
  await writeFile(join(to, 'plan.json'), `${JSON.stringify({ ...plan, cwd: '/' }, null, 2)}\n`);
}

await make();
