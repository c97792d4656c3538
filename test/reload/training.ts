/** @file The training that is disturbed in pages, and what it must have in the end. */
import { conv, maxPool, relu } from '../../src/layers/index.ts';
import { cnn } from '../../src/model/cnn.ts';
import { adam } from '../../src/optimizers/index.ts';
import type { TrainOptions } from '../../src/training/train.ts';
import type { Trained } from '../../src/training/trained.ts';
import { tinyData } from '../tiny-data.ts';

export const data = tinyData(200, 3);
export const model = cnn([conv({ filters: 5 }), relu(), maxPool()]);
/** Ten steps an epoch, the last of 4 images. */
export const options: TrainOptions = { optimizer: adam(), batchSize: 20, epochs: 40, seed: 5, validation: 16 };

/** All that must be the same, whenever and however often a training was stopped. */
export const resultOf = ({ weightsSha256, history }: Trained) => ({
  weightsSha256,
  history: history.map(({ seconds: _, ...record }) => record),
});

export type Result = ReturnType<typeof resultOf>;
