/**
 * @file exp, log and tanh in float32, written once for TypeScript and for compiled code.
 *
 * A recipe is a list of operations on an abstract `Arithmetic`: over numbers it computes, over a compiler's nodes it
 * builds code, and both give the same bits. No recipe branches.
 *
 * Errors are in ulps of float32 against the float64 functions, the largest seen over every 397th float of the range.
 *
 * Source: S. Moshier, Cephes, single precision (expf.c, logf.c, tanhf.c): reductions and coefficients.
 */

/**
 * What a recipe may use, each one or two instructions of WebAssembly SIMD128 (or C).
 * T is a number, rounded to float32 after each operation, or a node of compiled code. It stands for a float32, an int32
 * or a mask; the operation says which.
 */
export interface Arithmetic<T> {
  /** A float32 constant. */
  constant(value: number): T;
  add(a: T, b: T): T;
  subtract(a: T, b: T): T;
  multiply(a: T, b: T): T;
  divide(a: T, b: T): T;
  absolute(a: T): T;
  /** The mask a > b; false when either is NaN. Only `select` may read a mask, so its bits are free. */
  greater(a: T, b: T): T;
  /** a where the mask holds, b elsewhere. */
  select(mask: T, a: T, b: T): T;
  /** The int32 with the bits of a float32. */
  bits(a: T): T;
  /** The float32 with the bits of an int32. */
  floatOf(a: T): T;
  /** An int32 constant. */
  integerConstant(value: number): T;
  integerAdd(a: T, b: T): T;
  integerSubtract(a: T, b: T): T;
  integerAnd(a: T, b: T): T;
  shiftLeft(a: T, count: number): T;
  shiftRightSigned(a: T, count: number): T;
  /** An int32 as a float32; exact for |a| ≤ 2^24. */
  convert(a: T): T;
}

/** A function of one float32, over any arithmetic. */
export type Recipe = <T>(m: Arithmetic<T>, x: T) => T;

/** The functions that compiled code may call, by the names that formulas use. */
export const recipes = { exp: expRecipe, log: logRecipe, tanh: tanhRecipe } as const satisfies Record<string, Recipe>;

const LN2_HIGH = 0.693359375; // 9 bits: n · LN2_HIGH is exact
const LN2_LOW = -2.1219444e-4;
const ROUNDER = 12582912; // 1.5 · 2^23: adding it leaves n = round(x) in the lowest bits
const EXP_OVERFLOW = 88.72283172607422; // the largest float32 whose exp is finite
const EXP_UNDERFLOW = -87.33654022216797; // the smallest float32 whose exp is normal
const EXP = [5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.98756915e-4];

/**
 * e^x. n = round(x / ln 2), r = x − n ln 2, e^x = 2^n (1 + r + r² EXP(r)). Error ≤ 0.98 ulp.
 * Above 88.7228: Infinity. Below −87.3365, where the result would be subnormal: 0. NaN gives NaN.
 */
function expRecipe<T>(m: Arithmetic<T>, x: T): T {
  const shifted = m.add(m.multiply(x, m.constant(Math.LOG2E)), m.constant(ROUNDER));
  const n = m.subtract(shifted, m.constant(ROUNDER));
  const high = m.subtract(x, m.multiply(n, m.constant(LN2_HIGH)));
  const r = m.subtract(high, m.multiply(n, m.constant(LN2_LOW)));
  const power = m.add(m.add(m.multiply(m.multiply(r, r), polynomial(m, EXP, r)), r), m.constant(1));
  // ROUNDER's own lowest nine bits are 0, as are those of NaN: the shift leaves n, or nothing.
  const scaled = m.floatOf(m.integerAdd(m.bits(power), m.shiftLeft(m.bits(shifted), 23)));
  const bounded = m.select(m.greater(x, m.constant(EXP_OVERFLOW)), m.constant(Infinity), scaled);
  return m.select(m.greater(m.constant(EXP_UNDERFLOW), x), m.constant(0), bounded);
}

const SQRT_HALF_BITS = 0x3f3504f3;
const LOG = [
  3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1, -1.6668057665e-1, 1.4249322787e-1, -1.2420140846e-1,
  1.167699874e-1, -1.151461031e-1, 7.0376836292e-2,
];

