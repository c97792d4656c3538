import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadDataSet } from '../../src/data/node/load.ts';
import { readSafetensors } from '../../src/data/safetensors.ts';
import { referenceEngine } from '../../src/engine/reference.ts';
import { buildNetwork } from '../../src/model/cnn.ts';
import { buildGraph } from '../../src/model/graph.ts';
import { ruleOf } from '../../src/optimizers/index.ts';
import { Feed, standardPreprocessing } from '../../src/training/feed.ts';
import { workloads } from '../workloads.ts';
import { startChild } from './child.ts';
import { contests } from './contests.ts';
import { type Inputs, writeInputs } from './inputs.ts';
import { plotOf } from './plot.ts';
import { differenceOf, type Result, ratioOf } from './result.ts';
import type { LoadRequest } from './serve.mjs';
import { tablesOf } from './tables.ts';

const node = (code: string) => startChild({ program: process.execPath, arguments: ['-e', code] });

describe('a child process', () => {
  test('answers in the order of the questions', async () => {
    const child = node('process.stdin.on("data", (text) => process.stdout.write(text))');
    expect(await child.ask({ do: 'one' })).toEqual({ do: 'one' });
    expect(await child.ask({ do: 'two' })).toEqual({ do: 'two' });
    child.end();
  });

  test('that ends instead says how, and why', async () => {
    const child = node('console.error("no weights"); process.exit(3)');
    await expect(child.ask({ do: 'load' })).rejects.toThrow('it ended with 3: no weights');
  });

  test('that cannot be started says so', async () => {
    const child = startChild({ program: 'no-such-program', arguments: [] });
    await expect(child.ask({ do: 'load' })).rejects.toThrow('spawn no-such-program ENOENT');
  });
});

describe('ours, as one of the peers', () => {
  let inputs: Inputs;
  beforeAll(async () => {
    inputs = await writeInputs();
  });
  afterAll(() => inputs.remove());

  /** Losses of the first steps, by the reference engine, from the library's own readers. */
  async function expectedLosses({ weights }: LoadRequest, steps: number): Promise<number[][]> {
    const { layers, optimizer } = workloads.find(({ name }) => name === 'W2')!;
    const network = buildNetwork({ layers }, { input: [28, 28, 1], classes: 10 });
    const graph = buildGraph(network.nodes, network.input, ruleOf(optimizer));
    const program = await referenceEngine.create(graph, { batchSize: 1, purpose: 'train' });
    for (const [name, { values }] of readSafetensors(readFileSync(weights), 'weights').tensors) {
      program.write(name, values as Float32Array);
    }
    const { train: images } = await loadDataSet('mnist');
    const feed = new Feed(program, graph, images, standardPreprocessing(images), 10);
    return Array.from({ length: steps }, (_, index) => {
      feed.load(0, index);
      program.step(1);
      return [program.read(graph.loss, 0)[0]!];
    });
  }

  test('trains as the reference engine does', async () => {
    const request = inputs.requestOf(contests.find(({ name }) => name === 'W2')!);
    const ours = fileURLToPath(new URL('ours.ts', import.meta.url));
    const child = startChild({ program: process.execPath, arguments: ['--import', 'tsx', ours, 'wasm'] });
    expect(await child.ask({ do: 'load', ...request })).toEqual({ ready: true });
    const { answers } = await child.ask<{ answers: number[][] }>({ do: 'check', steps: 4 });
    expect(differenceOf(answers, await expectedLosses(request, 4))).toBeLessThan(1e-5);
    const { steps, seconds } = await child.ask<{ steps: number; seconds: number }>({ do: 'run', seconds: 0.05 });
    expect(steps).toBeGreaterThan(0);
    expect(seconds).toBeGreaterThanOrEqual(0.05);
    child.end();
  });
});

describe('answers', () => {
  test('differ by their largest difference, relative to what is expected', () => {
    expect(differenceOf([[1, 2], [4]], [[1, 2], [5]])).toBe(0.2);
  });

  test('that are missing, or not a number, are as wrong as can be', () => {
    expect(differenceOf([[1]], [[1], [1]])).toBe(Number.POSITIVE_INFINITY);
    expect(differenceOf([[1]], [[1, 2]])).toBe(Number.POSITIVE_INFINITY);
    expect(differenceOf([[Number.NaN]], [[1]])).toBe(Number.POSITIVE_INFINITY);
  });
});

test('speeds are compared within each round', () => {
  // Who was slow in which round matters: the medians are 8 and 4 both times.
  expect(ratioOf([2, 8, 40], [1, 4, 20])).toEqual({ low: 2, median: 2, high: 2 });
  expect(ratioOf([2, 8, 40], [20, 1, 4]).median).toBe(8);
});

const spread = (median: number) => ({ low: median / 2, median, high: median * 2 });
const result: Result = {
  date: '2026-01-31',
  machine: 'a machine',
  rounds: 3,
  secondsPerTurn: 1,
  contests: [
    {
      name: 'W1',
      title: 'a small network',
      unit: 'steps/s',
      rows: [
        { peer: 'wasm', title: 'Ocellus', speed: spread(12345), ratios: { wasm: spread(1) }, difference: 0 },
        { peer: 'other', title: 'A < B', speed: spread(0.1), ratios: { wasm: spread(8) }, difference: 1e-7 },
      ],
      leftOut: [{ peer: 'third', reason: 'it ended with 1: oh\nat line 1', isMissing: false }],
    },
  ],
};

test('tables have medians, quartiles, and who was left out', () => {
  expect(tablesOf(result)).toBe(
    `2026-01-31, a machine; 3 interleaved rounds of 1 s each: medians [quartiles].

**W1**: a small network

| system | steps/s | Ocellus, times as fast |
| --- | --- | --- |
| Ocellus | 12,300 [6,170 … 24,700] | 1 [0.5 … 2] |
| A < B | 0.1 [0.05 … 0.2] | 8 [4 … 16] |

Left out: third: it ended with 1: oh.`,
  );
});

test('the plot has speeds as multiples of ours', () => {
  const plot = plotOf(result);
  expect(plot).toContain('>0.125 ×</text>');
  expect(plot).toContain('>A &lt; B</text>');
  expect(plot.match(/<circle /g)).toHaveLength(2);
});
