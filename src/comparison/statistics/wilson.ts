/**
 * @file Wilson's score interval of a proportion: all rates that the score test at the level of 0.05 does not refuse.
 *
 * (p + z²/2n ± z √(p (1 − p)/n + z²/4n²)) / (1 + z²/n) with p = wrong / n. It keeps inside [0, 1] and has a width where
 * none or all are wrong. E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
 * (1927) 209.
 */
import { UsageError } from '../../errors.ts';
import type { Interval } from './interval.ts';

/** The standard normal distribution's 0.975 quantile. */
const Z = 1.959963984540054;

/** The 95 % interval of an error rate of which `wrong` of `count` independent images are seen. */
export function wilson(wrong: number, count: number): Interval {
  if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(wrong) || wrong < 0 || wrong > count) {
    throw new UsageError(
      `wilson(wrong, count) needs a count of at least 1 and from 0 to count of them wrong, but gets ${wrong} of ${count}.`,
    );
  }
  const centre = wrong + (Z * Z) / 2;
  const reach = Z * Math.sqrt((wrong * (count - wrong)) / count + (Z * Z) / 4);
  const scale = count + Z * Z;
  return {
    low: wrong === 0 ? 0 : (centre - reach) / scale,
    high: wrong === count ? 1 : (centre + reach) / scale,
  };
}
