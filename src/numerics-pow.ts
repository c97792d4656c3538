/**
 * @file pow in float32, as a recipe (see `numerics-arithmetic.ts`): 2^(exponent · log2 |base|), the logarithm and the
 * product in twice the precision, and then the sign.
 *
 * Source: T. J. Dekker, "A floating-point technique for extending the available precision" (1971); the polynomial of 2^x
 * is interpolated by test/golden/numerics-table.py.
 */
import { type Arithmetic, polynomial } from './numerics-arithmetic.ts';

/** A number in twice the precision: high + low, |low| at most an ulp of high. */
type Pair<T> = readonly [high: T, low: T];

const ROUNDER = 12582912; // 1.5 · 2^23: adding it leaves n = round(x) in the lowest bits
const ROUNDER_BITS = 0x4b400000;
const SIGN_BIT = -0x80000000;
const ALL_INTEGERS = 8388608; // from here on up every float32 is an integer

/**
 * base^exponent, with the special cases of ECMAScript's `**`: 1 for an exponent of 0, NaN for a negative base and an
 * exponent that is no integer. Error ≤ 1.27 ulp, subnormal bases and results included: the largest seen over
 * 300 million pairs.
 */
export function powRecipe<T>(m: Arithmetic<T>, base: T, exponent: T): T {
  const size = m.absolute(exponent);
  // Where the logarithm is infinite, exponent 0 would make NaN of it; NaN itself comes through.
  const power = m.select(m.greater(size, 0), positivePower(m, m.absolute(base), exponent), m.add(1, size));
  const isBroken = m.greater(fraction(m, size), 0);
  const isEven = m.greater(0.25, fraction(m, m.multiply(size, 0.5)));
  const sign = m.select(isEven, 0, m.integerAnd(m.bits(base), SIGN_BIT));
  const signed = m.floatOf(m.integerAdd(m.bits(power), m.select(isBroken, 0, sign)));
  const isBounded = m.greater(base, -Infinity);
  const ofNegative = m.select(isBroken, m.select(isBounded, NaN, signed), signed);
  return m.select(m.greater(0, base), ofNegative, signed);
}

/** How far a number that is not negative lies from the nearest integer; halves from either. */
function fraction<T>(m: Arithmetic<T>, x: T): T {
  const rounded = m.subtract(m.add(x, ALL_INTEGERS), ALL_INTEGERS);
  return m.select(m.greater(ALL_INTEGERS, x), m.absolute(m.subtract(x, rounded)), 0);
}

const POWER_OF_TWO = [Math.LN2, 0.2402265, 0.05550357, 9.618083e-3, 1.3390863e-3, 1.5453163e-4];

/** base^exponent for a base that is not negative; NaN for exponent 0 where the base is 0, Infinity or NaN. */
function positivePower<T>(m: Arithmetic<T>, base: T, exponent: T): T {
  const [high, low] = logarithm(m, base);
  const positive = m.select(m.greater(base, 0), high, -Infinity);
  const [product, rest] = twoProduct(m, exponent, m.select(m.greater(Infinity, base), positive, base));
  const shifted = m.add(product, ROUNDER);
  const fine = m.add(rest, m.multiply(exponent, low));
  const f = m.add(m.subtract(product, m.subtract(shifted, ROUNDER)), fine);
  const power = m.add(m.multiply(f, polynomial(m, POWER_OF_TWO, f)), 1);
  // 2^n as two factors, so that n may leave the range of exponents: the last product overflows, or is subnormal.
  const n = m.integerSubtract(m.bits(shifted), ROUNDER_BITS);
  const half = m.shiftRightSigned(n, 1);
  const scaled = m.multiply(m.multiply(power, powerOfTwo(m, half)), powerOfTwo(m, m.integerSubtract(n, half)));
  const bounded = m.select(m.greater(product, 200), Infinity, scaled);
  return m.select(m.greater(-200, product), 0, bounded);
}

