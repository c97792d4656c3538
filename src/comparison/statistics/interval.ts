/** @file A range that a number lies in with 95 % confidence. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** What confidence leaves to chance, and what an adjusted p-value is held against. */
export const LEVEL = 0.05;
