import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isStudyFile, readStudyFile } from './study-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-study-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileWith(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

test('reads the same study from JSON and YAML', async () => {
  const study = { architectures: ['conv + relu', 'pool'], data: 'mnist', seeds: [1, 2, 3], trainImages: 500 };
  const json = await fileWith('study.json', JSON.stringify(study));
  const yaml = await fileWith(
    'study.yaml',
    'architectures:\n  - conv + relu\n  - pool\ndata: mnist\nseeds: [1, 2, 3]\ntrainImages: 500\n',
  );
  expect(await readStudyFile(json)).toEqual(study);
  expect(await readStudyFile(yaml)).toEqual(study);
});

test.each([
  ['architectures: [pool]\nepoch: 3', 'has "epoch", which a study does not; did you mean epochs? It has architectures'],
  ['architectures: [pool]\nepochs: many', 'is no study: epochs: Invalid input: expected number, received string'],
  ['epochs: 3', 'is no study: architectures: '],
  ['architectures: [pool', 'cannot be read as a study: '],
  ['- pool', 'is no study: Invalid input: expected object, received array'],
])('refuses %j', async (text, message) => {
  await expect(readStudyFile(await fileWith('bad.yaml', text))).rejects.toThrow(message);
});

test('knows a file by its ending', () => {
  expect(['study.yaml', 'a.JSON', 'b.yml', 'conv + relu', 'pool'].map(isStudyFile)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});
