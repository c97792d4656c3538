/** @file The notation of networks and optimizers in a few lines, made from the lists of layers and of optimizers. */
import { type Callable, notationName } from '../layers/call-notation.ts';
import { layerFactories } from '../layers/factories.ts';
import { optimizerFactories } from '../optimizers/index.ts';
import { scheduleOptions } from '../optimizers/schedule.ts';

const layers = layerFactories.map(({ definition }) => definition);
const optimizers = optimizerFactories.map(({ definition }) => definition);

/** `conv(filters=8, kernelSize=3)`: all options at their defaults. */
function signatureOf(definition: Callable, leftOut: object = {}): string {
  const options = Object.entries(definition.options)
    .filter(([name]) => !Object.hasOwn(leftOut, name))
    .map(([name, option]) => `${name}=${option.default}`);
  return notationName(definition) + (options.length > 0 ? `(${options.join(', ')})` : '');
}

/** What a network is written in. */
export function networkHelp(): string {
  return [
    'Networks:',
    '  Layers joined by "+", in quotes. Options stand in parentheses, by name or in',
    '  order; those left out have their defaults:',
    ...layers.map((definition) => `    ${signatureOf(definition)}`),
    '  "conv(filters=16, kernelSize=5) + relu + pool" is "conv(16, 5) + relu + pool".',
    '  The classifier’s head, a dense layer and softmax, follows by itself.',
  ].join('\n');
}

/** What `--optimizer` takes. */
export function optimizerHelp(): string {
  return [
    'Optimizers (--optimizer), likewise:',
    ...optimizers.map((definition) => `    ${signatureOf(definition, scheduleOptions)}`),
    '  and each with a schedule, warmup=0, cooldown=0: the learning rate rises over',
    '  the first share of all steps, and falls along half a cosine over the last.',
    '  "adam(0.002, warmup=0.1, cooldown=0.9)" rises in the first tenth, then falls.',
  ].join('\n');
}

/** What is typed, with its last word made to each layer: `conv + re` to `conv + relu`. */
export function layerWords(typed: string): string[] {
  const [before] = /^(?:.*\+)?\s*/.exec(typed)!;
  return layers.map((definition) => before + notationName(definition));
}

export const optimizerWords = (): string[] => optimizers.map(notationName);
