/**
 * @file Numbers as reports show them. Whatever number a report shows is a value of the run's record that went through
 * one of these.
 */
import type { Interval } from '../comparison/statistics/interval.ts';
import { formatCount } from '../format-number.ts';
import { type Html, html } from './html.ts';

/** Between a number and its unit. */
const unitSpace = '\u00a0';

const withMinus = (digits: string): string => digits.replace('-', '−');

/** `8.42 %` */
export const percent = (rate: number): string => `${(100 * rate).toFixed(2)}${unitSpace}%`;

/** `8.10–8.77 %` */
export const percentRange = ({ low, high }: Interval): string => `${(100 * low).toFixed(2)}–${percent(high)}`;

/** `99.8 %`, and never 100 */
export const probability = (value: number): string =>
  value >= 0.9995 ? `>${unitSpace}99.9${unitSpace}%` : `${(100 * value).toFixed(1)}${unitSpace}%`;

/** A difference of rates in points of a per cent: `+1.20`, `−0.42` */
export function points(difference: number): string {
  const digits = (100 * difference).toFixed(2);
  if (Number(digits) === 0) return '0.00';
  return difference > 0 ? `+${digits}` : withMinus(digits);
}

/** `+0.31 to +1.20` */
export const pointsRange = ({ low, high }: Interval): string => `${points(low)} to ${points(high)}`;

/** `0.2345` */
export const loss = (value: number): string => value.toFixed(4);

/** `0.041`, `< 0.001` */
export const pValue = (p: number): string => (p < 0.001 ? `<${unitSpace}0.001` : p.toFixed(3));

/** `60,000`, `1 image` */
export const count = (value: number, noun?: string): string => formatCount(value, noun).replace(' ', unitSpace);

/** Seeds, epochs and places: `1000001` */
export const whole = (value: number): string => String(value);

/** A weight or an activation: `−0.527` */
export const value = (number: number): string =>
  withMinus(Math.abs(number) < 1000 ? number.toPrecision(3) : formatCount(Math.round(number)));

/** `65.4 kB` */
export function bytes(size: number): string {
  if (size < 1000) return `${size}${unitSpace}B`;
  return size < 1e6 ? `${(size / 1e3).toFixed(1)}${unitSpace}kB` : `${(size / 1e6).toFixed(1)}${unitSpace}MB`;
}

/** `3.42 s`, `3 min 20 s` */
export function seconds(time: number): string {
  if (time < 99.95) return `${time.toFixed(time < 9.995 ? 2 : 1)}${unitSpace}s`;
  const rounded = Math.round(time);
  return `${formatCount(Math.floor(rounded / 60))}${unitSpace}min ${rounded % 60}${unitSpace}s`;
}

/** `12.3 µs` */
export const microseconds = (time: number): string => `${time.toFixed(1)}${unitSpace}µs`;

/** `2026-11-25 06:27 UTC` */
export const moment = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

/** What depends on the clock, marked so that reports can be compared without it. */
export const clocked = (text: string): Html => html`<span class="time">${text}</span>`;
