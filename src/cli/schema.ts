/** @file `ocellus schema`: JSON Schemas of what commands print with `--json`, and of configuration files. */
import type { z } from 'zod';
import { UsageError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { type Body, type Command, defineCommand, type Zod } from './command.ts';
import { configSchema } from './config-schema.ts';
import { documentSchema, jsonSchema } from './json.ts';
import { studyFileSchema } from './study-file.ts';

/** @param commands the list that the new command will be in, too */
export const schemaCommand = (commands: () => readonly Command[]): Command =>
  defineCommand({
    name: 'schema',
    summary: 'print the JSON Schema of a command’s --json, of a configuration or of a study file',
    group: 'Understand and check',
    examples: ['schema train', 'schema config'],
    arguments: {
      command: {
        description: 'a command’s name, or error, config or study; without it, the names of all schemas',
        optional: true,
        words: () => schemaNames(commands()),
      },
    },
    output: (zod: Zod) =>
      zod.strictObject({
        names: zod.array(zod.string()),
        jsonSchema: zod.record(zod.string(), zod.unknown()).nullable(),
      }),
    async run({ command: name }) {
      const names = schemaNames(commands());
      if (name === undefined) return { body: { names, jsonSchema: null }, text: () => names.join('\n') };
      if (!names.includes(name)) {
        throw new UsageError(`There is no schema "${name}"${didYouMean(name, names)} There are ${names.join(', ')}.`);
      }
      const schema = publishedSchema(await import('zod'), commands(), name);
      return { body: { names: [name], jsonSchema: schema }, text: () => JSON.stringify(schema, null, 2) };
    },
  });

/** Commands that are listed, `error`, `config` and `study`. */
export function schemaNames(commands: readonly Command[]): string[] {
  return [...commands.filter(({ group }) => group).map(({ name }) => name), 'error', 'config', 'study'];
}

/** The JSON Schema that goes by one of these names. */
export function publishedSchema(zod: Zod, commands: readonly Command[], name: string): Body {
  if (name === 'config') {
    return jsonSchema(
      zod,
      configSchema(zod, commands),
      'ocellus/config/1',
      'A configuration file for ocellus --config',
    );
  }
  if (name === 'study') {
    const { options } = commands.find((command) => command.name === 'compare')!;
    return jsonSchema(zod, studyFileSchema(zod, options), 'ocellus/study/1', 'A study file for ocellus compare');
  }
  const title =
    name === 'error' ? 'What ocellus --json prints without a command' : `What ocellus ${name} --json prints`;
  return jsonSchema(zod, schemaOf(zod, commands, name), `ocellus/${name}/1`, title);
}

/** The schema of a command's document, or of `error`. */
export function schemaOf(zod: Zod, commands: readonly Command[], name: string): z.ZodType {
  return documentSchema(zod, commands.find((command) => command.name === name) ?? null);
}
