/** @file The JSON Schema of a configuration file, made from the commands' own options. */
import type { z } from 'zod';
import type { Command, Zod } from './command.ts';
import { globalOptions, type Option, type Options } from './options.ts';

export function configSchema(zod: Zod, commands: readonly Command[]): z.ZodObject {
  const { config: _, ...globals } = globalOptions;
  const shapeOf = (options: Options): z.ZodRawShape =>
    Object.fromEntries(Object.entries(options).map(([key, option]) => [key, valueSchema(zod, option).optional()]));
  const sections = commands
    .filter(({ options }) => Object.keys(options).length > 0)
    .map(({ name, summary, options }) => [name, zod.strictObject(shapeOf(options)).optional().describe(summary)]);
  return zod.strictObject({ ...shapeOf(globals), ...Object.fromEntries(sections) });
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
