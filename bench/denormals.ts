/**
 * @file `npm run -s bench:denormals -- [--json] [--pairs N]`: how much longer a step takes where classes are impossible or
 * units dead than in a healthy network, and how many numbers of weights and optimiser state are denormal then. Such
 * numbers cost little on some CPUs, so a ratio near 1 says little without the count.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { wasmEngine } from '../src/engine/wasm/index.ts';
import { pairedRatio } from './paired.ts';
import { type Prepared, prepare, workloads } from './workloads.ts';

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, pairs: { type: 'string', default: '5' } },
});

/** Steps on one image whose right class is beyond doubt, by the head's weights; or about which all is doubt. */
function certain({ graph, program, step }: Prepared, isSick: boolean): () => void {
  step();
  program.forward(1);
  const logits = program.read(graph.logits, 0);
  const surest = logits.indexOf(Math.max(...logits));
  const name = graph.parameters.at(-2)!.name;
  const greatest = Math.max(...logits.map(Math.abs));
  if (isSick)
    program.write(
      name,
      program.read(name).map((weight) => (weight * 45) / greatest),
    );
  const target = logits.map((_, k) => (isSick ? Number(k === surest) : 1 / logits.length));
  program.write(graph.target, target, 0);
  return () => program.step(1);
}

/** Every layer's units but the classes, with means as small as they are some 830 steps after their gradients ended. */
function dead({ graph, program, step }: Prepared, isSick: boolean): () => void {
  if (!isSick) return step;
  for (let count = 0; count < 3; count++) step();
  for (const { name } of graph.parameters.slice(0, -2)) {
    if (name.endsWith('.bias')) program.write(name, program.read(name).fill(-1000));
    const mean = `${name}.mean`;
    program.write(
      mean,
      program.read(mean).map((value) => (value === 0 ? 0 : Math.sign(value) * 2 ** -130)),
    );
  }
  return step;
}

function denormalsIn({ graph, program }: Prepared): number {
  const state = graph.updates.flatMap((update) => update.state);
  const values = [...graph.parameters, ...state].flatMap(({ name }) => [...program.read(name)]);
  return values.filter((value) => value !== 0 && Math.abs(value) < 2 ** -126).length;
}

const [w1, , w3] = workloads as [(typeof workloads)[0], (typeof workloads)[0], (typeof workloads)[0]];
const scenes = [
  { name: 'W1, impossible classes', workload: w1, start: certain },
  { name: 'W3, dead units', workload: w3, start: dead },
];
const rows: { scene: string; ratio: number; quartiles: readonly [number, number]; denormals: number; cpu: string }[] =
  [];
for (const { name, workload, start } of scenes) {
  const healthy = async () => start(await prepare(workload, wasmEngine), false);
  let denormals = 0;
  const sick = async () => {
    const ready = await prepare(workload, wasmEngine);
    const step = start(ready, true);
    step();
    denormals = denormalsIn(ready);
    return step;
  };
  const isSmall = workload.batchSize === 1;
  const { median, quartiles } = await pairedRatio(healthy, sick, {
    pairs: Number(options.pairs),
    blocks: isSmall ? 60 : 12,
    warm: isSmall ? 0.2 : 0,
  });
  rows.push({ scene: name, ratio: median, quartiles, denormals, cpu: cpus()[0]!.model });
}
if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
else {
  for (const { scene, ratio, quartiles, denormals, cpu } of rows) {
    const [low, high] = quartiles.map((value) => value.toFixed(3));
    process.stdout.write(
      `${scene}  ${ratio.toFixed(3)} times a healthy step [${low} … ${high}], ${denormals} denormal weights and states, on ${cpu}\n`,
    );
  }
}
