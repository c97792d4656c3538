/** @file The JSON Schema of a configuration file, made from the commands' own options. */
import type { z } from 'zod';
import type { Command, Zod } from './command.ts';
import { globalOptions, type Option, type Options } from './options.ts';

export function configSchema(zod: Zod, commands: readonly Command[]): z.ZodObject {
  const { config: _, ...globals } = globalOptions;
  const sections = commands
    .filter(({ options }) => Object.keys(options).length > 0)
    .map(({ name, summary, options }) => [name, sectionSchema(zod, options).optional().describe(summary)]);
  return zod.strictObject({ ...sectionSchema(zod, globals).shape, ...Object.fromEntries(sections) });
}

/** Options by name, each of which may be left out. */
export function sectionSchema(zod: Zod, options: Options): z.ZodObject {
  const entries = Object.entries(options).map(([key, option]) => [key, valueSchema(zod, option).optional()]);
  return zod.strictObject(Object.fromEntries(entries));
}

function valueSchema(zod: Zod, { value, type, choices, description }: Option<unknown>): z.ZodType {
  const word = zod.union([zod.number(), zod.string()]);
  const schema =
    value === undefined
      ? zod.boolean()
      : choices
        ? zod.enum(choices)
        : type === 'number'
          ? zod.number()
          : type === 'string'
            ? zod.string()
            : zod.union([zod.number(), zod.string(), zod.array(word)]);
  return schema.describe(description);
}
