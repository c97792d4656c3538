/** @file The contract in pages, in full: every network, and flat memory. */
import { afterEach, describe, expect, test } from 'vitest';
import { browsers, lacks } from '../browser/browsers.ts';
import { caseNamed } from './cases.ts';
import { contractPage, oneThreadWhereNotIsolated } from './contract-page.ts';
import { wholeTraining } from './kept-training.ts';
import { sameBitsInFull } from './same-bits.ts';

/** Megabytes that steps may take. Pages of Firefox cannot have garbage collected before they are measured. */
const limits = { chromium: 1, firefox: 5 };

for (const kind of ['chromium', 'firefox'] as const) {
  describe.skipIf(lacks(kind))(`a page in ${browsers[kind].name}`, () => {
    describe('has the same bits', () => {
      const { outcome, expectNoWorkers } = contractPage(kind);
      afterEach(expectNoWorkers);
      sameBitsInFull(outcome);
    });

    describe('has one thread where it is not isolated', () => oneThreadWhereNotIsolated(kind));

    describe('keeps a training', () => {
      const { ask } = contractPage(kind);
      test('which is refused while another has its store, and goes on to the same bits', async () => {
        const { refused, positions, weightsSha256 } = await ask('keptTraining');
        expect(refused).toContain('UsageError: The store "kept" is in use by http://127.0.0.1:');
        // It was saved after two steps, since an abort is seen after the next one.
        expect(positions).toEqual([30, 40, 50, 60, 70, 80, 90, 0]);
        expect(weightsSha256).toBe(await wholeTraining());
      });
    });

    describe('has one clear error and no worker left when a worker', () => {
      const { outcome, expectNoWorkers } = contractPage(kind);
      test.each([
        ['traps', 'trap', 'failed: unreachable'],
        ['is stuck', 'stuck', 'gave no sign of life for 3 s'],
      ] as const)('%s', async (_, fault, how) => {
        const run = outcome(caseNamed('W2, batch 32'), 3, { fault: { kind: fault, thread: 2, barrier: 4 } });
        await expect(run).rejects.toThrow(`EngineError: Worker 2 of 2 ${how}`);
        await expectNoWorkers();
      });
    });

    describe('leaves nothing behind', () => {
      const { ask, growthOf, growthAtRest, expectNoWorkers } = contractPage(kind);
      const report = (what: string, growth: number): void =>
        void process.stderr.write(`${browsers[kind].name}, ${what}: ${growth.toFixed(3)} MB\n`);

      test.each([
        ['W1', 100_000],
        ['W3', 5000],
      ])('in the steps of %s: %i', async (name, steps) => {
        const growth = await growthOf(() => ask('steps', name, steps / 40), 40);
        report(`${steps} steps of ${name}`, growth);
        expect(growth).toBeLessThan(limits[kind]);
      });

      test('in 600 runs that are stopped', async () => {
        let cycle = 0;
        // Chromium's allocators take some 200 to settle.
        const run = () => ask('trainAndStop', cycle++);
        const growth = await (kind === 'firefox' ? growthAtRest(run, 600) : growthOf(run, 600));
        report('600 runs', growth);
        expect(growth).toBeLessThan(20);
        await expectNoWorkers();
      });
    });
  });
}
