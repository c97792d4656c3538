/**
 * @file What an optimiser is: formulas over one parameter tensor, each name assigned once, stores at the end.
 *
 * They read `weight`, `grad` (of the mean loss) and the optimiser's own state, all of one shape, written `[n]`; and
 * scalars, which `tick` advances once a step before any parameter is updated.
 *
 * What is assigned is looked at in every step. So a gradient that is NaN or infinite has to make a new value or state NaN or
 * infinite, as it does wherever one of them is a sum with it.
 */
import { checkOptions, type Option } from '../layers/layer.ts';
import { scheduleOf, scheduleOptions } from './schedule.ts';

export interface OptimizerRule {
  /** State kept for every parameter tensor, by name, with the value it starts at. */
  readonly state: Readonly<Record<string, number>>;
  /** Scalars with the values they start at; `learningRate` is one, so that a schedule may set it before a step. */
  readonly scalars: Readonly<Record<string, number>>;
  readonly constants: Readonly<Record<string, number>>;
  /** Scalar formulas, run once a step. */
  readonly tick: readonly string[];
  readonly update: readonly string[];
  /** What each scalar, state and `weight` becomes at the end: `{ weight: 'w1' }`. */
  readonly assign: Readonly<Record<string, string>>;
}

/**
 * In float32, `x + grain - grain` is x where |x| is above 2^-27, and what is below 2^-53 becomes 0: numbers that move no
 * weight. Without it a gradient's square, or a mean that only decays, would become denormal, which costs some CPUs a
 * hundred times as much. NaN stays NaN; float64 hardly sees it. A third makes no ties, which would round large x.
 */
export const grain = 1 / (0.75 * 2 ** 30);

/** An optimiser's record: its kind and its options. */
export interface Optimizer {
  readonly kind: string;
  readonly learningRate: number;
  /** `warmup` and `cooldown`, where it has a schedule, among them. */
  readonly [option: string]: string | number;
}

type Options = Readonly<Record<string, Option<number>>> & { readonly learningRate: Option<number> };
type Values<O extends Options> = { readonly [name in keyof O]: number };

export interface OptimizerFactory<O extends Options = Options> {
  (options?: Partial<Values<O & typeof scheduleOptions>>): Optimizer;
  readonly definition: OptimizerDefinition<O>;
}

export interface OptimizerDefinition<O extends Options = Options> {
  readonly kind: string;
  readonly options: O;
  readonly rule: (options: Values<O>) => OptimizerRule;
}

/** Adds the options of `schedule.ts` to its own. */
export function defineOptimizer<const O extends Options>(definition: OptimizerDefinition<O>): OptimizerFactory<O> {
  const { kind } = definition;
  const options = { ...definition.options, ...scheduleOptions };
  const factory = (given: Partial<Values<O & typeof scheduleOptions>> = {}): Optimizer => {
    const { warmup, cooldown, ...own } = checkOptions(kind, options, given) as Values<Options & typeof scheduleOptions>;
    return Object.freeze({ kind, ...own, ...scheduleOf({ warmup, cooldown }) });
  };
  return Object.assign(factory, { definition: { ...definition, options } });
}
