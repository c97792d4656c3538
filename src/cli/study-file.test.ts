import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compare } from './compare.ts';
import { readStudyFile } from './study-file.ts';

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
  const study = { architectures: ['conv + relu', 'pool'], data: 'mnist', seeds: [7], trainImages: 500 };
  const json = await fileWith('study.json', JSON.stringify(study));
  const yaml = await fileWith(
    'study.yaml',
    'architectures:\n  - conv + relu\n  - pool\ndata: mnist\nseeds: [7]\ntrainImages: 500\n',
  );
  const { architectures, ...options } = study;
  expect(await readStudyFile(json, compare.options)).toEqual({ architectures, options });
  expect(await readStudyFile(yaml, compare.options)).toEqual({ architectures, options });
});

test.each([
  [
    'architectures: [pool]\nepoch: 3',
    ' has an unknown option "epoch"; did you mean epochs? Known are architectures, data,',
  ],
  ['architectures: [pool]\nepochs: many', ': epochs needs a number, but is "many".'],
  [
    'architectures: [pool]\nseeds: [1, 1]',
    ': seeds needs different seeds, but gets "1,1". Leave the repeated ones out.',
  ],
  [
    'epochs: 3',
    ': architectures needs a list of them in the notation, such as ["conv + relu + pool"], but is missing.',
  ],
  [
    'architectures: []',
    ': architectures needs a list of them in the notation, such as ["conv + relu + pool"], but is [].',
  ],
  ['architectures: [pool', ' is neither JSON nor YAML: '],
  ['- pool', ' needs architectures, and options of compare by name, but is ["pool"].'],
])('refuses %j', async (text, message) => {
  const path = await fileWith('bad.yaml', text);
  await expect(readStudyFile(path, compare.options)).rejects.toThrow(path + message);
});

test.each([
  ['{"architectures": ["pool"],}', /^Expected double-quoted property name in JSON at position 27/],
  ['{"architectures": ["pool"],\n"epochs": }', /^Unexpected token '}'/],
])('a .json file is JSON: %j', async (text, problem) => {
  const path = await fileWith('bad.json', text);
  const error: Error = await readStudyFile(path, compare.options).then(
    () => Promise.reject(new Error('It was read.')),
    (thrown) => thrown,
  );
  expect(error.message.startsWith(`${path} is not JSON: `)).toBe(true);
  expect(error.message.slice(`${path} is not JSON: `.length)).toMatch(problem);
  expect(error.message).not.toContain('\n');
});
