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
 * @param shown what to show in errors: a text with the same words in the same places
 * @throws UsageError with the text and a caret, and the nearest known word for one that is not known
 */
export function parseNotation(text: string, shown = text): Layer[] {
  const definitions = layerFactories.map((factory) => ({ ...factory.definition, factory }));
  return parseCalls(text, 'layer', definitions, shown).map(({ definition: { factory }, options }) => factory(options));
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
 * Reads the architectures that a grid stands for: `conv(filters=8|16) + relu` for two, in the order of the alternatives, the
 * last one changing fastest.
 * @throws UsageError for more than 1,000; with the grid as it is written and a caret for one that cannot be read
 */
export function parseGrid(text: string): Layer[][] {
  requireReadable(text, 'An architecture');
  const all = expandGrid(text);
  if (all.length <= mostCombinations) return all.map((one) => parseNotation(one, text));
  throw new UsageError(
    `"${text}" stands for more than ${mostCombinations} architectures. Give fewer alternatives, or several comparisons.`,
  );
}

/** Each with blanks for the alternatives that it leaves out, so that all else keeps its place. Of too many, one too many. */
function expandGrid(text: string): string[] {
  const found = alternativesIn(text);
  if (found === undefined) return [text];
  const [from, to] = found;
  const rests = expandGrid(text.slice(to));
  const expanded: string[] = [];
  let blanks = 0;
  for (const one of text.slice(from, to).split('|')) {
    const padded = (' '.repeat(blanks) + one).padEnd(to - from);
    blanks += one.length + 1;
    for (const rest of rests) {
      if (expanded.length > mostCombinations) return expanded;
      expanded.push(text.slice(0, from) + padded + rest);
    }
  }
  return expanded;
}

/** @throws UsageError for a layer that does not exist */
export function printNotation(layers: readonly Layer[]): string {
  return layers.map((layer) => printCall(definitionOf(layer.kind), layer)).join(' + ');
}

/** A notation as people read it: the head alone has the empty one. */
export const readableNotation = (notation: string): string => notation || 'the classifier’s head alone';
