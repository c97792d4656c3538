/** @file How much memory a process gains while it does the same thing again and again, and what stopped runs leave behind. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import { expectNoWorkers } from './disturbance.ts';
import { trainAndStop } from './stopped-training.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const points = 20;

/** Megabytes of resident memory after garbage is collected. */
function resident(): number {
  collectGarbage();
  return process.memoryUsage().rss / 1e6;
}

/**
 * Megabytes that the straight line through the resident memory gains over all the calls, of which the first half warms up
 * compilers and heaps and is not counted.
 * @param measure another process's resident memory, for what happens there
 */
export async function growthOf(
  run: () => unknown,
  calls: number,
  measure: () => number | Promise<number> = resident,
): Promise<number> {
  const each = Math.ceil(calls / (2 * points));
  for (let call = 0; call < points * each; call++) await run();
  const seen: number[] = [];
  for (let point = 0; point < points; point++) {
    for (let call = 0; call < each; call++) await run();
    seen.push(await measure());
  }
  const middle = (points - 1) / 2;
  const mean = seen.reduce((sum, value) => sum + value, 0) / points;
  const [up, across] = seen.reduce(
    ([a, b], value, point) => [a + (point - middle) * (value - mean), b + (point - middle) ** 2],
    [0, 0],
  );
  return (up / across) * 2 * points;
}

const listeners = (): number => process.eventNames().reduce((sum, event) => sum + process.listenerCount(event), 0);

/** @returns megabytes, as `growthOf` */
export async function stopAgainAndAgain(cycles: number): Promise<number> {
  await trainAndStop(0);
  const before = listeners();
  let cycle = 0;
  const growth = await growthOf(() => trainAndStop(cycle++), cycles);
  await expectNoWorkers();
  expect(listeners()).toBe(before);
  return growth;
}
