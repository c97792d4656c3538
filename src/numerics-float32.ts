/**
 * @file exp, log, tanh, sin, cos and erf in float32, as recipes (see `numerics-arithmetic.ts`).
 *
 * Errors are in ulps of float32: the largest of all arguments in the stated range.
 *
 * Sources: S. Moshier, Cephes, single precision (expf.c, logf.c, tanhf.c, sinf.c): reductions and coefficients;
 * W. J. Cody and W. Waite, "Software Manual for the Elementary Functions" (1980): subtracting π/2 in parts. The
 * polynomials of erf are interpolated by test/golden/numerics-table.py.
 */
import { type Arithmetic, polynomial } from './numerics-arithmetic.ts';

const LN2_HIGH = 0.693359375; // 9 bits: n · LN2_HIGH is exact
const LN2_LOW = -2.1219444e-4;
const ROUNDER = 12582912; // 1.5 · 2^23: adding it leaves n = round(x) in the lowest bits
const EXP_OVERFLOW = 88.72283172607422; // the largest float32 whose exp is finite
const EXP_UNDERFLOW = -87.33654022216797; // the smallest float32 whose exp is normal
const EXP = [5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.98756915e-4];

/**
 * e^x. n = round(x / ln 2), r = x − n ln 2, e^x = 2^n (1 + r + r² EXP(r)). Error ≤ 1.00 ulp.
 * Above 88.7228: Infinity. Below −87.3365, where the result would be subnormal: 0. NaN gives NaN.
 */
export function expRecipe<T>(m: Arithmetic<T>, x: T): T {
  const shifted = m.add(m.multiply(x, Math.LOG2E), ROUNDER);
  const n = m.subtract(shifted, ROUNDER);
  const high = m.subtract(x, m.multiply(n, LN2_HIGH));
  const r = m.subtract(high, m.multiply(n, LN2_LOW));
  const power = m.add(m.add(m.multiply(m.multiply(r, r), polynomial(m, EXP, r)), r), 1);
  // ROUNDER's own lowest nine bits are 0, as are those of NaN: the shift leaves n, or nothing.
  const scaled = m.floatOf(m.integerAdd(m.bits(power), m.shiftLeft(m.bits(shifted), 23)));
  const bounded = m.select(m.greater(x, EXP_OVERFLOW), Infinity, scaled);
  return m.select(m.greater(EXP_UNDERFLOW, x), 0, bounded);
}

const SQRT_HALF_BITS = 0x3f3504f3;
const LOG = [
  3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1, -1.6668057665e-1, 1.4249322787e-1, -1.2420140846e-1,
  1.167699874e-1, -1.151461031e-1, 7.0376836292e-2,
];

/**
 * The natural logarithm. x = 2^k (1 + f) with 1 + f in [√½, √2), ln x = k ln 2 + f − f²/2 + f³ LOG(f).
 * Error ≤ 0.84 ulp for normal numbers. Zero and negative numbers: −Infinity (not NaN). Infinity and NaN: themselves.
 * Subnormal numbers: between −88.03 and −87.33, though the true values go down to −103.28.
 */
export function logRecipe<T>(m: Arithmetic<T>, x: T): T {
  const bits = m.bits(x);
  const exponent = m.shiftRightSigned(m.integerSubtract(bits, SQRT_HALF_BITS), 23);
  const k = m.convert(exponent);
  const f = m.subtract(m.floatOf(m.integerSubtract(bits, m.shiftLeft(exponent, 23))), 1);
  const square = m.multiply(f, f);
  const cubic = m.multiply(m.multiply(f, square), polynomial(m, LOG, f));
  const small = m.subtract(m.add(cubic, m.multiply(k, LN2_LOW)), m.multiply(square, 0.5));
  const value = m.add(m.add(f, small), m.multiply(k, LN2_HIGH));
  const positive = m.select(m.greater(x, 0), value, -Infinity);
  return m.select(m.greater(Infinity, x), positive, x);
}

const SIGN_BIT = -0x80000000;
const TANH = [-3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2, 2.06390887954e-2, -5.70498872745e-3];

/** The hyperbolic tangent, odd to the bit: x + x³ TANH(x²) up to 0.625, 1 − 2 / (e^2x + 1) above. Error ≤ 1.34 ulp. */
export function tanhRecipe<T>(m: Arithmetic<T>, x: T): T {
  const size = m.absolute(x);
  const square = m.multiply(x, x);
  const near = m.add(m.multiply(m.multiply(polynomial(m, TANH, square), square), size), size);
  const power = expRecipe(m, m.add(size, size));
  const far = m.subtract(1, m.divide(2, m.add(power, 1)));
  const result = m.select(m.greater(size, 0.625), far, near);
  return withSignOf(m, x, result);
}

