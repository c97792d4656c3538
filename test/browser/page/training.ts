/** @file What the page trains in its worker, and Node beside it. */
import { adagrad, cnn, conv, maxPool, relu, sharedConv, type TrainOptions } from 'ocellus';

export const model = cnn([sharedConv(), maxPool()]);
export const options: TrainOptions = { trainImages: 2000, batchSize: 1, optimizer: adagrad(), seed: 1 };

/** In batches that several threads share. */
export const shared = cnn([conv({ filters: 4 }), relu(), maxPool()]);
export const sharing: TrainOptions = { trainImages: 640, batchSize: 64, seed: 1, threads: 2 };
