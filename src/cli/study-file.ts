/** @file A study in a file, JSON or YAML: the options of `compare` under their own names, and the architectures. */
import type { z } from 'zod';
import { UsageError } from '../errors.ts';
import type { Body, Zod } from './command.ts';
import { printed, readSection, section } from './config.ts';
import { sectionSchema } from './config-schema.ts';
import type { Options } from './options.ts';
import { readStructured } from './structured-file.ts';

/** @throws DataError for a file that cannot be read; UsageError, with the key, for what may not stand there */
export async function readStudyFile(
  file: string,
  options: Options,
): Promise<{ readonly architectures: readonly string[]; readonly options: Body }> {
  return checkStudyFile(await readStructured(file), file, options);
}

/** @throws UsageError */
export function checkStudyFile(
  content: unknown,
  file: string,
  options: Options,
): { readonly architectures: readonly string[]; readonly options: Body } {
  const given = section(content, file, 'architectures, and options of compare by name');
  const { architectures } = given;
  const isList = Array.isArray(architectures) && architectures.every((each) => typeof each === 'string');
  if (!isList || architectures.length === 0) {
    throw new UsageError(
      `${file}: architectures needs a list of them in the notation, such as ["conv + relu + pool"], but is ` +
        `${Object.hasOwn(given, 'architectures') ? printed(architectures) : 'missing'}.`,
    );
  }
  return { architectures, options: readSection(given, options, file, `${file}: `, ['architectures']) };
}

export function studyFileSchema(zod: Zod, options: Options): z.ZodObject {
  const architectures = zod
    .array(zod.string())
    .min(1)
    .describe('in the notation, such as "conv + relu + pool"; conv(filters=8|16) stands for two');
  return zod.strictObject({ architectures, ...sectionSchema(zod, options).shape });
}
