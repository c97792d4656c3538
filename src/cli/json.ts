/** @file The one document that `--json` prints, and its schema. Rates are fractions. */
import type { z } from 'zod';
import { numericsVersion } from '../numerics-version.ts';
import type { Body, Command, Zod } from './command.ts';

/** `command` is null where the command line does not get as far as one. */
export function document(command: string | null, exitCode: number, body: Body): Body {
  return { schema: `ocellus/${command ?? 'error'}/1`, command, numericsVersion, exitCode, ...body };
}

export function printDocument(value: Body): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** A command's document: its result, or an error in its place. Null: the document of errors before there is a command. */
export function documentSchema(zod: Zod, command: Command | null): z.ZodType {
  const name = command?.name ?? null;
  const everywhere = {
    schema: zod.literal(`ocellus/${name ?? 'error'}/1`),
    command: name === null ? zod.null() : zod.literal(name),
    numericsVersion: zod.int().describe('changes when the bits of trained weights do'),
    exitCode: zod.int().min(0).max(255),
  };
  const error = zod.strictObject({ name: zod.string(), message: zod.string() });
  const failed = zod.strictObject({ ...everywhere, error });
  if (!command) return failed;
  const done = zod.strictObject({ ...everywhere, ...command.output(zod).shape });
  return zod.union([done, failed]);
}

/** Draft 2020-12. */
export function jsonSchema(zod: Zod, schema: z.ZodType, id: string, title: string): Body {
  const { $schema, ...rest } = zod.toJSONSchema(schema, { io: 'input' });
  return { $schema, $id: id, title, ...rest };
}
