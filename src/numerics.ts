/**
 * @file Elementary functions from + − × ÷ √ and exact bit operations alone.
 *
 * ECMAScript leaves the last bits of `Math.exp` and its kin to the engine; these give the same bits everywhere. So they
 * stand wherever a number can reach the weights. Special values (NaN, ±0, ±Infinity) are those of `Math`.
 *
 * Errors are in ulps of the correctly rounded result: the largest seen against mpmath over 200,000 arguments, drawn
 * evenly from each range where a function works differently and from all binades.
 *
 * Sources: Sun's fdlibm 5.3 (e_log.c, k_sin.c, k_cos.c, e_rem_pio2.c: reductions and coefficients); S. Moshier,
 * Cephes (tanh.c); T. J. Dekker, "A floating-point technique for extending the available precision" (1971).
 */

const LN2_HIGH = 0.6931471803691238; // 32 bits: k · LN2_HIGH is exact
const LN2_LOW = 1.9082149292705877e-10;
const SMALLEST_NORMAL = 2.2250738585072014e-308;

/** e^x. k = round(x / ln 2), r = x − k ln 2, e^x = 2^k e^r. Error ≤ 0.74 ulp; ≤ 0.63 where the result is normal. */
export function exp(x: number): number {
  return expOfSum(x, 0);
}

const EXP = [2, 6, 24, 120, 720, 5040, 40320, 362880, 3628800, 39916800, 479001600, 6227020800].map((n) => 1 / n);

/** e^(high + low), |low| at most an ulp of high: e^r = 1 + r + r² EXP(r), Taylor's series, 1 + r without error. */
function expOfSum(high: number, low: number): number {
  if (high > 710) return Infinity;
  if (high < -746) return 0;
  const k = Math.round(high * Math.LOG2E);
  const rHigh = high - k * LN2_HIGH;
  const rLow = low - k * LN2_LOW;
  const r = rHigh + rLow;
  const rest = rLow - (r - rHigh);
  const sum = 1 + r;
  return scale(sum + (r - (sum - 1) + (rest * sum + r * r * polynomial(EXP, r))), k);
}

const LOG = [
  0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805,
  0.15313837699209373, 0.14798198605116586,
];

/**
 * The natural logarithm. x = 2^k (1 + f) with 1 + f in [√½, √2), s = f / (2 + f),
 * ln(1 + f) = f − f²/2 + s (f²/2 + s² LOG(s²)). Error ≤ 0.80 ulp.
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return Infinity;
  const k = exponentOf(x);
  const f = scale(x, -k) - 1;
  const s = f / (2 + f);
  const halfSquare = 0.5 * f * f;
  return k * LN2_HIGH - (halfSquare - (s * (halfSquare + s * s * polynomial(LOG, s * s)) + k * LN2_LOW) - f);
}

/** The sine of x radians, over the whole range. Error ≤ 0.76 ulp. */
export function sin(x: number): number {
  if (x === 0) return x; // keeps the sign of −0
  const { quadrant, high, low } = reduceAngle(x);
  const size = quadrant % 2 === 0 ? sineNearZero(high, low) : cosineNearZero(high, low);
  return quadrant < 2 ? size : -size;
}

/** The cosine of x radians, over the whole range. Error ≤ 0.74 ulp. */
export function cos(x: number): number {
  const { quadrant, high, low } = reduceAngle(x);
  const size = quadrant % 2 === 0 ? cosineNearZero(high, low) : sineNearZero(high, low);
  return quadrant === 0 || quadrant === 3 ? size : -size;
}

const SINE = [
  -0.16666666666666632, 0.00833333333332249, -0.0001984126982985795, 2.7557313707070068e-6, -2.5050760253406863e-8,
  1.58969099521155e-10,
];

/** sin(x + low), |x| ≤ π/4 and a little: x + x³ SINE(x²), and low in its first order. */
function sineNearZero(x: number, low: number): number {
  const z = x * x;
  return x + (x * z * polynomial(SINE, z) + low * (1 - 0.5 * z));
}

const COSINE = [
  0.0416666666666666, -0.001388888888887411, 2.480158728947673e-5, -2.7557314351390663e-7, 2.087572321298175e-9,
  -1.1359647557788195e-11,
];

/** cos(x + low), |x| ≤ π/4 and a little: 1 − x²/2 + x⁴ COSINE(x²), with what 1 − x²/2 loses put back. */
function cosineNearZero(x: number, low: number): number {
  const z = x * x;
  const head = 1 - 0.5 * z;
  return head + (1 - head - 0.5 * z + (z * z * polynomial(COSINE, z) - x * low));
}

