/** @file The published schemas: that they are complete, standard, and as strict as `runCli` takes them to be. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { BodyOf } from '../src/cli/command.ts';
import { commands } from '../src/cli/commands.ts';
import type { studySchema } from '../src/cli/study-schemas.ts';
import type { StudyRecord } from '../src/comparison/record.ts';
import { checkDocument, runCli } from './run-cli.ts';

const folder = new URL('../dist/schemas/', import.meta.url);
const read = (file: string) => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));

describe('the schemas in the package', () => {
  it('are one for each listed command, for errors, configuration and study files', () => {
    const names = commands.flatMap(({ name, group }) => (group === undefined ? [] : [name]));
    expect(readdirSync(folder).sort()).toEqual(
      [...names, 'error', 'config', 'study'].map((name) => `${name}.json`).sort(),
    );
  });

  it('are draft 2020-12, named as the documents are', () => {
    for (const file of readdirSync(folder)) {
      expect(read(file)).toMatchObject({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $id: `ocellus/${file.replace('.json', '')}/1`,
      });
    }
  });

  it('are what ocellus schema prints', async () => {
    const { stdout } = await runCli(['schema', 'train']);
    expect(JSON.parse(stdout)).toEqual(read('train.json'));
    const { jsonSchema } = JSON.parse((await runCli(['schema', 'config', '--json'])).stdout);
    expect(jsonSchema).toEqual(read('config.json'));
    const names = (await runCli(['schema'])).stdout.trim().split('\n');
    expect(names.sort()).toEqual(
      readdirSync(folder)
        .map((file) => file.replace('.json', ''))
        .sort(),
    );
  });
});

it('says of a study what the type of its record says, no more and no less', () => {
  // Held by the compiler: `npm run types`.
  expectTypeOf<BodyOf<typeof studySchema>>().toEqualTypeOf<Omit<StudyRecord, 'closeUp'>>();
});

describe('a document', () => {
  const documentOf = async (...words: string[]) => JSON.parse((await runCli([...words, '--json'])).stdout);

  it('with an unknown key is refused, however deep', async () => {
    const document = await documentOf('describe', 'conv', '--input', '6x6x1');
    expect(() => checkDocument(document)).not.toThrow();
    expect(() => checkDocument({ ...document, more: 1 })).toThrow('more');
    document.layers[0].forward[0].more = 1;
    expect(() => checkDocument(document)).toThrow('more');
  });

  it('without a key, or with a value of another type, is refused', async () => {
    const { parameters, ...document } = await documentOf('describe', 'conv', '--input', '6x6x1');
    expect(() => checkDocument(document as never)).toThrow('parameters');
    expect(() => checkDocument({ ...document, parameters: String(parameters) } as never)).toThrow('parameters');
  });

  it('of an error has the error in place of the result', async () => {
    const document = await documentOf('train', 'conv', '--epochs', '0');
    expect(document).toEqual({
      ...{ schema: 'ocellus/train/1', command: 'train', numericsVersion: 1, exitCode: 2 },
      error: { name: 'UsageError', message: '--epochs needs a whole number from 1 to 1,000,000, but gets "0".' },
    });
    expect(() => checkDocument({ ...document, history: [] })).toThrow();
    expect(await documentOf('trian')).toMatchObject({ schema: 'ocellus/error/1', command: null, exitCode: 2 });
  });
});
