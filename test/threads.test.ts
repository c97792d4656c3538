/** @file Threads: the same bits with any number of them, one clear error when one fails, and nothing left behind. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { nativeEngine } from '../src/engine/native/node/index.ts';
import { referenceEngine } from '../src/engine/reference.ts';
import { EngineError, UsageError } from '../src/errors.ts';
import { type Program, wasmEngine } from '../src/index.ts';
import { conv, dense, maxPool, relu } from '../src/layers/index.ts';
import { buildNetwork, cnn } from '../src/model/cnn.ts';
import { evaluate } from '../src/training/evaluate.ts';
import { train } from '../src/training/train.ts';
import { caseNamed, open } from './contract/cases.ts';
import { disturbed, expectNoWorkers, fail, failSomewhere, outcomeInNode } from './contract/disturbance.ts';
import { sameBitsInShort } from './contract/same-bits.ts';
import { tinyData } from './tiny-data.ts';

afterEach(expectNoWorkers);

const small = caseNamed('W2, batch 32');

describe('a program', () => {
  const withProgram = async (threads: number, look: (program: Program) => void, of = small): Promise<void> => {
    const { program } = await open(of, wasmEngine, threads);
    look(program);
    program.close();
  };

  test('has the threads that are asked for, and else says why not', async () => {
    await withProgram(2, ({ threads, threadsReason }) => expect([threads, threadsReason]).toEqual([2, undefined]));
    await withProgram(100, ({ threads, threadsReason }) =>
      expect([threads, threadsReason]).toEqual([4, 'a batch of 32 is cut into 4']),
    );
    const single = caseNamed('W2, batch 1');
    await withProgram(
      2,
      ({ threads, threadsReason }) => expect([threads, threadsReason]).toEqual([1, 'a batch of 1 is cut into 1']),
      single,
    );
    const { program } = await open(small, referenceEngine, 2);
    expect([program.threads, program.threadsReason]).toEqual([1, 'the reference engine has one']);
  });

  test.each([0, 1.5, Number.NaN])('refuses %s threads', async (threads) => {
    const message = `threads needs a whole number from 1, but is ${threads}.`;
    await expect(open(small, wasmEngine, threads)).rejects.toThrow(new UsageError(message));
  });

  test.each([
    [1, '73.1 GiB for a batch of 65536, but WebAssembly has 4; use a smaller batch or smaller layers.'],
    [
      2,
      '81.1 GiB for a batch of 65536 and 2 threads, but WebAssembly has 4; use a smaller batch, fewer threads or smaller layers.',
    ],
  ])('that would not fit into memory is refused: %i threads', async (threads, needs) => {
    const network = buildNetwork({ layers: [conv({ filters: 64 })] }, { input: [64, 64, 1], classes: 2 });
    const large = open({ ...small, network, batchSize: 65_536 }, wasmEngine, threads);
    await expect(large).rejects.toThrow(new EngineError(`The network needs ${needs}`));
  });

  test.each([wasmEngine, nativeEngine])(
    'has a pulse for each thread, whichever slices that does: $name',
    async (engine) => {
      const network = buildNetwork({ layers: [dense({ units: 128 })] }, { input: [28, 28, 1], classes: 10 });
      const { graph, program, step } = await open({ ...small, network }, engine, 2);
      const pulses = new Int32Array(program.place(graph.image, 0).values.buffer, 0, 16);
      // A step may be over before the worker has woken up.
      for (let count = 0; count < 10 || (pulses[1] === 0 && count < 2000); count++) step(32);
      const [first, second, ...others] = pulses;
      program.close();
      expect([first, second]).not.toContain(0);
      expect(new Set(others)).toEqual(new Set([0]));
    },
  );

  test.each([
    ['wasm', wasmEngine, 1],
    ['wasm', wasmEngine, 3],
    ['reference', referenceEngine, 1],
  ] as const)('that is closed can only be read: %s', async (_, engine, threads) => {
    const { graph, program, step } = await open({ ...small, batchSize: 9 }, engine, threads);
    step(9);
    const weights = program.read(graph.parameters[0]!.name);
    program.close();
    program.close();
    const message = 'The program is closed and cannot run any more; create another one.';
    expect(() => step(9)).toThrow(new EngineError(message));
    expect(() => program.forward(9)).toThrow(new EngineError(message));
    expect(program.read(graph.parameters[0]!.name)).toEqual(weights);
  });
});

describe('the same bits', () => {
  sameBitsInShort(outcomeInNode);

  test('from train and evaluate', async () => {
    const data = tinyData();
    const model = cnn([conv({ filters: 4 }), relu(), maxPool()]);
    const run = async (threads: number) => {
      const trained = await train(model, data, { epochs: 2, batchSize: 20, validation: 20, threads });
      const { loss, predictions } = await evaluate(trained, data.test, { threads });
      return {
        weightsSha256: trained.weightsSha256,
        validation: trained.history[1]!.validationLoss,
        loss,
        predictions,
      };
    };
    expect(await run(2)).toEqual(await run(1));
  });
});

describe('when a worker fails', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('somewhere, it ends with one error: fault %i', async (seed) => {
    await failSomewhere(small, seed, 500);
  });

  test.each([0, 1, 2, 3].flatMap((barrier) => [1, 2, 3, 4].map((writes) => [barrier, writes])))(
    'halfway through barrier %i, after %i writes, it ends with one error',
    async (barrier, writes) => {
      await fail(small, 2, { fault: { kind: 'exit', thread: 1, barrier: barrier!, writes: writes! } }, 250);
    },
  );

  test.each([0, 1, 2, 3, 4, 5])(
    'and ends while it says so, after %i writes, it ends with one error',
    async (endsAfter) => {
      await fail(small, 3, { fault: { kind: 'trap', thread: 1, barrier: 3, endsAfter } }, 250);
    },
  );

  test('its silence ends the step in time', async () => {
    const { step } = await open(small, disturbed({ fault: { kind: 'exit', thread: 2, barrier: 4 } }), 3);
    const start = performance.now();
    expect(() => {
      for (;;) step(32);
    }).toThrow('Worker 2 of 2 gave no sign of life for 3 s. The program is closed; start again, or with one thread.');
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('between steps, the next one says so at once', async () => {
    const workers: Worker[] = [];
    const remember = (worker: Worker): void => void workers.push(worker);
    process.on('worker', remember);
    const { step } = await open(small, wasmEngine, 3);
    process.off('worker', remember);
    step(32);
    await workers[1]!.terminate();
    expect(() => step(32)).toThrow(
      'Worker 2 of 2 ended with code 1. The program is closed; start again, or with one thread.',
    );
  });

  test('at its start, there is no program', async () => {
    await expect(open(small, disturbed({ diesAtStart: true }), 2)).rejects.toThrow(
      new EngineError('Worker 1 of 1 ended with code 4. The program is closed; start again, or with one thread.'),
    );
  });

  test('training fails with its error', async () => {
    const engine = disturbed({ fault: { kind: 'trap', thread: 1, barrier: 5 } });
    await expect(train(cnn([conv()]), tinyData(), { engine, threads: 2, epochs: 9 })).rejects.toThrow(
      new EngineError('Worker 1 of 1 failed: unreachable. The program is closed; start again, or with one thread.'),
    );
  });
});

test('programs that are made, used and closed leave no thread and no listener behind', async () => {
  const listeners = (): number => process.eventNames().reduce((sum, event) => sum + process.listenerCount(event), 0);
  const before = listeners();
  for (let cycle = 0; cycle < 20; cycle++) {
    const { step, program } = await open(small, wasmEngine, 3);
    step(32);
    program.close();
  }
  await expectNoWorkers();
  expect(listeners()).toBe(before);
});

test('a process ends though a program was not closed, and needs no code from strings', () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  execFileSync(process.execPath, ['scripts/prepare.mjs'], { cwd: root, stdio: 'ignore' });
  const script = `
    import { wasmEngine } from './dist/engine/wasm/index.js';
    import { buildNetwork } from './dist/model/cnn.js';
    import { buildGraph } from './dist/model/graph.js';
    const { nodes, input } = buildNetwork({ layers: [] }, { input: [4, 4, 1], classes: 3 });
    const program = await wasmEngine.create(buildGraph(nodes, input), { batchSize: 32, purpose: 'train', threads: 3 });
    program.gradients(32);
    console.log(program.threads);`;
  const words = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script];
  const output = execFileSync(process.execPath, words, { cwd: root, encoding: 'utf8', timeout: 20_000 });
  expect(output).toBe('3\n');
});
