/** @file What a measurement gives, as JSON: speeds, and how they compare within each round. */
import { quantile } from '../paired.ts';

/** A median between its quartiles. */
export interface Spread {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

export interface Row {
  readonly peer: string;
  readonly title: string;
  /** Steps or images a second. */
  readonly speed: Spread;
  /** The speed of each of ours over this one, by name. */
  readonly ratios: Readonly<Record<string, Spread>>;
  /** The largest difference of its answers from those expected, relative to the largest of these. */
  readonly difference: number;
}

export interface ContestResult {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly Row[];
  /** Who did not take part, or gave wrong answers, and why. */
  readonly leftOut: readonly { readonly peer: string; readonly reason: string; readonly isMissing: boolean }[];
}

export interface Result {
  readonly date: string;
  readonly machine: string;
  readonly rounds: number;
  readonly secondsPerTurn: number;
  readonly contests: readonly ContestResult[];
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { low: quantile(sorted, 0.25), median: quantile(sorted, 0.5), high: quantile(sorted, 0.75) };
}

/** Round by round, since the machine is not equally fast in all of them. */
export const ratioOf = (ours: readonly number[], theirs: readonly number[]): Spread =>
  spreadOf(ours.map((speed, round) => speed / theirs[round]!));

/** How far answers are from those expected, relative to the largest of these. */
export function differenceOf(
  answers: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
): number {
  const differences = expected.map((step, count) => {
    const answer = answers[count] ?? [];
    if (answer.length !== step.length) return Number.POSITIVE_INFINITY;
    const largest = Math.max(...step.map(Math.abs));
    return Math.max(...step.map((value, place) => Math.abs(answer[place]! - value))) / largest;
  });
  // NaN is as wrong as can be.
  return differences.every((each) => each >= 0) ? Math.max(...differences) : Number.POSITIVE_INFINITY;
}
