/** @file Runs that are stopped, killed or shared, and resumed, as processes of their own. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOf } from '../src/cli/run-lock.ts';
import { randomStream } from '../src/random.ts';
import { writeTinyData } from './cli-data.ts';
import { lacksCompiler } from './native-machine.ts';
import { type CliResult, runCli } from './run-cli.ts';
import { type Outcome, outcomeOf } from './run-outcome.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-resume-'));
  await writeTinyData(join(folder, 'tiny'), { size: 24, train: 600 });
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs, and sends a signal after so many milliseconds, or when something is printed. */
function run(words: readonly string[], stop?: { signal: NodeJS.Signals; after: number | RegExp }): Promise<CliResult> {
  return runCli(words, {
    cwd: folder,
    onStart: (child) => {
      if (stop === undefined) return;
      const { signal, after } = stop;
      if (typeof after === 'number') setTimeout(() => child.kill(signal), after);
      else child.stderr!.on('data', (text: string) => after.test(text) && child.kill(signal));
    },
  });
}

const outcome = (name: string, result: CliResult) => outcomeOf(join(folder, name), result);

/** Starts a program in a PID namespace of its own, where this machine lets it. */
const unshared = ['unshare', '-Urpf', '--mount-proc'];
const lacksNamespaces = spawnSync(unshared[0]!, [...unshared.slice(1), 'true']).status !== 0;

const slow = [
  'train',
  'conv(16) + relu + pool',
  '--data',
  './tiny',
  '--batch',
  '1',
  '--epochs',
  '25',
  '--engine',
  'wasm',
];
const files = ['events.jsonl', 'model.safetensors', 'plan.json', 'predictions.json'];
const finished = [...files, 'report.csv', 'report.html', 'report.md', 'run.json'];

