/** @file What the page's worker can be asked for: a case's weights, steps, runs that are stopped. */
import { prepare, workloads } from '../../../bench/workloads.ts';
import { disturbedEngine, fastWasmEngine, wasmEngine } from '../../../src/engine/wasm/index.ts';
import { answerTests } from '../../browser/answer.ts';
import { compareEngines } from '../../compare-engines.ts';
import { caseNamed, outcomeOf } from '../cases.ts';
import type { Disturbance } from '../disturbance.ts';
import disturbedWorker from '../disturbed-worker.js?worker&url';
import { keptTraining } from '../kept-training.ts';
import { trainAndStop } from '../stopped-training.ts';

declare const location: { readonly href: string };

const file = new URL(disturbedWorker, location.href);
const prepared = new Map<string, ReturnType<typeof prepare>>();
const kept: Uint8Array[] = [];

const answers = {
  outcome: (name: string, threads: number, disturbance?: Disturbance) => {
    const engine = disturbance ? disturbedEngine({ file, hook: disturbance }) : wasmEngine;
    return outcomeOf(caseNamed(name), engine, threads);
  },

  fastMath: async (name: string) => {
    const { network, optimizer, counts, ...of } = caseNamed(name);
    const differences = await compareEngines(wasmEngine, fastWasmEngine, network, { optimizer, counts, limit: 1e-4 });
    const { engine } = await prepare(workloads[0]!, fastWasmEngine).then(({ program }) => program);
    const { sha256 } = await outcomeOf({ network, optimizer, counts, ...of }, fastWasmEngine, 1);
    return { engine, differences, isOther: sha256 !== of.sha256 };
  },

  steps: async (name: string, count: number): Promise<void> => {
    const workload = workloads.find((one) => one.name === name)!;
    if (!prepared.has(name)) prepared.set(name, prepare(workload, wasmEngine));
    const { step, program } = await prepared.get(name)!;
    for (let done = 0; done < count; done++) {
      step();
      if (program.broken().length > 0) throw new Error(`${name}: ${program.broken()} is not finite.`);
    }
  },

  keptTraining,

  trainAndStop,

  leak: (bytes: number): void => void kept.push(new Uint8Array(bytes).fill(1)),

  /** Where the browser lets a page do so. */
  collectGarbage: (): void => (globalThis as { gc?: () => void }).gc?.(),
};

export type ContractAnswers = typeof answers;

void answerTests(answers);
