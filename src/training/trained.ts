/** @file What training gives: a model with its input and classes settled, its weights, and how it came to them. */
import { sha256Hex } from '../data/sha256.ts';
import type { EngineName } from '../engine/engine.ts';
import type { Model } from '../model/cnn.ts';
import type { Shape } from '../shape.ts';
import type { Preprocessing } from './feed.ts';

export interface Weights {
  readonly name: string;
  readonly shape: Shape;
  /** In C order. */
  readonly values: Float32Array;
}

/** One pass over the training images. */
export interface EpochRecord {
  readonly epoch: number;
  /** Mean loss over the epoch's examples, each before the step it took part in. */
  readonly trainLoss: number;
  readonly validationLoss?: number;
  readonly validationErrorRate?: number;
  readonly seconds: number;
  /** Of the weights after the epoch, where it was asked for. */
  readonly weightsSha256?: string;
}

export interface Trained {
  readonly model: Model & { readonly input: Shape; readonly classes: number };
  readonly classNames: readonly string[];
  readonly preprocessing: Preprocessing;
  readonly weights: readonly Weights[];
  readonly history: readonly EpochRecord[];
  /** The epoch that the weights are from, where the best were kept. */
  readonly bestEpoch?: number;
  readonly weightsSha256: string;
  /** Of the release that trained it. */
  readonly numericsVersion: number;
  /** That ran the training, to its end where it was resumed. */
  readonly engine: EngineName;
  /** Seconds of training, without what was measured in between. */
  readonly seconds: number;
}

/** SHA-256 over the little-endian float32 of the parameters, unpadded, in layer order, C order. */
export async function hashWeights(weights: readonly Weights[]): Promise<string> {
  const bytes = new Uint8Array(weights.reduce((sum, { values }) => sum + values.byteLength, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { values } of weights) {
    for (const value of values) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  return sha256Hex(bytes);
}
