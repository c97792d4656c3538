/**
 * @file Student's t distribution with a whole number of degrees of freedom: its two tails, and where they begin.
 *
 * P(|T| ≥ t) = I_x(ν/2, ½) with x = ν / (ν + t²), the regularised incomplete beta function, from its continued
 * fraction (NIST, Digital Library of Mathematical Functions, 8.17.20 and 8.17.22), summed by Lentz's algorithm as
 * modified by Thompson and Barnett (1986). Source of the relation: Abramowitz and Stegun, 26.7.1.
 */
import { UsageError } from '../../errors.ts';
import { pow } from '../../numerics.ts';

/** P(|T| ≥ |t|): the two-sided p-value of t. */
export function studentPValue(t: number, degrees: number): number {
  checkDegrees(degrees);
  const square = t * t;
  if (square === Infinity) return 0;
  const a = degrees / 2;
  const x = degrees / (degrees + square);
  const y = square / (degrees + square);
  const front = (pow(x, a) * Math.sqrt(y)) / betaWithHalf(degrees);
  // Each of the two converges fast on its side of the distribution's mean.
  return x < (a + 1) / (a + 2.5) ? (front / a) * betaFraction(x, a, 0.5) : 1 - (front / 0.5) * betaFraction(y, 0.5, a);
}

/** The t with P(|T| ≥ t) = level: 2.262 for 9 degrees of freedom and a level of 0.05. */
export function studentCriticalValue(degrees: number, level: number): number {
  checkDegrees(degrees);
  if (!(level > 0 && level < 1)) {
    throw new UsageError(`studentCriticalValue needs a level between 0 and 1, but gets ${level}.`);
  }
  let high = 1;
  while (studentPValue(high, degrees) > level) high *= 2;
  let low = 0;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (studentPValue(middle, degrees) > level) low = middle;
    else high = middle;
  }
}

function checkDegrees(degrees: number): void {
  if (!Number.isSafeInteger(degrees) || degrees < 1) {
    throw new UsageError(
      `Student's t distribution needs degrees of freedom that are a whole number from 1 up, but gets ${degrees}.`,
    );
  }
}

/** B(ν/2, ½): B(½, ½) = π, B(1, ½) = 2, B(a + 1, ½) = B(a, ½) a / (a + ½). */
function betaWithHalf(degrees: number): number {
  const start = degrees % 2 === 0 ? 1 : 0.5;
  let value = start === 1 ? 2 : Math.PI;
  for (let a = start; a < degrees / 2; a++) value *= a / (a + 0.5);
  return value;
}

const MOST_TERMS = 100_000;
const SMALLEST = 1e-300; // stands for a denominator of 0

/** 1 / (1 + d₁ / (1 + d₂ / (1 + …))) of DLMF 8.17.22. */
function betaFraction(x: number, a: number, b: number): number {
  const notZero = (value: number) => (Math.abs(value) < SMALLEST ? SMALLEST : value);
  let numerator = 1;
  let denominator = 1 / notZero(1 - ((a + b) * x) / (a + 1));
  let value = denominator;
  for (let m = 1; m <= MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let factor = 1;
    for (const term of [even, odd]) {
      denominator = 1 / notZero(1 + term * denominator);
      numerator = notZero(1 + term / numerator);
      factor = denominator * numerator;
      value *= factor;
    }
    if (Math.abs(factor - 1) <= Number.EPSILON) break;
  }
  return value;
}
