/**
 * @file `npm run -s bench:load -- [--json] [--rounds N]`: how long the longest step of two threads takes, in medians, while
 * another process has all it can get of one core; and without it, since other processes may be there already. Needs
 * `taskset`.
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
  busy: boolean;
  /** How many share a step: a batch of one chunk has one. */
  threads: number;
  steps: number;
  median: number;
  ninetyNine: number;
  longest: number;
  ratio: number;
  load: number;
}

function textOf({ workload, busy, threads: shared, steps, median, ninetyNine, longest, ratio, load }: Row): string {
  const who = `${workload}  ${busy ? 'one core busy' : 'as it is     '}  ${shared} thread${shared > 1 ? 's' : ' '}, ${steps} steps`;
  const times = `median ${median.toFixed(3)} ms, 99 % ${ninetyNine.toFixed(3)}, longest ${longest.toFixed(3)}`;
  return `${who}: ${times}, ratio ${ratio.toFixed(1)}, load ${load.toFixed(1)}`;
}

const rows: Row[] = [];
for (let round = 0; round < Number(options.rounds); round++) {
  for (const workload of workloads.filter(({ name }) => name !== 'W2')) {
    const { program, step } = await prepare(workload, wasmEngine, { threads });
    const steps = workload.batchSize === 1 ? 5000 : 200;
    for (let call = 0; call < steps / 20; call++) step();
    for (const busy of [false, true]) {
      const other = busy ? await busyProcess() : undefined;
      const times = Array.from({ length: steps }, () => {
        const start = performance.now();
        step();
        return performance.now() - start;
      });
      other?.kill('SIGKILL');
      times.sort((a, b) => a - b);
      const [median, ninetyNine, longest] = [0.5, 0.99, 1].map((share) => quantile(times, share)) as [
        number,
        number,
        number,
      ];
      const ratio = longest / median;
      const shared = program.threads;
      const load = loadavg()[0]!;
      const row = { workload: workload.name, busy, threads: shared, steps, median, ninetyNine, longest, ratio, load };
      rows.push(row);
      if (!options.json) process.stdout.write(`${textOf(row)}\n`);
    }
    program.close();
  }
}
if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