/** 2^n for −126 ≤ n ≤ 127. */
function powerOfTwo<T>(m: Arithmetic<T>, n: T): T {
  return m.floatOf(m.shiftLeft(m.integerAdd(n, 127), 23));
}

const SMALLEST_NORMAL = 1.1754943508222875e-38;
const SQRT_HALF_BITS = 0x3f3504f3;
const TWO_OVER_LN2: readonly [number, number] = [2.885390043258667, 3.851926067000022e-8];
const THIRD: readonly [number, number] = [0.3333333432674408, -9.934107758624577e-9];
const LOG = [1 / 5, 1 / 7, 1 / 9, 1 / 11, 1 / 13];

/**
 * log2 x to a relative 2^-35, for positive finite x: x = 2^k (1 + f), s = f / (2 + f),
 * log2 (1 + f) = 2 / ln 2 · s (1 + s²/3 + s⁴/5 + …), |s| < 0.1716.
 */
function logarithm<T>(m: Arithmetic<T>, x: T): Pair<T> {
  const isSubnormal = m.greater(SMALLEST_NORMAL, x);
  const bits = m.bits(m.select(isSubnormal, m.multiply(x, 16777216), x));
  const exponent = m.shiftRightSigned(m.integerSubtract(bits, SQRT_HALF_BITS), 23);
  const k = m.subtract(m.convert(exponent), m.select(isSubnormal, 24, 0));
  const f = m.subtract(m.floatOf(m.integerSubtract(bits, m.shiftLeft(exponent, 23))), 1);
  const [divisor, divisorRest] = twoSum(m, 2, f);
  const quotient = m.divide(f, divisor);
  const [product, productRest] = twoProduct(m, quotient, divisor);
  const remainder = m.subtract(m.subtract(f, product), productRest);
  const s = [quotient, m.divide(m.subtract(remainder, m.multiply(quotient, divisorRest)), divisor)] as const;
  const square = multiplyPairs(m, s, s);
  const [sum, rest] = twoSum(m, THIRD[0], m.multiply(square[0], polynomial(m, LOG, square[0])));
  const linear = multiplyPairs(m, TWO_OVER_LN2, s);
  const series = multiplyPairs(m, linear, multiplyPairs(m, square, [sum, m.add(rest, THIRD[1])]));
  const [high, low] = twoSum(m, linear[0], series[0]);
  const [whole, wholeRest] = twoSum(m, k, high);
  return twoSum(m, whole, m.add(wholeRest, m.add(low, m.add(linear[1], series[1]))));
}

/** a + b without error, for |a| ≥ |b| or a = 0. */
function twoSum<T>(m: Arithmetic<T>, a: T | number, b: T): Pair<T> {
  const sum = m.add(a, b);
  return [sum, m.subtract(b, m.subtract(sum, a))];
}

/** a · b without error, barring underflow; the high part alone holds when it is not finite. */
function twoProduct<T>(m: Arithmetic<T>, a: T | number, b: T): Pair<T> {
  const [aHigh, bHigh] = [upperHalf(m, a), upperHalf(m, b)];
  const [aLow, bLow] = [m.subtract(a, aHigh), m.subtract(b, bHigh)];
  const product = m.multiply(a, b);
  const head = m.subtract(m.multiply(aHigh, bHigh), product);
  const middle = m.add(m.add(head, m.multiply(aHigh, bLow)), m.multiply(aLow, bHigh));
  return [product, m.add(middle, m.multiply(aLow, bLow))];
}

/** A number without the lower 12 of its 24 bits. */
function upperHalf<T>(m: Arithmetic<T>, x: T | number): T {
  return m.floatOf(m.integerAnd(m.bits(x), -4096));
}

function multiplyPairs<T>(m: Arithmetic<T>, a: Pair<T | number>, b: Pair<T>): Pair<T> {
  const [product, rest] = twoProduct(m, a[0], b[0]);
  return twoSum(m, product, m.add(rest, m.add(m.multiply(a[0], b[1]), m.multiply(a[1], b[0]))));
}
