/** @file How much memory a process gains while it does the same thing again and again. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const points = 20;

/** Megabytes of resident memory after garbage is collected. */
function resident(): number {
  collectGarbage();
  return process.memoryUsage().rss / 1e6;
}

/**
 * Megabytes that resident memory gains over all the calls, by the median slope between any two measurements (Theil, Sen). The
 * first half of the calls warms up compilers and heaps and is not counted.
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
  // Pairs that a system's tidying up lies between are few, and do not count.
  const slopes = seen.flatMap((early, from) => seen.slice(from + 1).map((late, after) => (late - early) / (after + 1)));
  slopes.sort((a, b) => a - b);
  return slopes[slopes.length >> 1]! * 2 * points;
}
