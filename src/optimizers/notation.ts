/** @file Optimisers in the notation of architectures: `adam(learningRate=0.002)`, or `adam(0.002)`. */
import { UsageError } from '../errors.ts';
import { callError, parseCalls, printCall } from '../layers/call-notation.ts';
import { didYouMean } from '../nearest.ts';
import { optimizerFactories } from './index.ts';
import type { Optimizer } from './optimizer.ts';

/**
 * Reads an optimiser.
 * @throws UsageError with the text and a caret, and the nearest known word for one that is not known
 */
export function parseOptimizer(text: string): Optimizer {
  const definitions = optimizerFactories.map((factory) => ({ ...factory.definition, factory }));
  const calls = parseCalls(text, 'optimizer', definitions);
  if (calls.length !== 1) {
    throw callError(
      text,
      0,
      `The notation needs one optimizer, but has ${calls.length === 0 ? 'none' : calls.length}.`,
    );
  }
  const [{ definition, options }] = calls as [(typeof calls)[0]];
  return definition.factory(options as Record<string, number>);
}

/** @throws UsageError for an optimiser that does not exist */
export function printOptimizer(optimizer: Optimizer): string {
  const factory = optimizerFactories.find(({ definition }) => definition.kind === optimizer.kind);
  if (factory) return printCall(factory.definition, optimizer);
  const known = optimizerFactories.map(({ definition }) => definition.kind);
  const { kind } = optimizer;
  throw new UsageError(`There is no optimizer "${kind}"${didYouMean(kind, known)} There are ${known.join(', ')}.`);
}
