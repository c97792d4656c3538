/** @file Runs that releases before this one left: they are read, and resumed to the same results or refused by name. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunRecord } from '../src/comparison/record.ts';
import { numericsVersion } from '../src/numerics-version.ts';
import { runCli } from './run-cli.ts';

const kept = fileURLToPath(new URL('old-runs', import.meta.url));
const releases = (await readdir(kept)).filter((name) => /^\d/.test(name));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-old-runs-'));
  await cp(kept, folder, { recursive: true });
  for (const release of releases) {
    // Where they were started is not where they are now.
    for (const run of await readdir(join(folder, release))) await edit(`${release}/${run}/plan.json`, { cwd: folder });
  }
});
afterAll(() => rm(folder, { recursive: true }));

const run = (...words: string[]) => runCli(words, { cwd: folder });
const recordOf = async (name: string): Promise<RunRecord> =>
  JSON.parse(await readFile(join(folder, name, 'run.json'), 'utf8'));

async function edit(path: string, changes: object): Promise<void> {
  const content = JSON.parse(await readFile(join(folder, path), 'utf8'));
  await writeFile(join(folder, path), JSON.stringify({ ...content, ...changes }));
}

/** What the run came to, but for times. */
const resultsOf = ({ studies }: RunRecord) =>
  studies.flatMap(({ architectures }) =>
    architectures.flatMap(({ name, runs }) =>
      runs.map(({ seed, weightsSha256, testErrorRate, history }) => ({
        ...{ name, seed, weightsSha256, testErrorRate },
        losses: history.map(({ trainLoss, validationLoss }) => [trainLoss, validationLoss]),
      })),
    ),
  );

it('there are those of this release', async () => {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
  expect(releases).toContain(version);
});

describe.each(releases)('of release %s', (release) => {
  const path = (name: string) => `${release}/${name}`;

  it('are listed, shown and compared', async () => {
    const { runs } = JSON.parse((await run('runs', 'list', '--in', release, '--json')).stdout);
    expect(runs).toMatchObject([
      { path: path('compare'), command: 'compare', state: 'finished', results: [{ seeds: [0, 1] }, { seeds: [0, 1] }] },
      { path: path('compare-stopped'), command: 'compare', state: 'stopped', results: [] },
      { path: path('train'), command: 'train', state: 'finished', results: [{ data: 'data', seeds: [0] }] },
      { path: path('train-stopped'), command: 'train', state: 'stopped', results: [] },
    ]);
    const shown = await run('runs', 'show', path('train'), path('train-stopped'));
    expect(shown.stdout).toContain(`Go on with: ocellus resume ${path('train-stopped')}`);
    const compared = await run('runs', 'compare', path('train'), path('compare'));
    for (const { weightsSha256 } of [...runs[0].results, ...runs[2].results]) {
      for (const sha256 of weightsSha256) expect(compared.stdout).toContain(sha256.slice(0, 8));
    }
    expect(await run('resume', path('train'))).toMatchObject({ code: 2, stderr: expect.stringContaining('finished') });
  });

  it.each(['train', 'compare'])('%s goes on to the recorded results, or is refused by name', async (name) => {
    const whole = await recordOf(path(name));
    const { versions } = whole;
    const resumed = await run('resume', path(`${name}-stopped`));
    if (versions.numericsVersion === numericsVersion) {
      expect(resumed).toMatchObject({ code: 0 });
      // From where it stood: the names and forms of what it had kept are still known.
      if (name === 'train') expect(resumed.stderr).not.toContain('epoch 40/');
      else expect(resumed.stderr).toContain('of 4 trials are trained already.');
      expect(resultsOf(await recordOf(path(`${name}-stopped`)))).toEqual(resultsOf(whole));
    } else {
      expect(resumed).toMatchObject({
        code: 3,
        stderr: expect.stringContaining(`was started by release ${release}, whose numerics version is`),
      });
    }
  });
});

describe('of releases to come', () => {
  const [release] = releases as [string];
  const future = 'future';
  beforeAll(() => cp(join(kept, release), join(folder, future), { recursive: true }));

  it('are refused with what they would need', async () => {
    const stopped = `${future}/train-stopped`;
    const versions = { ocellus: '9.0.0', node: '40.0.0', numericsVersion: 99 };
    await edit(`${stopped}/plan.json`, { versions });
    expect(await run('resume', stopped)).toMatchObject({
      code: 3,
      stderr: `The run ${stopped} was started by release 9.0.0, whose numerics version is 99; this one's is ${numericsVersion}, so it would end otherwise. Use that release, or start anew.\n`,
    });
    await edit(`${stopped}/plan.json`, { schema: 'ocellus/plan/2' });
    const refusal = `${stopped}/plan.json needs to be of the form ocellus/plan/1, but is "ocellus/plan/2". Use the release that wrote it, or start anew.\n`;
    for (const words of [
      ['resume', stopped],
      ['runs', 'show', stopped],
    ]) {
      expect(await run(...words)).toMatchObject({ code: 3, stderr: refusal });
    }
  });

  it('keep nobody from seeing the others, and can be removed', async () => {
    const newer = `${future}/train`;
    await edit(`${newer}/run.json`, { schema: 'ocellus/run/2' });
    const refusal = `${newer}/run.json needs to be of the form ocellus/run/1, but is "ocellus/run/2". Use the release that wrote it, or start anew.\n`;
    expect(await run('runs', 'compare', newer, `${future}/compare`)).toMatchObject({ code: 3, stderr: refusal });
    await writeFile(join(folder, future, 'compare-stopped/plan.json'), '{');
    const { code, stdout, stderr } = await run('runs', 'list', '--in', future);
    expect(code).toBe(4);
    expect(stderr).toContain(`Warning: ${refusal}`);
    expect(stderr).toContain(
      `Warning: ${future}/compare-stopped/plan.json is damaged: it is not JSON. Start the run anew.\n`,
    );
    expect(stdout).toMatch(/^future\/compare +compare +finished/m);
    expect(await run('runs', 'remove', newer)).toMatchObject({ code: 0, stdout: `removed ${newer}\n`, stderr: '' });
    expect(await readdir(join(folder, future))).not.toContain('train');
  });
});
