/** @file `--seeds`: how many, or which. */
import { UsageError } from '../errors.ts';
import type { Option } from './command.ts';
import { parseCount } from './options.ts';

const mostSeeds = 10_000;

/** `20`: so many seeds from `--seed` on; `1,2,3`: these; `7,`: this one. */
export const seedsOption = (standard: number): Option<number | readonly number[] | undefined> => ({
  value: 'count|list',
  description: `so many seeds from --seed on, or a list such as 1,2,3; ${standard} by default`,
  default: undefined,
  parse: (given, name) => {
    if (!given.includes(',')) return parseCount(given, name, 1, mostSeeds);
    const list = given
      .replace(/,$/, '')
      .split(',')
      .map((one) => parseCount(one.trim(), name));
    if (new Set(list).size === list.length) return list;
    throw new UsageError(`${name} needs different seeds, but gets "${given}". Leave the repeated ones out.`);
  },
});

export function seedsOf(seeds: number | readonly number[], first: number): readonly number[] {
  return typeof seeds === 'number' ? Array.from({ length: seeds }, (_, place) => first + place) : seeds;
}
