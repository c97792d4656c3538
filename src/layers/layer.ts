/**
 * @file What a layer is: options, and a rule that states its mathematics for one example.
 *
 * `defineLayer` turns such a definition into a factory of frozen, JSON-able records, `{ kind: 'conv', filters: 8, … }`.
 */
import { UsageError } from '../errors.ts';
import type { Shape } from '../shape.ts';

/** The mathematics of a layer for one input shape. Tensors are channels last; `input` and `output` are one example's. */
export interface LayerRule {
  readonly output: Shape;
  /** Shapes of what is learned, by name. */
  readonly parameters?: Readonly<Record<string, Shape>>;
  /** Standard deviations of the normal initial values; a parameter that is not named starts at 0. */
  readonly initialDeviation?: Readonly<Record<string, number>>;
  /** Numbers that formulas call by name. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Ranges of axes that no tensor implies. */
  readonly axes?: Readonly<Record<string, number>>;
  /** How one element of `output` is gathered; earlier lines may define temporaries. */
  readonly forward: readonly string[];
  /** Overrides of derived gradients, with what temporaries they need. */
  readonly backward?: readonly string[];
  /** Temporaries that carry no gradient because their part in it vanishes. */
  readonly stopGradient?: readonly string[];
  /** The output or temporaries that every engine holds, computes and compares in float64. */
  readonly double?: readonly string[];
}

/** What one option of a layer may be. */
export interface Option<T> {
  readonly default: T;
  /** What a value must be, as an error says it: `a whole number from 1 to 4096`. */
  readonly needs: string;
  readonly accepts: (value: unknown) => boolean;
}

type Options = Readonly<Record<string, Option<unknown>>>;
type Values<O extends Options> = { readonly [name in keyof O]: O[name] extends Option<infer T> ? T : never };

/** A layer's record: its kind and its options, nothing else. */
export interface Layer {
  readonly kind: string;
  readonly [option: string]: string | number | boolean;
}

/** What a layer takes and gives: an image `[height, width, channels]`, a vector, or whatever it was given. */
export type Takes = 'image' | 'any';
export type Gives = 'image' | 'vector' | 'same';

export interface LayerDefinition<O extends Options = Options> {
  readonly kind: string;
  /** Its name in the notation, where that is shorter than `kind`. */
  readonly notation?: string;
  /** In the order in which the notation takes values without names. */
  readonly options: O;
  readonly takes: Takes;
  readonly gives: Gives;
  /** @throws ShapeError if the layer cannot take such an input; the message starts with "needs" */
  readonly rule: (options: Values<O>, input: Shape) => LayerRule;
}

/** A layer's factory; its definition hangs on it. */
export interface LayerFactory<
  K extends string = string,
  O extends Options = Options,
  T extends Takes = Takes,
  G extends Gives = Gives,
> {
  (options?: Partial<Values<O>>): Layer & { readonly kind: K } & Values<O> & LayerSignature<T, G>;
  readonly definition: LayerDefinition<O>;
}

declare const signature: unique symbol;
/** Only a type: lets `cnn` refuse at compile time to put an image layer behind a vector. */
export interface LayerSignature<T extends Takes, G extends Gives> {
  readonly [signature]?: { takes: T; gives: G };
}

export function defineLayer<
  const K extends string,
  const O extends Options,
  const T extends Takes,
  const G extends Gives,
>(definition: LayerDefinition<O> & { kind: K; takes: T; gives: G }): LayerFactory<K, O, T, G> {
  const factory = (options: Partial<Values<O>> = {}) =>
    Object.freeze({ kind: definition.kind, ...checkOptions(definition.kind, definition.options, options) });
  return Object.assign(factory as unknown as LayerFactory<K, O, T, G>, { definition });
}

/** Every option with its value or default, in order. @throws UsageError naming the option */
export function checkOptions<O extends Options>(owner: string, options: O, given: object): Values<O> {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(options, name)) {
      const known = Object.keys(options);
      const list = known.length > 0 ? `it has ${known.join(', ')}` : 'it has none';
      throw new UsageError(`${owner} has no option "${name}"; ${list}.`);
    }
  }
  const values = Object.entries(options).map(([name, option]) => {
    const value = (given as Record<string, unknown>)[name] ?? option.default;
    if (!option.accepts(value)) {
      throw new UsageError(`${owner}: ${name} needs ${option.needs}, but is ${JSON.stringify(value)}.`);
    }
    return [name, value];
  });
  return Object.fromEntries(values) as Values<O>;
}

export function wholeNumber(standard: number, low: number, high: number): Option<number> {
  return {
    default: standard,
    needs: `a whole number from ${low} to ${high}`,
    accepts: (value) => Number.isInteger(value) && (value as number) >= low && (value as number) <= high,
  };
}

export function realNumber(standard: number, low: number, high: number): Option<number> {
  return {
    default: standard,
    needs: `a number from ${low} to ${high}`,
    accepts: (value) => typeof value === 'number' && value >= low && value <= high,
  };
}

export function oneOf<const C extends string>(...choices: readonly C[]): Option<C> {
  return {
    default: choices[0]!,
    needs: choices.join(' or '),
    accepts: (value) => choices.includes(value as C),
  };
}