// π/2 in four parts; the first three have 33 bits, so that n times each is exact for n ≤ 2^20.
const HALF_PI_PARTS = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32] as const;
const HALF_PI: Pair = [1.5707963267948966, 6.123233995736766e-17];
const TWO_OVER_PI = 0.6366197723675814;
const TWO_OVER_PI_BITS = 1200;
const TWO_OVER_PI_DIGITS =
  0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e006492eea09d1921cfe1deb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b1ff897ffde05980fef2f118b5a0a6d1f6d367ecf27cb09b74f463f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046fc7bn;

/** x = quadrant · π/2 + high + low, up to whole turns, |high| ≤ π/4 and a little; NaN when x is not finite. */
function reduceAngle(x: number): { quadrant: number; high: number; low: number } {
  if (Math.abs(x) < 0.785) return { quadrant: 0, high: x, low: 0 };
  if (!Number.isFinite(x)) return { quadrant: 0, high: NaN, low: 0 };
  const n = Math.round(x * TWO_OVER_PI);
  if (Math.abs(n) > 1048576) return reduceLargeAngle(x);
  const [first, second, third, fourth] = HALF_PI_PARTS;
  const [coarse, coarseRest] = twoSum(x - n * first, -n * second);
  const [fine, fineRest] = twoSum(coarse, -n * third);
  const [high, low] = twoSum(fine, fineRest + coarseRest - n * fourth);
  return { quadrant: n & 3, high, low };
}

/** Payne and Hanek's reduction: the fraction of x · 2/π, exact in integers to 2^-160 of a quarter turn. */
function reduceLargeAngle(x: number): { quadrant: number; high: number; low: number } {
  const exponent = exponentOf(Math.abs(x)) - 53;
  const quarters = BigInt(scale(x, -exponent)) * TWO_OVER_PI_DIGITS;
  const kept = quarters >> BigInt(TWO_OVER_PI_BITS - exponent - 160);
  const n = (kept + (1n << 159n)) >> 160n;
  const fraction = kept - (n << 160n);
  const head = Number(fraction);
  const [high, low] = multiplyPairs([head, Number(fraction - BigInt(head))], HALF_PI);
  return { quadrant: Number(n & 3n), high: scale(high, -160), low: scale(low, -160) };
}

const TANH_NUMERATOR = [-1614.6876844170845, -99.28772310019185, -0.9643991794250523];
const TANH_DENOMINATOR = [4844.063053251255, 2235.4883906010045, 112.81167849163293, 1];

/** The hyperbolic tangent: x + x³ P(x²) / Q(x²) below 0.625, 1 − 2 / (e^2x + 1) from there. Error ≤ 1.28 ulp. */
export function tanh(x: number): number {
  const size = Math.abs(x);
  if (x === 0) return x; // keeps the sign of −0
  if (size >= 0.625) return x > 0 ? 1 - 2 / (exp(2 * x) + 1) : 2 / (exp(-2 * x) + 1) - 1;
  const z = x * x;
  return x + x * ((z * polynomial(TANH_NUMERATOR, z)) / polynomial(TANH_DENOMINATOR, z));
}

// Both interpolated at Chebyshev nodes by test/golden/numerics-table.py: erf(√z)/√z − 1 for z in [0, 1] (relative
// error 2^-62 of erf), and e^(x²) erfc(x) as a polynomial in 1 / (x + 3) for x in [1, 6] (2^-57 of erf).
const ERF_HEAD = [
  0.1283791670955126, -0.3761263890318375, 0.11283791670954879, -0.026866170645076792, 0.0052239776248180145,
  -0.000854832698083379, 0.0001205533111164271, -1.4925595266831182e-5, 1.6461000484121368e-6, -1.6350312701054695e-7,
  1.4659775274047436e-8, -1.1372848856791674e-9, 5.957176147748911e-11,
];
const ERF_TAIL = [
  3.7809408605387703e-7, 0.5641539803242877, 1.6941264743931759, 4.753619387949182, 13.473819204688667,
  20.342385791905986, 174.55446138650822, -708.6478016226661, 5135.8661343263075, -22445.40603284159, 75849.69992134398,
  -186798.79449594932, 293421.80833837454, -260512.055931156, 100321.025996593,
];

