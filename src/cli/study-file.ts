/** @file A study in a file, JSON or YAML: the options of `compare` under their own names, and the architectures. */
import { extname } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { readWholeFile } from '../data/node/read-file.ts';
import { UsageError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';

const wholeNumber = z.int().min(0);

/** Published as a JSON Schema: `ocellus schema study`. */
export const studyFileSchema = z.strictObject({
  architectures: z
    .array(z.string())
    .min(1)
    .describe('in the notation, such as "conv(filters=16) + relu + pool"; conv(filters=8|16) stands for two'),
  data: z.string().optional().describe('a data set by its name, or a folder with four IDX files'),
  seeds: z
    .union([wholeNumber.min(1), z.array(wholeNumber).min(1).readonly()])
    .optional()
    .describe('how many from `seed` on, or which'),
  seed: wholeNumber.optional().describe('the first seed'),
  epochs: wholeNumber.min(1).optional().describe('passes over the training images'),
  batch: wholeNumber.min(1).optional().describe('images a step'),
  optimizer: z.string().optional().describe('in the notation, such as "adam(learningRate=0.002)"'),
  validation: wholeNumber.optional().describe('training images that each seed sets aside to compare on'),
  trainImages: wholeNumber.min(1).optional().describe('how many of the other images to train on'),
});

export type StudyFile = z.infer<typeof studyFileSchema>;

export const isStudyFile = (word: string): boolean => ['.json', '.yaml', '.yml'].includes(extname(word).toLowerCase());

/** @throws UsageError with the place and what is needed there; DataError if the file cannot be read */
export async function readStudyFile(path: string): Promise<StudyFile> {
  const text = new TextDecoder().decode(await readWholeFile(path));
  let value: unknown;
  try {
    value = extname(path).toLowerCase() === '.json' ? JSON.parse(text) : parseYaml(text);
  } catch (cause) {
    throw new UsageError(`${path} cannot be read as a study: ${(cause as Error).message}`, { cause });
  }
  const { data, error } = studyFileSchema.safeParse(value);
  if (data) return data;
  const [issue] = error.issues as [z.core.$ZodIssue];
  const place = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(studyFileSchema.shape);
    const [key] = issue.keys as [string];
    throw new UsageError(
      `${path} has "${key}", which a study does not${didYouMean(key, known)} It has ${known.join(', ')}.`,
    );
  }
  throw new UsageError(`${path} is no study: ${place}${issue.message}. See ocellus schema study.`);
}
