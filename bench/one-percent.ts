/**
 * @file `npm run -s bench:mnist -- [--json] [--seeds N] [--threads N] [--engine NAME]`: seconds from the start of the command
 * to its end, for a training of W3's network whose error on MNIST's test images is to be under 1 %. The schedule was chosen
 * on 5,000 training images set aside (`README.md`); here all are trained on, and the test images are read once, at the end.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { printNotation } from '../src/model/notation.ts';
import { workloads } from './workloads.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    engine: { type: 'string', default: 'auto' },
    epochs: { type: 'string', default: '2' },
    optimizer: { type: 'string', default: 'adam(0.003, warmup=0.2, cooldown=0.8)' },
  },
});
const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const { layers, batchSize } = workloads.find(({ name }) => name === 'W3')!;
const { epochs, optimizer, threads, engine } = options;

interface Row {
  seed: number;
  testErrorRate: number;
  /** By the clock on the wall, of the whole process. */
  seconds: number;
  /** Of training alone. */
  trainingSeconds: number;
  engine: string;
}

function run(seed: number): Row {
  const folder = mkdtempSync(join(tmpdir(), 'ocellus-bench-'));
  try {
    const given = {
      epochs,
      optimizer,
      threads,
      engine,
      batch: batchSize,
      seed,
      data: 'mnist',
      out: join(folder, 'run'),
    };
    const flags = Object.entries(given).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    const start = performance.now();
    const command = [program, 'train', printNotation(layers), ...flags, '--json', '--quiet'];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    const seconds = (performance.now() - start) / 1000;
    if (status !== 0) throw new Error(`The command ended with ${status}: ${stderr}`);
    const { testErrorRate, seconds: trainingSeconds, engine: used } = JSON.parse(stdout);
    return { seed, testErrorRate, seconds, trainingSeconds, engine: used };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const rows = Array.from({ length: Number(options.seeds) }, (_, place) => run(place + 1));
if (options.json) process.stdout.write(`${JSON.stringify({ epochs, optimizer, threads, rows }, null, 2)}\n`);
else {
  for (const { seed, testErrorRate, seconds, trainingSeconds, engine: used } of rows) {
    const error = `${(100 * testErrorRate).toFixed(2)} %`;
    const times = `${seconds.toFixed(1)} s, ${trainingSeconds.toFixed(1)} s of them training`;
    process.stdout.write(`seed ${seed}  ${error} of MNIST’s test images, ${times}, ${used}, ${threads} threads\n`);
  }
}
