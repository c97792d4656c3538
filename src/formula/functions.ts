/**
 * @file The functions of formulas: the one list, which parser, deriver, engines and compiler read. Another function is
 * another entry.
 */
import { cos, erf, exp, log, pow, sin, tanh } from '../numerics.ts';
import type { Recipe } from '../numerics-arithmetic.ts';
import { cosRecipe, erfRecipe, expRecipe, logRecipe, sinRecipe, tanhRecipe } from '../numerics-float32.ts';
import { powRecipe } from '../numerics-pow.ts';

export interface FunctionForm {
  readonly operands: 1 | 2;
  /** In float64. */
  readonly evaluate: (a: number, b: number) => number;
  /** In float32, for compiled code; what has none is an instruction of the machine, in either precision. */
  readonly recipe?: Recipe;
  /**
   * By each operand, as formulas of the operands `a` and `b` and of the function's own `value`. What has none chooses
   * an operand, and `choice.ts` says which.
   */
  readonly derivatives?: readonly string[];
}

export const functions = {
  exp: { operands: 1, evaluate: exp, recipe: expRecipe, derivatives: ['value'] },
  log: { operands: 1, evaluate: log, recipe: logRecipe, derivatives: ['1 / a'] },
  sqrt: { operands: 1, evaluate: Math.sqrt, derivatives: ['1 / (2 * value)'] },
  sin: { operands: 1, evaluate: sin, recipe: sinRecipe, derivatives: ['cos(a)'] },
  cos: { operands: 1, evaluate: cos, recipe: cosRecipe, derivatives: ['-sin(a)'] },
  tanh: { operands: 1, evaluate: tanh, recipe: tanhRecipe, derivatives: ['1 - value * value'] },
  // 2 / √π
  erf: { operands: 1, evaluate: erf, recipe: erfRecipe, derivatives: ['1.1283791670955126 * exp(-(a * a))'] },
  pow: {
    operands: 2,
    evaluate: pow,
    recipe: powRecipe,
    // Where the value is 0, so is the second; log(0) * 0 would be NaN.
    derivatives: ['b * pow(a, b - 1)', 'log(a + (value == 0)) * value'],
  },
  // biome-ignore lint/complexity/useMathMinMax: as in compiled code, NaN passes: a ReLU does not hide it.
  max: { operands: 2, evaluate: (a, b) => (a < b ? b : a) },
  // biome-ignore lint/complexity/useMathMinMax: likewise.
  min: { operands: 2, evaluate: (a, b) => (b < a ? b : a) },
} as const satisfies Readonly<Record<string, FunctionForm>>;

export type FunctionName = keyof typeof functions;

/** The function of a name, if it is one. */
export const functionOf = (name: string): FunctionForm | undefined =>
  Object.hasOwn(functions, name) ? functions[name as FunctionName] : undefined;
