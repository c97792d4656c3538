/** @file Studies whose truth is known, and a bootstrap that really draws: what the statistics are held against. */
import type { Design, ImageValues } from '../src/comparison/statistics/two-level-bootstrap.ts';
import type { RandomStream } from '../src/random.ts';

export interface SimulatedStudy {
  /** Of each architecture, the error rate over all seeds and images. */
  readonly errorRates: readonly number[];
  /** Standard deviation of a seed's error rate, as a share of the architecture's. */
  readonly seedSpread: number;
  readonly seeds: number;
  readonly images: number;
  readonly design: Design;
}

/** `errors[architecture][seed][image]`. A fifth of the images is 16 times as hard as the rest, for all architectures. */
export function simulateStudy(study: SimulatedStudy, { uniform, normal }: RandomStream): Uint8Array[][] {
  const draw = () => Float64Array.from({ length: study.images }, () => (uniform() < 0.2 ? 4 : 0.25));
  const shared = draw();
  const difficulties = Array.from({ length: study.seeds }, () => (study.design === 'crossed' ? shared : draw()));
  return study.errorRates.map((errorRate) =>
    difficulties.map((difficulty) => {
      const ofSeed = errorRate * (1 + study.seedSpread * normal());
      return Uint8Array.from(difficulty, (factor) => (uniform() < ofSeed * factor ? 1 : 0));
    }),
  );
}

/** The mean of `values[seed][image]` drawn again: seeds with replacement, then images within each or once for all. */
export function resampledMean(values: readonly ImageValues[], design: Design, { integer }: RandomStream): number {
  const images = values[0]!.length;
  const drawImages = () => Uint32Array.from({ length: images }, () => integer(images));
  const shared = drawImages();
  let total = 0;
  for (let draw = 0; draw < values.length; draw++) {
    const ofSeed = values[integer(values.length)]!;
    for (const image of design === 'crossed' ? shared : drawImages()) total += ofSeed[image]!;
  }
  return total / (values.length * images);
}
