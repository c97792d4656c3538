/** @file A range that a number lies in with 95 % confidence. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}
