/**
 * @file `steps-process.ts W3 5000`: a process that does nothing but train, and prints how many megabytes it gained. Beside a
 * test runner, whose own memory comes and goes, a megabyte is not to be seen.
 */
import { prepare, workloads } from '../../bench/workloads.ts';
import { wasmEngine } from '../../src/engine/wasm/index.ts';
import { growthOf } from './memory-growth.ts';

const [name, steps] = process.argv.slice(2);
const { step, program } = await prepare(workloads.find((one) => one.name === name)!, wasmEngine);
const growth = await growthOf(() => {
  step();
  if (program.broken().length > 0) throw new Error('The weights broke.');
}, Number(steps));
process.stdout.write(`${growth}\n`);
