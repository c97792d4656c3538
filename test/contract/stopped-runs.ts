/** @file What runs that are stopped leave behind. */
import { expect } from 'vitest';
import { expectNoWorkers } from './disturbance.ts';
import { growthOf } from './memory-growth.ts';
import { trainAndStop } from './stopped-training.ts';

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
