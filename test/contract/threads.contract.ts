/** @file The contract of threads, in full: every network with 1, 2, 3 and 8 of them, 300 faults, 200 programs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { wasmEngine } from '../../src/engine/wasm/index.ts';
import { caseNamed, open } from './cases.ts';
import { expectNoWorkers, failSomewhere, outcomeInNode } from './disturbance.ts';
import { sameBitsInFull } from './same-bits.ts';

afterEach(expectNoWorkers);

describe('the same bits', () => sameBitsInFull(outcomeInNode));

describe('faults', () => {
  const small = caseNamed('W2, batch 32');
  const large = caseNamed('W3, batch 64');
  const seeds = (from: number, count: number): number[] => Array.from({ length: count }, (_, place) => from + place);

  test.each(seeds(1, 270))('fault %i', (seed) => failSomewhere(small, seed, 500));

  test.each(seeds(271, 30))('fault %i, with the silence that is allowed', (seed) => failSomewhere(large, seed));
});

describe('200 programs that are made, used and closed', () => {
  test.each(['W2, batch 32', 'W3, batch 64'])('leave nothing behind: %s', async (name) => {
    const of = caseNamed(name);
    const listeners = (): number => process.eventNames().reduce((sum, event) => sum + process.listenerCount(event), 0);
    const measured: { bytes: number; listeners: number }[] = [];
    for (let cycle = 0; cycle < 200; cycle++) {
      const { step, program } = await open(of, wasmEngine, 3);
      step(of.batchSize);
      program.close();
      await sleep(0);
      if (cycle % 50 !== 49) continue;
      await expectNoWorkers();
      global.gc!();
      await sleep(100);
      measured.push({ bytes: process.memoryUsage().rss, listeners: listeners() });
    }
    const [early, late] = [measured[0]!, measured.at(-1)!];
    expect(late.listeners).toBe(early.listeners);
    // 150 programs of 10 MB and more each.
    expect((late.bytes - early.bytes) / 1e6).toBeLessThan(50);
  });
});
