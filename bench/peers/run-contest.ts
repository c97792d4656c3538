/** @file One contest: everybody is started, checked and warmed, and then takes turns in rounds. */
import { asWritten } from '../../src/layers/notebook-parity.ts';
import { type Child, startChild } from './child.ts';
import { type Contest, unitOf } from './contests.ts';
import { openOurs } from './ours.ts';
import { isThere, type Peer } from './peers.ts';
import { type ContestResult, differenceOf, ratioOf, spreadOf } from './result.ts';
import { check, type LoadRequest } from './serve.mjs';

export interface RunOptions {
  readonly rounds: number;
  readonly secondsPerTurn: number;
  readonly onProgress: (text: string) => void;
}

interface Runner {
  readonly peer: Peer;
  readonly child: Child;
  readonly difference: number;
  readonly speeds: number[];
}

const checkedSteps = { train: 6, predict: 2 };
/** Of float32, after some steps of optimisers that make much of small differences. */
const tolerance = 1e-3;

export async function runContest(
  contest: Contest,
  peers: readonly Peer[],
  request: LoadRequest,
  { rounds, secondsPerTurn, onProgress }: RunOptions,
): Promise<ContestResult> {
  const leftOut: { peer: string; reason: string; isMissing: boolean }[] = [];
  const runners: Runner[] = [];
  const unit = unitOf(contest);
  const turn = async ({ child }: Runner): Promise<number> => {
    const { steps, seconds } = await child.ask<{ steps: number; seconds: number }>({
      do: 'run',
      seconds: secondsPerTurn,
    });
    return (steps * unit.perStep) / seconds;
  };
  try {
    for (const peer of peers.filter((each) => each.contests.includes(contest.name))) {
      onProgress(`${contest.name}: ${peer.title} loads`);
      const isMissing = !isThere(peer);
      const started = isMissing ? 'it is not installed' : await start(peer, contest, request);
      if (typeof started === 'string') leftOut.push({ peer: peer.title, reason: started, isMissing });
      else {
        runners.push(started);
        await turn(started);
      }
    }
    for (let round = 0; round < rounds; round++) {
      onProgress(`${contest.name}: round ${round + 1} of ${rounds}`);
      const first = round % runners.length;
      for (const runner of [...runners.slice(first), ...runners.slice(0, first)])
        runner.speeds.push(await turn(runner));
    }
  } finally {
    for (const { child } of runners) child.end();
  }
  const ours = runners.filter(({ peer }) => peer.isOurs);
  const rows = runners.map(({ peer, difference, speeds }) => ({
    ...{ peer: peer.name, title: peer.title, difference },
    speed: spreadOf(speeds),
    ratios: Object.fromEntries(ours.map((mine) => [mine.peer.name, ratioOf(mine.speeds, speeds)])),
  }));
  return { name: contest.name, title: contest.title, unit: unit.name, rows, leftOut };
}

/** A peer whose answers are right, or what is wrong with it. */
async function start(peer: Peer, contest: Contest, request: LoadRequest): Promise<Runner | string> {
  const child = startChild(peer.command(contest));
  const steps = checkedSteps[contest.purpose];
  try {
    await child.ask({ do: 'load', ...request });
    const { answers } = await child.ask<{ answers: number[][] }>({ do: 'check', steps });
    const difference = differenceOf(answers, await expectedAnswers(peer, request, steps));
    if (difference <= tolerance) return { peer, child, difference, speeds: [] };
    child.end();
    return `its answers differ by ${difference.toExponential(1)}`;
  } catch (error) {
    child.end();
    return error instanceof Error ? error.message : String(error);
  }
}

/** From WebAssembly, which the other benchmark holds to the reference engine; the notebook's from that engine itself. */
async function expectedAnswers({ isNotebook }: Peer, request: LoadRequest, steps: number): Promise<number[][]> {
  const one = { ...request, threads: 1 };
  return check(isNotebook ? await openOurs(one, 'reference', asWritten) : await openOurs(one, 'wasm'), steps);
}
