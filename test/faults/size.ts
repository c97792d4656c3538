/** @file How much the tests of faults do: a minute's worth in `npm test`, all of it in `npm run test:faults`. */

export const isFull = process.env.OCELLUS_FAULTS === 'full';

/** Every `step`-th, where not all are to be done. */
export const some = <T>(all: readonly T[], step: number): readonly T[] =>
  isFull ? all : all.filter((_, place) => place % step === 0);

/** Milliseconds that a test may take: it starts some hundred processes, and the machine may have others. */
export const timeout = isFull ? 3_600_000 : 300_000;

/** Milliseconds that a process may take: half a second, where nothing else runs. */
export const limit = 240_000;