describe('train', () => {
  let undisturbed: Outcome;
  beforeAll(async () => {
    undisturbed = await outcome('runs/whole', await run([...slow, '--out', 'runs/whole']));
    expect(undisturbed.code).toBe(0);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s saves it and says how it goes on, to the same results', async (signal, code) => {
    const out = `runs/${signal.toLowerCase()}`;
    const stopped = await run([...slow, '--out', out], { signal, after: /epoch 3/ });
    expect(stopped).toMatchObject({ code, stdout: '' });
    expect(stopped.stderr).toMatch(new RegExp(`Go on with: ocellus resume ${out}\nInterrupted by ${signal}\\.\n$`));
    expect((await readdir(join(folder, out))).filter((name) => name.startsWith('checkpoint-')).length).toBeGreaterThan(
      0,
    );
    const resumed = await run(['resume', out, '--threads', '2']);
    expect(resumed.stderr).not.toContain('epoch 1/');
    expect(await outcome(out, resumed)).toEqual(undisturbed);
    expect((await readdir(join(folder, out))).sort()).toEqual(finished);
  });

  it('a model’s own file is written at the end, after a stop as well', async () => {
    const words = [...slow, '--out', 'own.safetensors'];
    const stopped = await run(words, { signal: 'SIGINT', after: /epoch 3/ });
    const [, out] = /^Go on with: ocellus resume (runs\/\S+-train)$/m.exec(stopped.stderr)!;
    expect(await readdir(folder)).not.toContain('own.safetensors');
    const resumed = await run(['resume', out!]);
    expect(resumed.stdout).toContain(`\nsaved to own.safetensors\nThe report: ${out}/report.html\n`);
    expect((await outcome(out!, resumed)).record).toEqual(undisturbed.record);
    const [own, kept] = await Promise.all(
      ['own.safetensors', `${out}/model.safetensors`].map((name) => readFile(join(folder, name))),
    );
    expect(own).toEqual(kept);
  });

  it('killed at any moment, again and again, it ends in the same results', async () => {
    const random = randomStream(6, 'kills');
    const out = 'runs/killed';
    let kills = 0;
    let last: CliResult;
    do {
      const isThere = (await readdir(join(folder, out)).catch((): string[] => [])).includes('plan.json');
      if (!isThere) await rm(join(folder, out), { recursive: true, force: true });
      const words = isThere ? ['resume', out] : [...slow, '--out', out];
      last = await run(words, kills < 10 ? { signal: 'SIGKILL', after: 200 + random.integer(500) } : undefined);
      if (last.signal === 'SIGKILL') kills++;
    } while (last.signal === 'SIGKILL');
    expect(kills).toBeGreaterThan(3);
    expect(await outcome(out, last)).toEqual(undisturbed);
    expect((await readdir(join(folder, out))).sort()).toEqual(finished);
  });

  it('a signal that comes as soon as there is a folder says how it goes on', async () => {
    const out = 'runs/early';
    const plan = join(folder, out, 'plan.json');
    const stopped = await runCli([...slow, '--out', out], {
      cwd: folder,
      onStart: async (child) => {
        while (!(await readFile(plan).catch(() => undefined))) await new Promise((resolve) => setTimeout(resolve, 5));
        child.kill('SIGTERM');
      },
    });
    expect(stopped).toMatchObject({ code: 143, stdout: '' });
    expect(stopped.stderr).toMatch(/Go on with: ocellus resume runs\/early\nInterrupted by SIGTERM\.\n$/);
    expect(await readdir(join(folder, out))).not.toContain('lock.json');
    expect(await outcome(out, await run(['resume', out]))).toEqual(undisturbed);
  });

  it('other data than it was started on is refused, and what was saved stays', async () => {
    const out = './-runs';
    await writeTinyData(join(folder, 'changing'), { size: 24, train: 600 });
    const words = slow.map((word) => (word === './tiny' ? './changing' : word));
    const stopped = await run([...words, `--out=-runs`], { signal: 'SIGINT', after: /epoch 3/ });
    expect(stopped.stderr).toContain(`Go on with: ocellus resume ${out}\n`);
    const before = await readdir(join(folder, out));
    for (const [file, part] of [
      ['train-labels-idx1-ubyte', 'training'],
      ['t10k-images-idx3-ubyte', 'test'],
    ] as const) {
      const path = join(folder, 'changing', file);
      const bytes = await readFile(path);
      await writeFile(
        path,
        bytes.map((byte, place) => (place === bytes.length - 1 ? byte ^ 2 : byte)),
      );
      expect(await run(['resume', out])).toMatchObject({
        code: 3,
        stdout: '',
        stderr: `The run ${out} was started on other data: the ${part} images of changing are others. Put back what was there, or start anew.\n`,
      });
      expect((await readdir(join(folder, out))).sort()).toEqual([...before].sort());
      await writeFile(path, bytes);
    }
    expect((await outcome(out, await run(['resume', out]))).code).toBe(0);
  });

  it('a damaged checkpoint is named, and the one before is used', async () => {
    const out = 'runs/damaged';
    await run([...slow, '--out', out], { signal: 'SIGTERM', after: /epoch 9/ });
    const names = (await readdir(join(folder, out)))
      .filter((name) => name.startsWith('checkpoint-'))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    expect(names).toHaveLength(2);
    const [older, newest] = names.map((name) => join(folder, out, name)) as [string, string];
    const bytes = await readFile(newest);
    bytes[bytes.length - 9]! ^= 4;
    await writeFile(newest, bytes);
    const resumed = await run(['resume', out]);
    expect(resumed.stderr).toContain(
      `${newest} is damaged: its bytes do not have the SHA-256 that it was written with. ${older} is used.`,
    );
    expect(await outcome(out, resumed)).toEqual(undisturbed);
  });

  it('with patience it ends where it would have, with the best weights', async () => {
    const words = [...slow, '--validation', '60', '--patience', '2', '--epochs', '200'];
    const whole = await outcome('runs/patient', await run([...words, '--out', 'runs/patient']));
    expect(whole.table).toMatch(/^kept: the weights after epoch \d+$/m);
    await run([...words, '--out', 'runs/impatient'], { signal: 'SIGINT', after: /epoch 1/ });
    expect(await outcome('runs/impatient', await run(['resume', 'runs/impatient']))).toEqual(whole);
    const refused = await run(['train', 'pool', '--data', './tiny', '--keep-best']);
    expect(refused).toMatchObject({
      code: 2,
      stderr: '--keep-best needs images to validate on, but validation is 0. Set some aside.\n',
    });
  });

  it('what has finished, or is no run, is not resumed', async () => {
    expect(await run(['resume', 'runs/whole'])).toMatchObject({
      code: 2,
      stderr: 'The run runs/whole has finished. Its report is runs/whole/report.html.\n',
    });
    expect(await run(['resume', 'tiny'])).toMatchObject({
      code: 2,
      stderr: 'tiny is not the folder of a run: it has no plan.json. Give one that train, compare or notebook made.\n',
    });
  });

  it('what has a damaged record is not said to have finished, and nothing of it is removed', async () => {
    const out = 'runs/cut';
    await mkdir(join(folder, out));
    const record = join(out, 'run.json');
    await writeFile(join(folder, record), '{"schema":"ocellus/run/1","comm');
    await writeFile(join(folder, out, 'trial-0.safetensors'), '');
    expect(await run(['resume', out])).toMatchObject({
      code: 3,
      stdout: '',
      stderr: `${record} is damaged: it is not JSON. Run its command again.\n`,
    });
    expect(await readdir(join(folder, out))).toEqual(['run.json', 'trial-0.safetensors']);
  });

  it('a folder has one process at a time, and the second names the first', async () => {
    const out = 'runs/shared';
    let pid = 0;
    let second: Promise<CliResult[]> | undefined;
    const first = await runCli([...slow, '--out', out], {
      cwd: folder,
      onStart: (child) => {
        pid = child.pid!;
        child.stderr!.once('data', () => {
          second = Promise.all([run(['resume', out]), run([...slow, '--out', out])]);
          second.then(() => child.kill('SIGTERM'));
          child.kill('SIGSTOP');
          setTimeout(() => child.kill('SIGCONT'), 2000);
        });
      },
    });
    expect(first.code).toBe(143);
    for (const refused of await second!) {
      expect(refused).toMatchObject({
        code: 2,
        stderr: `${out} is in use by process ${pid} (ocellus train). Wait for its end, or stop it.\n`,
      });
    }
    // The number of a process that is alive, but is not the one that had the folder.
    const lock = { pid: process.pid, started: 'before', host: hostname(), command: 'ocellus train' };
    await writeFile(join(folder, out, 'lock.json'), JSON.stringify(lock));
    if (startOf(process.pid) !== null) expect((await run(['resume', out])).code).toBe(0);
  });

  it.skipIf(lacksNamespaces)('a process in another PID namespace keeps its folder', async () => {
    const out = 'runs/unshared';
    let second: Promise<CliResult> | undefined;
    await runCli([...slow, '--epochs', '100000', '--out', out], {
      cwd: folder,
      under: unshared,
      onStart: (child) =>
        child.stderr!.once('data', () => {
          second = run(['resume', out]);
          second.then(() => process.kill(-child.pid!, 'SIGKILL'));
        }),
    });
    expect(await second).toMatchObject({
      code: 2,
      stderr: `${out} is in use by process 1 in another PID namespace (ocellus train). If that has ended, remove ${out}/lock.json.\n`,
    });
  });

  it('another engine of the same precision may go on, but not one of another', async () => {
    const out = 'runs/engine';
    await run([...slow, '--out', out], { signal: 'SIGINT', after: /epoch 2/ });
    const refused = await run(['resume', out, '--engine', 'reference']);
    expect(refused).toMatchObject({
      code: 2,
      stderr: `The run ${out} computes in float32 (wasm), but reference in float64: it would end otherwise. Leave --engine out.\n`,
    });
    expect(
      await outcome(out, await run(['resume', out, '--engine', lacksCompiler ? 'wasm' : 'native', '--json'])),
    ).toMatchObject({
      record: undisturbed.record,
    });
  });
});
