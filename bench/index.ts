/**
 * @file `npm run -s bench -- [--json] [--rounds N] [--engine native]`: training steps per second of W1, W2 and W3 on
 * one thread, beside WebAssembly's peak on the machine, in interleaved rounds; with `--engine native`, of that engine
 * beside WebAssembly. Answers are checked against the reference engine first, and native weights against WebAssembly's.
 */
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { Engine } from '../src/engine/engine.ts';
import { nativeEngine } from '../src/engine/native/node/index.ts';
import { referenceEngine } from '../src/engine/reference.ts';
import { wasmEngine } from '../src/engine/wasm/index.ts';
import { quantile } from './paired.ts';
import { peakKernel, peakOperations } from './peak.ts';
import { hashAfter, type Prepared, prepare, type Workload, workloads } from './workloads.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    engine: { type: 'string', default: 'wasm' },
  },
});
const rounds = Number(values.rounds);
const secondsPerTurn = 0.7;
const engines = values.engine === 'native' ? [wasmEngine, nativeEngine] : [wasmEngine];

interface Row {
  workload: string;
  engine: string;
  threads: number;
  stepsPerSecond: number;
  quartiles: [number, number];
  peakGflops: number;
  checked: boolean;
}

/**
 * Whether three steps on a small batch agree with the reference engine: each parameter to 1e-5 in norm. (Adam turns a
 * gradient that is 0 but for rounding into a whole step, so single weights may differ by more.)
 */
async function isRight(workload: Workload, engine: Engine): Promise<boolean> {
  const batchSize = Math.min(workload.batchSize, 4);
  const expected = await prepare(workload, referenceEngine, { batchSize });
  const got = await prepare(workload, engine, { batchSize });
  for (let step = 0; step < 3; step++) {
    expected.step();
    got.step();
  }
  return expected.graph.parameters.every(({ name }) => {
    const right = [...expected.program.read(name)];
    const ours = got.program.read(name);
    const norm = (values: readonly number[]): number =>
      Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    return norm(right.map((value, place) => value - ours[place]!)) <= 1e-5 * norm(right);
  });
}

/** Calls per second, over about `secondsPerTurn`. */
function rate(run: () => void, callsAtOnce: number): number {
  const start = performance.now();
  let calls = 0;
  let seconds = 0;
  do {
    for (let call = 0; call < callsAtOnce; call++) run();
    calls += callsAtOnce;
    seconds = (performance.now() - start) / 1000;
  } while (seconds < secondsPerTurn);
  return calls / seconds;
}

const peak = await peakKernel();
const prepared: {
  workload: Workload;
  engine: Engine;
  ready: Prepared;
  checked: boolean;
  rates: number[];
  peaks: number[];
}[] = [];
for (const workload of workloads) {
  const hashes = new Set<string>();
  for (const engine of engines) {
    hashes.add(await hashAfter(5, workload, engine));
    const checked = (await isRight(workload, engine)) && hashes.size === 1;
    const ready = await prepare(workload, engine);
    const callsAtOnce = workload.batchSize === 1 ? 200 : 1;
    for (let call = 0; call < 20 * callsAtOnce; call++) ready.step();
    prepared.push({ workload, engine, ready, checked, rates: [], peaks: [] });
  }
}
rate(peak.run, 1);
for (let round = 0; round < rounds; round++) {
  for (const { workload, ready, rates, peaks } of prepared) {
    peaks.push((rate(peak.run, 1) * peakOperations) / 1e9);
    rates.push(rate(ready.step, workload.batchSize === 1 ? 200 : 1));
  }
}
const rows = prepared.map(({ workload, engine, checked, rates, peaks }): Row => {
  rates.sort((a, b) => a - b);
  peaks.sort((a, b) => a - b);
  return {
    workload: workload.name,
    engine: engine.name,
    threads: 1,
    stepsPerSecond: quantile(rates, 0.5),
    quartiles: [quantile(rates, 0.25), quantile(rates, 0.75)],
    peakGflops: quantile(peaks, 0.5),
    checked: checked && peak.isRight(),
  };
});
if (values.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
else {
  for (const row of rows) {
    const [low, high] = row.quartiles.map((value) => value.toFixed(1));
    process.stdout.write(
      `${row.workload}  ${row.engine.padEnd(6)}  ${row.stepsPerSecond.toFixed(1)} steps/s [${low} … ${high}], peak ${row.peakGflops.toFixed(1)} GFLOP/s, ` +
        `${(row.stepsPerSecond / row.peakGflops).toFixed(2)} steps/s per GFLOP/s, ${row.checked ? 'checked' : 'WRONG'}\n`,
    );
  }
}
process.exitCode = rows.every(({ checked }) => checked) ? 0 : 1;
