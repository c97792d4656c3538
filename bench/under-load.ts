/**
 * @file `npm run -s bench:load -- [--json] [--rounds N]`: how long the longest step of two threads takes, in medians, while
 * another process has all it can get of one core; and without it, since other processes may be there already. Beside
 * it a plain loop that takes as long as a step: what it suffers is the system's and nobody's fault. Needs `taskset`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { loadavg } from 'node:os';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { wasmEngine } from '../src/engine/wasm/index.ts';
import { quantile } from './paired.ts';
import { prepare, workloads } from './workloads.ts';

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '2' } },
});
const threads = 2;

/** Ends by itself, should this one be killed. */
async function busyProcess(): Promise<ChildProcess> {
  const child = spawn(
    'taskset',
    ['-c', '0', process.execPath, '-e', 'console.log(); for (const end = Date.now() + 120_000; Date.now() < end; );'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.stdout!.once('data', resolve);
  });
  return child;
}

interface Row {
  workload: string;
  /** What is timed: a step, or arithmetic of the same length without memory, threads or anything of ours. */
  work: 'step' | 'plain loop';
  busy: boolean;
  /** How many share a step: a batch of one chunk has one. */
  threads: number;
  times: number;
  median: number;
  ninetyNine: number;
  longest: number;
  ratio: number;
  load: number;
}

function textOf({
  workload,
  work,
  busy,
  threads: shared,
  times,
  median,
  ninetyNine,
  longest,
  ratio,
  load,
}: Row): string {
  const what = `${workload}  ${work.padEnd(10)}  ${busy ? 'one core busy' : 'as it is     '}`;
  const figures = `median ${median.toFixed(3)} ms, 99 % ${ninetyNine.toFixed(3)}, longest ${longest.toFixed(3)}`;
  const who = `${shared} thread${shared > 1 ? 's' : ' '}, ${times} times`;
  return `${what}  ${who}: ${figures}, ratio ${ratio.toFixed(1)}, load ${load.toFixed(1)}`;
}

/** Milliseconds of each call, in order of length. Allocates nothing on the way, since a collector's pause is as long as 20 small steps. */
function lengths(work: () => void, times: number): Float64Array {
  const all = new Float64Array(times);
  for (let call = 0; call < times; call++) {
    const start = performance.now();
    work();
    all[call] = performance.now() - start;
  }
  return all.sort();
}

let kept = 1;
/** Plain arithmetic of so many rounds: what the system does to it, it does to every program. */
const plainLoop = (rounds: number) => () => {
  let value = kept;
  for (let round = 0; round < rounds; round++) value = value * 1.000_000_1 + 1e-9;
  kept = value > 1e9 ? 1 : value;
};

/** @returns a plain loop that takes about as many milliseconds */
function plainLoopOf(milliseconds: number): () => void {
  lengths(plainLoop(10_000), 500);
  const rounds = (10_000 * milliseconds) / lengths(plainLoop(10_000), 500)[250]!;
  return plainLoop(Math.round(rounds));
}

const rows: Row[] = [];
for (let round = 0; round < Number(options.rounds); round++) {
  for (const workload of workloads.filter(({ name }) => name !== 'W2')) {
    const { program, step } = await prepare(workload, wasmEngine, { threads });
    const times = workload.batchSize === 1 ? 20_000 : 200;
    lengths(step, times / 10);
    const work = { step, 'plain loop': plainLoopOf(lengths(step, times / 10)[times / 20]!) };
    for (const busy of [false, true]) {
      const other = busy ? await busyProcess() : undefined;
      for (const [name, call] of Object.entries(work) as [Row['work'], () => void][]) {
        const sorted = lengths(call, times);
        const [median, ninetyNine, longest] = [0.5, 0.99, 1].map((share) => quantile(sorted, share)) as [
          number,
          number,
          number,
        ];
        const ratio = longest / median;
        const shared = name === 'step' ? program.threads : 1;
        const load = loadavg()[0]!;
        const facts = { workload: workload.name, work: name, busy, threads: shared, times };
        const row = { ...facts, median, ninetyNine, longest, ratio, load };
        rows.push(row);
        if (!options.json) process.stdout.write(`${textOf(row)}\n`);
      }
      other?.kill('SIGKILL');
    }
    program.close();
  }
}
if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
