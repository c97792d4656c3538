/**
 * @file `npm run -s bench:start -- [--json] [--runs N]`: how long it takes from the start of a process until the first step of
 * W1 is done in WebAssembly, everything included: Node itself, the library as built, formulas, compiler. Beside it, in turns,
 * a process of Node that does nothing.
 */
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { quantile } from './paired.ts';

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, runs: { type: 'string', default: '10' } },
});

/** Milliseconds until a new process of Node prints its first line, and the line. */
function startNode(given: readonly string[]): Promise<{ milliseconds: number; line: string }> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, given, { stdio: ['ignore', 'pipe', 'inherit'] });
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`The process ended with ${code} and printed nothing.`)));
    child.stdout.once('data', (line) => resolve({ milliseconds: performance.now() - start, line: `${line}`.trim() }));
  });
}

const firstStep = fileURLToPath(new URL('first-step.mjs', import.meta.url));
const times = { firstStep: [] as number[], node: [] as number[] };
const hashes = new Set<string>();
for (let run = 0; run < Number(options.runs); run++) {
  const { milliseconds, line } = await startNode([firstStep]);
  hashes.add(line);
  times.firstStep.push(milliseconds);
  times.node.push((await startNode(['-e', 'console.log()'])).milliseconds);
}
if (hashes.size !== 1) throw new Error(`The first step ended in different weights: ${[...hashes].join(', ')}.`);
const rows = Object.entries(times).map(([what, taken]) => {
  taken.sort((a, b) => a - b);
  const [low, median, high] = [0.25, 0.5, 0.75].map((share) => quantile(taken, share)) as [number, number, number];
  return { what, median, quartiles: [low, high] as const, runs: taken.length };
});
if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
else {
  for (const { what, median, quartiles } of rows) {
    const [low, high] = quartiles.map((value) => value.toFixed(0));
    process.stdout.write(`${what.padEnd(9)}  ${median.toFixed(0)} ms [${low} … ${high}]\n`);
  }
}
