/** Flat memory, in short; `npm run test:contract` has the long form. */
import { expect, test } from 'vitest';
import { prepare, workloads } from '../bench/workloads.ts';
import { wasmEngine } from '../src/engine/wasm/index.ts';
import { growthOf } from './contract/memory-growth.ts';
import { stopAgainAndAgain } from './contract/stopped-runs.ts';

// Compilers and collectors move some megabytes in a process this young.
const limit = 8;

test('20,000 steps take no memory, and a leak of 1 KB a step would be seen', async () => {
  const { step, program } = await prepare(workloads[0]!, wasmEngine);
  const run = () => {
    step();
    return program.broken();
  };
  expect(await growthOf(run, 20_000)).toBeLessThan(limit);
  const leak: Float64Array[] = [];
  expect(await growthOf(() => leak.push(new Float64Array(128).fill(1)), 20_000)).toBeGreaterThan(limit);
});

test('runs that are stopped leave no worker and no listener behind', async () => {
  await stopAgainAndAgain(20);
});
