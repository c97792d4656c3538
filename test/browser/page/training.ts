/** @file What the page trains in its worker, and Node beside it. */
import { adagrad, cnn, maxPool, sharedConv, type TrainOptions } from 'ocellus';

export const model = cnn([sharedConv(), maxPool()]);
export const options: TrainOptions = { trainImages: 2000, batchSize: 1, optimizer: adagrad(), seed: 1 };
