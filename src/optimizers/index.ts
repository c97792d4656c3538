/** @file The one list of optimisers. */
import { adagrad } from './adagrad.ts';
import { adam } from './adam.ts';
import type { OptimizerFactory } from './optimizer.ts';
import { sgd } from './sgd.ts';

export const optimizers = { sgd, adagrad, adam } as const;

export const optimizerFactories = Object.values(optimizers) as unknown as readonly OptimizerFactory[];

export { adagrad, adam, sgd };
