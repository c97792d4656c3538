/** @file Engines whose workers a test disturbs, and what has to be true whatever happens to a worker. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { disturbedEngine, wasmEngine } from '../../src/engine/wasm/index.ts';
import { EngineError } from '../../src/errors.ts';
import { randomStream } from '../../src/random.ts';
import { type Case, type Outcome, open, outcomeOf, type Session } from './cases.ts';

export interface Disturbance {
  readonly seed?: number;
  /** Milliseconds that a worker may be late at a barrier or a chunk. */
  readonly longestDelay?: number;
  readonly fault?: {
    readonly kind: 'trap' | 'exit' | 'stuck';
    readonly thread: number;
    /** How many barriers the worker passes before. */
    readonly barrier: number;
    /** How often it then still writes to what the threads share: it may fail halfway through a barrier. */
    readonly writes?: number;
    /** After so many more writes it ends: it may do so while it says what befell it. */
    readonly endsAfter?: number;
  };
  readonly leavesOutChunks?: boolean;
  readonly diesAtStart?: boolean;
}

const file = new URL('./disturbed-worker.js', import.meta.url);

export function disturbed(hook: Disturbance, silence?: number): Engine {
  return disturbedEngine({ file, hook: { seed: 1, ...hook }, ...(silence === undefined ? {} : { silence }) });
}

export const outcomeInNode = (of: Case, threads: number, disturbance?: Disturbance): Promise<Outcome> =>
  outcomeOf(of, disturbance ? disturbed(disturbance) : wasmEngine, threads);

/** Threads of this process beside the main one. */
export function workersAlive(): number {
  const { workers } = process.report.getReport() as unknown as { workers: unknown[] };
  return workers.length;
}

/** Ended threads need a moment to be gone. */
export async function expectNoWorkers(): Promise<void> {
  for (let tries = 0; tries < 100 && workersAlive() > 0; tries++) await sleep(50);
  expect(workersAlive()).toBe(0);
}

/** What a user is told, by what befell the worker: silence within a step, but an exit is seen while others still start. */
const silent = 'gave no sign of life for {silence} s';
const how = {
  trap: ['failed: unreachable'],
  exit: [silent, 'ended with code 3'],
  stuck: [silent],
};

/**
 * Lets a worker fail somewhere in a few steps: within 5 seconds there has to be one EngineError that names it, the same
 * when one tries again, and no thread left.
 * @param silence milliseconds, the engine's own by default
 */
export async function failSomewhere(of: Case, seed: number, silence?: number): Promise<void> {
  const { integer } = randomStream(seed, 'faults');
  const threads = 2 + integer(3);
  const kind = (['trap', 'exit', 'stuck'] as const)[integer(3)]!;
  const fault = { kind, thread: 1 + integer(threads - 1), barrier: integer(9), writes: integer(4) };
  await fail(of, threads, { seed, fault, longestDelay: integer(2) }, silence);
}

/**
 * The same with a fault of one's own.
 * @param threads 2 or more
 */
export async function fail(
  of: Case,
  threads: number,
  hook: Disturbance & Required<Pick<Disturbance, 'fault'>>,
  silence?: number,
): Promise<void> {
  const { fault } = hook;
  const engine = disturbed(hook, silence);
  const told =
    fault.endsAfter === undefined ? how[fault.kind] : [...how[fault.kind], ...how.exit, 'failed without a word'];
  const messages = told.map(
    (text) =>
      `Worker ${fault.thread} of ${threads - 1} ${text.replace('{silence}', String((silence ?? 3000) / 1000))}. ` +
      'The program is closed; start again, or with one thread.',
  );
  let longest = 0;
  const errorOf = async (run: () => unknown): Promise<unknown> => {
    const start = performance.now();
    try {
      await run();
      return undefined;
    } catch (error) {
      return error;
    } finally {
      longest = Math.max(longest, performance.now() - start);
    }
  };
  let session: Session | undefined;
  let error = await errorOf(async () => {
    session = await open(of, engine, threads);
  });
  for (let count = 0; count < 8 && !error; count++) error = await errorOf(() => session!.step(of.batchSize));
  const facts = JSON.stringify({ threads, fault });
  expect(error, facts).toBeInstanceOf(EngineError);
  expect(messages, facts).toContain((error as EngineError).message);
  for (const count of session ? [of.batchSize, 1] : [])
    expect(await errorOf(() => session!.step(count)), facts).toEqual(error);
  expect(longest, facts).toBeLessThan(5000);
  await expectNoWorkers();
}
