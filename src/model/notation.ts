/**
 * @file The one notation for architectures, `conv(filters=16, kernelSize=5) + relu + pool + dense(units=128)`: in tables,
 * on the command line, in URLs. Defaults are left out; values may stand without names, `conv(16, 5)`.
 *
 * No layers at all, the classifier's head alone, is the empty text.
 */
import { UsageError } from '../errors.ts';
import { parseCalls, printCall, requireReadable } from '../layers/call-notation.ts';
import { layerFactories } from '../layers/factories.ts';
import type { Layer } from '../layers/layer.ts';
import { definitionOf } from './cnn.ts';

/**
 * Reads an architecture.
 * @throws UsageError with the text and a caret, and the nearest known word for one that is not known
 */
export function parseNotation(text: string): Layer[] {
  const definitions = layerFactories.map((factory) => ({ ...factory.definition, factory }));
  return parseCalls(text, 'layer', definitions).map(({ definition: { factory }, options }) => factory(options));
}

const mostCombinations = 1000;

/** Where the first alternatives start and end: words with bars between them, inside brackets or out. */
function alternativesIn(text: string): [from: number, to: number] | undefined {
  const bar = text.indexOf('|');
  if (bar < 0) return undefined;
  const before = text.slice(0, bar).trimEnd();
  let from = before.length;
  while (from > 0 && !/[\s(),=+]/.test(before[from - 1]!)) from--;
  const [others] = /^(?:\s*\|\s*[^\s(),=+|]+)+/.exec(text.slice(bar)) ?? [''];
  return from === before.length || others === '' ? undefined : [from, bar + others.length];
}

/**
 * The architectures that a grid stands for: `conv(filters=8|16) + relu` for two, in the order of the alternatives, the last
 * one changing fastest.
 * @throws UsageError for more than 1,000
 */
export function expandGrid(text: string): string[] {
  requireReadable(text, 'An architecture');
  const found = alternativesIn(text);
  if (found === undefined) return [text];
  const [from, to] = found;
  const expanded = text
    .slice(from, to)
    .split('|')
    .flatMap((one) => expandGrid(text.slice(to)).map((rest) => text.slice(0, from) + one.trim() + rest));
  if (expanded.length <= mostCombinations) return expanded;
  throw new UsageError(
    `"${text}" stands for more than ${mostCombinations} architectures. Give fewer alternatives, or several comparisons.`,
  );
}

/** @throws UsageError for a layer that does not exist */
export function printNotation(layers: readonly Layer[]): string {
  return layers.map((layer) => printCall(definitionOf(layer.kind), layer)).join(' + ');
}

/** A notation as people read it: the head alone has the empty one. */
export const readableNotation = (notation: string): string => notation || 'the classifier’s head alone';
