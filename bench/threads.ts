/**
 * @file `npm run -s bench:threads -- [--json] [--pairs N] [--engine native]`: how much faster two threads are than one, by
 * the clock on the wall, in blocks that take turns. That both end in the same weights is checked first.
 */
import { parseArgs } from 'node:util';
import type { Program } from '../src/engine/engine.ts';
import { nativeEngine } from '../src/engine/native/node/index.ts';
import { wasmEngine } from '../src/engine/wasm/index.ts';
import { pairedRatio } from './paired.ts';
import { hashAfter, prepare, workloads } from './workloads.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    pairs: { type: 'string', default: '7' },
    engine: { type: 'string', default: 'wasm' },
  },
});
const engine = options.engine === 'native' ? nativeEngine : wasmEngine;
const rows: { workload: string; engine: string; ratio: number; quartiles: readonly number[] }[] = [];
for (const workload of workloads) {
  const hashes = await Promise.all([1, 2].map((threads) => hashAfter(5, workload, engine, { threads })));
  if (hashes[0] !== hashes[1]) throw new Error(`${workload.name} ends in other weights on two threads.`);
  const opened: Program[] = [];
  const on = (threads: number) => async () => {
    const { program, step } = await prepare(workload, engine, { threads });
    opened.push(program);
    return step;
  };
  const isSmall = workload.batchSize === 1;
  const { median, quartiles } = await pairedRatio(on(2), on(1), {
    pairs: Number(options.pairs),
    blocks: isSmall ? 60 : 20,
    millisecondsPerBlock: isSmall ? 10 : 100,
    clock: () => performance.now() / 1000,
  });
  for (const program of opened) program.close();
  rows.push({ workload: workload.name, engine: engine.name, ratio: median, quartiles });
}
if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
else {
  for (const { workload, ratio, quartiles } of rows) {
    process.stdout.write(
      `${workload}  two threads are ${ratio.toFixed(3)} times as fast as one [${quartiles.map((one) => one.toFixed(3)).join(' … ')}]\n`,
    );
  }
}