/**
 * The error function, 2/√π ∫₀ˣ e^(−t²) dt: x + x P(x²) up to 1, 1 − e^(−x²) Q(1 / (x + 3)) from there.
 * Error ≤ 1.37 ulp.
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size >= 6) return x > 0 ? 1 : -1;
  if (!(size > 1)) return x + x * polynomial(ERF_HEAD, x * x);
  const tail = exp(-x * x) * polynomial(ERF_TAIL, 1 / (size + 3));
  return x > 0 ? 1 - tail : tail - 1;
}

/** base^exponent = e^(exponent · ln base), the logarithm and the product in twice the precision. Error ≤ 0.72 ulp. */
export function pow(base: number, exponent: number): number {
  if (exponent === 0) return 1;
  if (Number.isNaN(base) || Number.isNaN(exponent)) return NaN;
  const size = Math.abs(base);
  if (Math.abs(exponent) === Infinity && size === 1) return NaN;
  const power = positivePower(size, exponent);
  if (!(base < 0 || Object.is(base, -0))) return power;
  if (base > -Infinity && base < 0 && !Number.isInteger(exponent) && Number.isFinite(exponent)) return NaN;
  return Math.abs(exponent % 2) === 1 ? -power : power;
}

/** base^exponent for a base that is not negative; neither is NaN. */
function positivePower(base: number, exponent: number): number {
  if (base === 0 || base === Infinity) return (base === 0) === exponent > 0 ? 0 : Infinity;
  const [high, low] = logPair(base);
  const estimate = exponent * high;
  if (estimate > 710) return Infinity;
  if (estimate < -746) return 0;
  const [product, rest] = twoProduct(exponent, high);
  return expOfSum(product, rest + exponent * low);
}

const LN2: Pair = [Math.LN2, 2.3190468138462996e-17];
const THIRD: Pair = [0.3333333333333333, 1.850371707708594e-17];

/** ln x to a relative 2^-65: x = 2^k m, s = (m − 1) / (m + 1), ln m = 2 s (1 + s²/3 + s⁴/5 + …), |s| < 0.1716. */
function logPair(x: number): Pair {
  const k = exponentOf(x);
  const m = scale(x, -k);
  const [divisor, divisorRest] = twoSum(m, 1);
  const quotient = (m - 1) / divisor;
  const [product, productRest] = twoProduct(quotient, divisor);
  const s: Pair = [quotient, (m - 1 - product - productRest - quotient * divisorRest) / divisor];
  const z = multiplyPairs(s, s);
  let rest = 0;
  for (let term = 27; term >= 5; term -= 2) rest = rest * z[0] + 1 / term;
  const series = addPairs(THIRD, [z[0] * rest, 0]);
  const twice: Pair = [2 * s[0], 2 * s[1]];
  const logOfM = addPairs(twice, multiplyPairs(twice, multiplyPairs(z, series)));
  return addPairs(multiplyPairs([k, 0], LN2), logOfM);
}

/** A number in twice the precision: high + low, |low| at most half an ulp of high. */
type Pair = readonly [high: number, low: number];

/** a + b without error (Knuth). */
function twoSum(a: number, b: number): Pair {
  const sum = a + b;
  const part = sum - a;
  return [sum, a - (sum - part) + (b - part)];
}

/** a · b without error, barring overflow and underflow (Dekker, Veltkamp). */
function twoProduct(a: number, b: number): Pair {
  const aHigh = upperHalf(a);
  const bHigh = upperHalf(b);
  const product = a * b;
  const low = aHigh * bHigh - product + aHigh * (b - bHigh) + (a - aHigh) * bHigh + (a - aHigh) * (b - bHigh);
  return [product, low];
}

/** The upper 26 bits of a number. */
function upperHalf(x: number): number {
  const spread = 134217729 * x;
  return spread - (spread - x);
}

function addPairs(a: Pair, b: Pair): Pair {
  const [sum, rest] = twoSum(a[0], b[0]);
  return twoSum(sum, rest + (a[1] + b[1]));
}

function multiplyPairs(a: Pair, b: Pair): Pair {
  const [product, rest] = twoProduct(a[0], b[0]);
  return twoSum(product, rest + (a[0] * b[1] + a[1] * b[0]));
}

/** coefficients[0] + coefficients[1] x + …, by Horner's rule. */
function polynomial(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) value = value * x + coefficients[i]!;
  return value;
}

const view = new DataView(new ArrayBuffer(8));

/** k with x / 2^k in [√½, √2), for positive finite x. */
function exponentOf(x: number): number {
  if (x < SMALLEST_NORMAL) return exponentOf(x * 18014398509481984) - 54;
  view.setFloat64(0, x);
  return (view.getInt32(0) - 0x3fe6a09e) >> 20;
}

/** x · 2^k, exact but for one rounding where the result is subnormal; 2^k may lie outside the range of float64. */
function scale(x: number, k: number): number {
  const half = k >> 1;
  return x * powerOfTwo(half) * powerOfTwo(k - half);
}

/** 2^k for −1022 ≤ k ≤ 1023. */
function powerOfTwo(k: number): number {
  view.setInt32(0, (k + 1023) << 20);
  view.setInt32(4, 0);
  return view.getFloat64(0);
}
