/** @file Schemas of what several commands' documents have in common. */
import type { Zod } from './command.ts';

/** `[height, width, channels]` of an image, or the extents of any tensor. */
export const shapeSchema = (zod: Zod) => zod.array(zod.int().min(0));

/** A share of examples. */
export const rateSchema = (zod: Zod) => zod.number().min(0).max(1);

export const sha256Schema = (zod: Zod) => zod.string().regex(/^[0-9a-f]{64}$/);

export const arithmeticSchema = (zod: Zod) => zod.string().describe('only hashes of one arithmetic can be compared');

export const confusionMatrixSchema = (zod: Zod) =>
  zod.array(zod.array(zod.int().min(0))).describe('rows: true class; columns: prediction');

/** A layer's or an optimizer's record: its kind and its options. */
export const layerSchema = (zod: Zod) =>
  zod.object({ kind: zod.string() }).catchall(zod.union([zod.string(), zod.number(), zod.boolean()]));

export const optimizerSchema = (zod: Zod) =>
  zod.object({ kind: zod.string(), learningRate: zod.number() }).catchall(zod.union([zod.string(), zod.number()]));

export const modelSchema = (zod: Zod) =>
  zod.strictObject({ layers: zod.array(layerSchema(zod)), input: shapeSchema(zod), classes: zod.int().min(1) });

export const dataSchema = (zod: Zod) =>
  zod.strictObject({
    name: zod.string(),
    path: zod.string(),
    verified: zod.boolean().describe('whether every file has the SHA-256 that the catalogue promises'),
    shape: shapeSchema(zod),
    classes: zod.array(zod.string()),
    trainImages: zod.int().min(1),
    testImages: zod.int().min(1),
  });

export const epochSchema = (zod: Zod) =>
  zod.strictObject({
    epoch: zod.int().min(1),
    trainLoss: zod.number(),
    validationLoss: zod.number().exactOptional(),
    validationErrorRate: rateSchema(zod).exactOptional(),
    seconds: zod.number(),
    weightsSha256: sha256Schema(zod).exactOptional(),
  });

export const bestEpochSchema = (zod: Zod) =>
  zod.int().min(1).nullable().describe('whose weights they are, where the best were kept');
