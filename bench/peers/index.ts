/**
 * @file `npm run -s bench:peers -- [--json] [--only W1,W3] [--peers torch,tfjs] [--rounds N] [--seconds N] [--write]
 * [--from FILE]`: how fast Ocellus is beside what one would take instead, in interleaved rounds, answers checked. `--write`
 * puts the result into `results.json`, and its tables and plot into `../README.md`; with `--from` nothing is measured.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, type } from 'node:os';
import { parseArgs } from 'node:util';
import { contests } from './contests.ts';
import { writeInputs } from './inputs.ts';
import { peers } from './peers.ts';
import { plotOf } from './plot.ts';
import type { ContestResult, Result } from './result.ts';
import { runContest } from './run-contest.ts';
import { tablesOf } from './tables.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    from: { type: 'string' },
    only: { type: 'string' },
    peers: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '1' },
  },
});

/** Those named, in their own order; all if none are. @throws Error */
function chosen<Named extends { readonly name: string }>(all: readonly Named[], names: string | undefined): Named[] {
  const wanted = names?.split(',') ?? all.map(({ name }) => name);
  const unknown = wanted.find((name) => !all.some((each) => each.name === name));
  if (unknown) throw new Error(`There is no ${unknown}; there are ${all.map(({ name }) => name).join(', ')}.`);
  return all.filter(({ name }) => wanted.includes(name));
}

async function measure(): Promise<Result> {
  const [rounds, secondsPerTurn] = [Number(options.rounds), Number(options.seconds)];
  const others = chosen(
    peers.filter(({ isOurs }) => !isOurs),
    options.peers,
  );
  const taking = [...peers.filter(({ isOurs }) => isOurs), ...others];
  const onProgress = (text: string): void => void process.stderr.write(`${text}\n`);
  const running = chosen(contests, options.only);
  const inputs = await writeInputs(running);
  const results: ContestResult[] = [];
  try {
    for (const contest of running) {
      const how = { rounds, secondsPerTurn, onProgress };
      results.push(await runContest(contest, taking, inputs.requestOf(contest), how));
    }
  } finally {
    inputs.remove();
  }
  const [cpu] = cpus();
  const machine = `${cpus().length} × ${cpu!.model.trim()}, ${type()} ${release()}, Node ${process.versions.node}`;
  return { date: new Date().toISOString().slice(0, 10), machine, rounds, secondsPerTurn, contests: results };
}

const here = (name: string): URL => new URL(name, import.meta.url);
const result: Result = options.from ? JSON.parse(readFileSync(options.from, 'utf8')) : await measure();
const json = `${JSON.stringify(result, null, 2)}\n`;
process.stdout.write(options.json ? json : `${tablesOf(result)}\n`);
if (options.write) {
  const readme = here('../README.md');
  const [start, end] = ['<!-- what index.ts wrote -->', '<!-- until here -->'];
  const text = readFileSync(readme, 'utf8');
  const [before, rest] = text.split(start);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`bench/README.md needs the lines ${start} and ${end}.`);
  const plot = '![Speed relative to Ocellus in WebAssembly](peers/plot.svg)';
  writeFileSync(here('results.json'), json);
  writeFileSync(here('plot.svg'), plotOf(result));
  writeFileSync(readme, `${before}${start}\n\n${plot}\n\n${tablesOf(result)}\n\n${end}${after}`);
}
const isRight = result.contests.every(({ leftOut }) => leftOut.every(({ isMissing }) => isMissing));
process.exitCode = isRight ? 0 : 1;
