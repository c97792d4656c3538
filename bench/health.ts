/**
 * @file `npm run -s bench:health -- [--json] [--pairs N]`: what it costs to look in every step for NaN and infinity in
 * weights and optimiser state. The other program is the same network without these sums. Two times the same program shows
 * how far the measurement itself can be trusted.
 */
import { parseArgs } from 'node:util';
import { wasmEngine } from '../src/engine/wasm/index.ts';
import type { Graph } from '../src/model/graph.ts';
import { pairedRatio } from './paired.ts';
import { prepare, workloads } from './workloads.ts';

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, pairs: { type: 'string', default: '12' } },
});

function withoutHealth(graph: Graph): Graph {
  const updates = graph.updates.map(({ health, ...update }) => ({
    ...update,
    formulas: update.formulas.filter(({ target }) => target.tensor !== health?.sum),
  }));
  return { ...graph, updates };
}

const rows: { workload: string; cost: number; quartiles: number[]; sameTwice: number; sameQuartiles: number[] }[] = [];
for (const workload of workloads.filter(({ name }) => name !== 'W2')) {
  const unchecked = async () => (await prepare(workload, wasmEngine, { change: withoutHealth })).step;
  const checked = async () => {
    const { program, step } = await prepare(workload, wasmEngine);
    return () => {
      step();
      if (program.broken().length > 0) throw new Error('The benchmark broke its weights.');
    };
  };
  const isSmall = workload.batchSize === 1;
  const how = { pairs: Number(options.pairs), blocks: isSmall ? 120 : 24, millisecondsPerBlock: isSmall ? 3 : 1 };
  const same = await pairedRatio(unchecked, unchecked, how);
  const { median, quartiles } = await pairedRatio(unchecked, checked, how);
  const less1 = (ratios: readonly number[]): number[] => ratios.map((ratio) => ratio - 1);
  rows.push({
    workload: workload.name,
    cost: median - 1,
    quartiles: less1(quartiles),
    sameTwice: same.median - 1,
    sameQuartiles: less1(same.quartiles),
  });
}
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
else {
  for (const { workload, cost, quartiles, sameTwice, sameQuartiles } of rows) {
    process.stdout.write(
      `${workload}  ${percent(cost)} [${quartiles.map(percent).join(' … ')}]; ` +
        `the same twice ${percent(sameTwice)} [${sameQuartiles.map(percent).join(' … ')}]\n`,
    );
  }
}
