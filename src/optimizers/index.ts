/** @file The one list of optimisers. */

import { UsageError } from '../errors.ts';
import { checkOptions } from '../layers/layer.ts';
import { adagrad } from './adagrad.ts';
import { adam } from './adam.ts';
import type { Optimizer, OptimizerFactory, OptimizerRule } from './optimizer.ts';
import { sgd } from './sgd.ts';

export const optimizers = { sgd, adagrad, adam } as const;

export const optimizerFactories = Object.values(optimizers) as unknown as readonly OptimizerFactory[];

export { adagrad, adam, sgd };

/** The formulas of an optimiser's record. @throws UsageError for an unknown kind or option */
export function ruleOf({ kind, ...options }: Optimizer): OptimizerRule {
  const factory = optimizerFactories.find(({ definition }) => definition.kind === kind);
  if (!factory)
    throw new UsageError(`There is no optimiser "${kind}"; there are ${Object.keys(optimizers).join(', ')}.`);
  return factory.definition.rule(checkOptions(kind, factory.definition.options, options) as { learningRate: number });
}
