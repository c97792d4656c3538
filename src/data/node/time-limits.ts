/** @file How long a download waits. Its types need no Node, so that nobody's do who uses the library. */

/** Milliseconds. */
export interface TimeLimits {
  /** Until there is a connection. */
  readonly connect: number;
  /** From the request to the first byte of the answer, and then from one piece of it to the next. */
  readonly idle: number;
}

export const standardLimits: TimeLimits = { connect: 5000, idle: 10_000 };