/**
 * The natural logarithm. x = 2^k (1 + f) with 1 + f in [√½, √2), ln x = k ln 2 + f − f²/2 + f³ LOG(f).
 * Error ≤ 0.78 ulp for normal numbers. Zero and negative numbers: −Infinity (not NaN). Infinity and NaN: themselves.
 * Subnormal numbers: between −88.03 and −87.33, though the true values go down to −103.28.
 */
function logRecipe<T>(m: Arithmetic<T>, x: T): T {
  const bits = m.bits(x);
  const exponent = m.shiftRightSigned(m.integerSubtract(bits, m.integerConstant(SQRT_HALF_BITS)), 23);
  const k = m.convert(exponent);
  const f = m.subtract(m.floatOf(m.integerSubtract(bits, m.shiftLeft(exponent, 23))), m.constant(1));
  const square = m.multiply(f, f);
  const cubic = m.multiply(m.multiply(f, square), polynomial(m, LOG, f));
  const small = m.subtract(m.add(cubic, m.multiply(k, m.constant(LN2_LOW))), m.multiply(square, m.constant(0.5)));
  const value = m.add(m.add(f, small), m.multiply(k, m.constant(LN2_HIGH)));
  const positive = m.select(m.greater(x, m.constant(0)), value, m.constant(-Infinity));
  return m.select(m.greater(m.constant(Infinity), x), positive, x);
}

const SIGN_BIT = -0x80000000;
const TANH = [-3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2, 2.06390887954e-2, -5.70498872745e-3];

/** The hyperbolic tangent, odd to the bit: x + x³ TANH(x²) up to 0.625, 1 − 2 / (e^2x + 1) above. Error ≤ 1.30 ulp. */
function tanhRecipe<T>(m: Arithmetic<T>, x: T): T {
  const size = m.absolute(x);
  const square = m.multiply(x, x);
  const near = m.add(m.multiply(m.multiply(polynomial(m, TANH, square), square), size), size);
  const power = expRecipe(m, m.add(size, size));
  const far = m.subtract(m.constant(1), m.divide(m.constant(2), m.add(power, m.constant(1))));
  const result = m.select(m.greater(size, m.constant(0.625)), far, near);
  const sign = m.integerAnd(m.bits(x), m.integerConstant(SIGN_BIT));
  return m.floatOf(m.integerAdd(m.bits(result), sign));
}

/** coefficients[0] + coefficients[1] x + …, by Horner's rule. */
function polynomial<T>(m: Arithmetic<T>, coefficients: readonly number[], x: T): T {
  return coefficients
    .map((coefficient) => m.constant(coefficient))
    .reduceRight((value, coefficient) => m.add(m.multiply(value, x), coefficient));
}

const view = new DataView(new ArrayBuffer(4));

/** The arithmetic of numbers: what compiled code must agree with, bit for bit. */
export const float32Arithmetic: Arithmetic<number> = {
  constant: Math.fround,
  add: (a, b) => Math.fround(a + b),
  subtract: (a, b) => Math.fround(a - b),
  multiply: (a, b) => Math.fround(a * b),
  divide: (a, b) => Math.fround(a / b),
  absolute: Math.abs,
  greater: (a, b) => (a > b ? 1 : 0),
  select: (mask, a, b) => (mask === 0 ? b : a),
  bits(a) {
    view.setFloat32(0, a);
    return view.getInt32(0);
  },
  floatOf(a) {
    view.setInt32(0, a);
    return view.getFloat32(0);
  },
  integerConstant: (value) => value | 0,
  integerAdd: (a, b) => (a + b) | 0,
  integerSubtract: (a, b) => (a - b) | 0,
  integerAnd: (a, b) => a & b,
  shiftLeft: (a, count) => a << count,
  shiftRightSigned: (a, count) => a >> count,
  convert: Math.fround,
};

/** e^x in float32, as compiled code computes it; x is a float32. */
export function expFloat32(x: number): number {
  return expRecipe(float32Arithmetic, x);
}

/** The natural logarithm in float32, as compiled code computes it; x is a float32. */
export function logFloat32(x: number): number {
  return logRecipe(float32Arithmetic, x);
}

/** The hyperbolic tangent in float32, as compiled code computes it; x is a float32. */
export function tanhFloat32(x: number): number {
  return tanhRecipe(float32Arithmetic, x);
}
