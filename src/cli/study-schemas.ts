/**
 * @file Schemas of a study's record, as far as `--json` prints it: all but the close look at one network. A test holds them
 * to the types in `comparison/record.ts`.
 */
import type { Zod } from './command.ts';
import {
  arithmeticSchema,
  bestEpochSchema,
  confusionMatrixSchema,
  epochSchema,
  layerSchema,
  optimizerSchema,
  rateSchema,
  sha256Schema,
  shapeSchema,
} from './schema-parts.ts';

const intervalSchema = (zod: Zod, least: number) =>
  zod.strictObject({ low: zod.number().min(least).max(1), high: zod.number().min(least).max(1) });

const estimateSchema = (zod: Zod) =>
  zod.strictObject({
    mean: rateSchema(zod),
    sd: zod.number().min(0).nullable().describe('over the seeds; null for one'),
    interval: intervalSchema(zod, 0).describe('95 %'),
  });

export const runSchema = (zod: Zod) =>
  zod.strictObject({
    seed: zod.int().min(0),
    validationErrorRate: rateSchema(zod).nullable(),
    testErrorRate: rateSchema(zod),
    testInterval: intervalSchema(zod, 0).describe('95 %, Wilson'),
    testLoss: zod.number(),
    confusionMatrix: confusionMatrixSchema(zod),
    history: zod.array(epochSchema(zod)),
    bestEpoch: bestEpochSchema(zod),
    seconds: zod.number(),
    weightsSha256: sha256Schema(zod),
    arithmetic: arithmeticSchema(zod),
  });

export const architectureSchema = (zod: Zod) =>
  zod.strictObject({
    name: zod.string(),
    layers: zod.array(layerSchema(zod)),
    cost: zod.strictObject({
      parameters: zod.int().min(0),
      multiplyAdds: zod.int().min(0).describe('of one image, forwards'),
      modelBytes: zod.int().min(0),
      epochSeconds: zod.number(),
      imageMicroseconds: zod.number(),
    }),
    onParetoFront: zod.boolean(),
    validation: estimateSchema(zod).nullable(),
    test: estimateSchema(zod),
    verdict: zod.enum(['best', 'not distinguishable from the best', 'worse', 'too few to tell', 'not compared']),
    againstBest: zod
      .strictObject({
        difference: zod.number().min(-1).max(1).describe('of mean errors, its own less that of the best'),
        interval: intervalSchema(zod, -1).nullable(),
        pValue: rateSchema(zod),
        adjustedPValue: rateSchema(zod).describe('by Holm, over all pairs of architectures'),
        method: zod.enum(['two-level bootstrap', 'exact McNemar']),
      })
      .nullable(),
    stated: zod
      .strictObject({
        by: zod.string(),
        errorRate: rateSchema(zod),
        seedsAtOrBelow: zod.int().min(0),
        seeds: zod.int().min(1),
      })
      .nullable(),
    confusionMatrix: confusionMatrixSchema(zod),
    runs: zod.array(runSchema(zod)),
  });

export const warningSchema = (zod: Zod) =>
  zod.strictObject({
    kind: zod.enum(['same data', 'overlap', 'missing class', 'different scale']),
    message: zod.string(),
  });

export const bestSchema = (zod: Zod) => zod.strictObject({ name: zod.string() }).nullable();

const partSchema = (zod: Zod) =>
  zod.strictObject({
    images: zod.int().min(1),
    classCounts: zod.array(zod.int().min(0)),
    fingerprint: sha256Schema(zod),
  });

export const studySchema = (zod: Zod) =>
  zod.strictObject({
    title: zod.string(),
    settings: zod.strictObject({
      seeds: zod.array(zod.int().min(0)),
      epochs: zod.int().min(1),
      batchSize: zod.int().min(1),
      optimizer: optimizerSchema(zod),
      validation: zod.int().min(0),
      trainImages: zod.int().min(1),
      gradients: zod.enum(['exact', 'notebook']),
      patience: zod.int().min(1).nullable(),
      keepBest: zod.boolean(),
    }),
    data: zod.strictObject({
      name: zod.string(),
      title: zod.string(),
      shape: shapeSchema(zod),
      classes: zod.array(zod.string()),
      train: partSchema(zod),
      test: partSchema(zod),
    }),
    warnings: zod.array(warningSchema(zod)),
    choice: zod.strictObject({
      by: zod.enum(['validation', 'test', 'nothing']),
      testImages: zod.enum(['read once, after the choice', 'read for the choice']),
    }),
    architectures: zod.array(architectureSchema(zod)),
    best: bestSchema(zod),
    conclusion: zod.string(),
  });
