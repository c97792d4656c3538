/**
 * @file The learning rate over a training: it rises in even steps at the start, and falls along half a cosine at the end, each
 * over a share of all steps; in between, and without either, it stays what it is. Where they overlap, the lower counts. Every optimiser has these two options.
 *
 * Source: Loshchilov, Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017, equation 5, without restarts;
 * the flat part between: Hägele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations", 2024.
 */
import { realNumber } from '../layers/layer.ts';
import { cos } from '../numerics.ts';

/** Shares of a training's steps. */
export const scheduleOptions = { warmup: realNumber(0, 0, 1), cooldown: realNumber(0, 0, 1) } as const;

/** What of it an optimiser has: an option that does nothing is none. */
export const scheduleOf = (options: Record<keyof typeof scheduleOptions, number>): object =>
  Object.fromEntries(Object.entries(options).filter(([, share]) => share > 0));

/**
 * @param steps of the whole training
 * @returns the learning rate of each step, from 0; undefined where it is the same in all
 */
export function learningRates(
  { learningRate, warmup = 0, cooldown = 0 }: { learningRate: number; warmup?: number; cooldown?: number },
  steps: number,
): ((step: number) => number) | undefined {
  if (warmup === 0 && cooldown === 0) return undefined;
  const rising = Math.max(1, Math.round(warmup * steps));
  const falling = Math.max(1, Math.round(cooldown * steps));
  return (step) => {
    const risen = Math.min(1, (step + 1) / rising);
    const fallen = Math.max(0, (step - (steps - falling)) / falling);
    return learningRate * Math.min(risen, 0.5 + 0.5 * cos(Math.PI * fallen));
  };
}