// π/2 in four parts; the first two have 8 and 11 bits, the third 9, so that n times each is exact for n ≤ 2^13.
const HALF_PI_PARTS = [1.5703125, 4.837512969970703e-4, 7.549533620476723e-8, 2.5633440682570896e-12] as const;
const TWO_OVER_PI = 0.6366197723675814;
const LARGEST_ANGLE = 4194304;
const SINE = [-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4];
const COSINE = [4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5];

/** The sine of x radians, odd to the bit. Error ≤ 0.98 ulp for |x| ≤ 8192; beyond, see `turn`. */
export function sinRecipe<T>(m: Arithmetic<T>, x: T): T {
  return turn(m, x, 0, m.integerAnd(m.bits(x), SIGN_BIT));
}

/** The cosine of x radians, even to the bit. Error ≤ 0.96 ulp for |x| ≤ 8192; beyond, see `turn`. */
export function cosRecipe<T>(m: Arithmetic<T>, x: T): T {
  return turn(m, x, 1, 0);
}

/**
 * The sine of |x| and so many quarter turns, with a sign added. |x| = n π/2 + r + low, the sine is that of r in even
 * quadrants, r + r³ SINE(r²), and the cosine in odd ones, 1 − r²/2 + r⁴ COSINE(r²).
 * From 8192 to 2^22 the error is at most |x| 2^-24: one rounding of x does as much. Beyond 2^22, and for NaN: NaN.
 */
function turn<T>(m: Arithmetic<T>, x: T, quarters: number, sign: T | number): T {
  const size = m.absolute(x);
  const shifted = m.add(m.multiply(size, TWO_OVER_PI), ROUNDER);
  const n = m.subtract(shifted, ROUNDER);
  const [first, second, third, fourth] = HALF_PI_PARTS.map((part) => m.multiply(n, part)) as [T, T, T, T];
  const coarse = m.subtract(m.subtract(size, first), second);
  const r = m.subtract(coarse, third);
  const low = m.subtract(m.subtract(m.subtract(coarse, r), third), fourth);
  const square = m.multiply(r, r);
  const cubic = m.multiply(r, m.multiply(polynomial(m, SINE, square), square));
  const sine = m.add(r, m.add(cubic, low));
  const half = m.multiply(square, 0.5);
  const head = m.subtract(1, half);
  const lost = m.subtract(m.subtract(1, head), half);
  const quartic = m.multiply(m.multiply(square, square), polynomial(m, COSINE, square));
  const cosine = m.add(head, m.add(lost, m.subtract(quartic, m.multiply(r, low))));
  // ROUNDER's own two lowest bits are 0.
  const quadrant = m.integerAdd(m.bits(shifted), quarters);
  const isOdd = m.greater(m.convert(m.integerAnd(quadrant, 1)), 0);
  const flip = m.shiftLeft(m.integerAnd(quadrant, 2), 30);
  const value = m.integerAdd(m.integerAdd(m.bits(m.select(isOdd, cosine, sine)), flip), sign);
  return m.select(m.greater(size, LARGEST_ANGLE), NaN, m.floatOf(value));
}

// erf(√z)/√z − 1 for z in [0, ERF_SPLIT²], and ln(1 − erf(x)) from ERF_SPLIT to 4; it falls on from there, to −Infinity.
const ERF_SPLIT = 0.9140625;
const ERF_HEAD = [0.12837917, -0.37612635, 0.11283707, -0.026859993, 5.202485e-3, -8.1589853e-4, 8.438332e-5];
const ERF_TAIL = [
  1.9359545e-4, -1.1296068, -0.63315934, -0.108488105, 0.02525475, -4.222681e-3, 4.4514652e-4, -2.2020347e-5,
];

/** The error function, odd to the bit: x + x ERF_HEAD(x²) near 0, 1 − e^ERF_TAIL(x) from there. Error ≤ 1.20 ulp. */
export function erfRecipe<T>(m: Arithmetic<T>, x: T): T {
  const size = m.absolute(x);
  const near = m.add(size, m.multiply(size, polynomial(m, ERF_HEAD, m.multiply(size, size))));
  const far = m.subtract(1, expRecipe(m, polynomial(m, ERF_TAIL, size)));
  const result = m.select(m.greater(size, ERF_SPLIT), far, near);
  return withSignOf(m, x, result);
}

/** A result that is not negative, with the sign of x. */
function withSignOf<T>(m: Arithmetic<T>, x: T, result: T): T {
  const sign = m.integerAnd(m.bits(x), SIGN_BIT);
  return m.floatOf(m.integerAdd(m.bits(result), sign));
}
