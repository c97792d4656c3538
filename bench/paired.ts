/**
 * @file How much slower one thing is than another, on a machine that is busy and drifts: the two take turns in blocks of
 * a few milliseconds, and what counts is the ratio within each pair of blocks. Two programs of the same formulas already
 * differ by a percent or so, from where their code and memory come to lie, so each pair is of fresh programs.
 */
export interface Ratio {
  /** Seconds of `b` over seconds of `a`: the median of the pairs. */
  readonly median: number;
  readonly quartiles: readonly [number, number];
  readonly pairs: number;
}

export interface PairedOptions {
  readonly pairs: number;
  /** Blocks of each in a pair. */
  readonly blocks: number;
  readonly millisecondsPerBlock?: number;
  /** Seconds before it counts: as a rule 0.2. */
  readonly warm?: number;
  /** Of the processor, as a rule: others may have had it in between. Threads are known by the clock on the wall alone. */
  readonly clock?: () => number;
}

type Make = () => Promise<() => void>;

export async function pairedRatio(
  a: Make,
  b: Make,
  { pairs, blocks, millisecondsPerBlock = 4, warm = 0.2, clock = processorSeconds }: PairedOptions,
): Promise<Ratio> {
  const ratios: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    // Who is made first lies first.
    const [first, second] = pair % 2 === 0 ? [await a(), await b()] : [await b(), await a()].reverse();
    ratios.push(ratioOf(first!, second!, { blocks, millisecondsPerBlock, warm, clock }));
  }
  ratios.sort((x, y) => x - y);
  return { median: quantile(ratios, 0.5), quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)], pairs };
}

type HowToTime = Required<Omit<PairedOptions, 'pairs'>>;

function ratioOf(a: () => void, b: () => void, { blocks, millisecondsPerBlock, warm, clock }: HowToTime): number {
  const secondsOf = (run: () => void, calls: number): number => {
    const start = clock();
    for (let call = 0; call < calls; call++) run();
    return clock() - start;
  };
  const callsFor = (run: () => void, milliseconds: number): number => {
    let calls = 1;
    for (;;) {
      const seconds = secondsOf(run, calls);
      if (seconds * 1000 >= milliseconds / 2) return Math.max(1, Math.round((calls * milliseconds) / 1000 / seconds));
      calls *= 2;
    }
  };
  // Warm, and as many calls of each as fill a block.
  for (const run of [a, b]) secondsOf(run, callsFor(run, 1000 * warm));
  const calls = callsFor(a, millisecondsPerBlock);
  const ratios = Array.from({ length: blocks }, (_, block) => {
    const order = block % 2 === 0 ? [a, b] : [b, a];
    const seconds = order.map((run) => secondsOf(run, calls));
    return block % 2 === 0 ? seconds[1]! / seconds[0]! : seconds[0]! / seconds[1]!;
  });
  return quantile(
    ratios.sort((x, y) => x - y),
    0.5,
  );
}

function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
