/** @file What a comparison found, in one or two plain sentences. */
import { UsageError } from '../../errors.ts';
import { formatCount } from '../../format-number.ts';
import { type Comparison, FEWEST_SEEDS } from './compare-with-best.ts';

/** `A is best: all 5 others are worse.` `names[architecture]` are in the order of the comparison. */
export function conclusion(names: readonly string[], comparison: Comparison | null): string {
  if (comparison && names.length !== comparison.verdicts.length) {
    throw new UsageError(
      `A conclusion needs a name for each architecture, but gets ${names.length} for ${comparison.verdicts.length}.`,
    );
  }
  if (names.length === 1) return `${names[0]} is the only architecture: there is nothing to compare it with.`;
  if (!comparison) return 'Nothing is compared: no images were set aside for it.';
  const { seeds, best, comparisons, verdicts } = comparison;
  const name = names[best]!;
  const namesWhere = (isMeant: (architecture: number) => boolean) => names.filter((_, index) => isMeant(index));
  const equals = namesWhere((architecture) => comparisons[architecture]?.difference === 0);
  const lowest =
    equals.length === 0
      ? `${name} has the lowest error`
      : `${name} has the lowest error (${list(equals)} ${equals.length === 1 ? 'has' : 'have'} the same)`;
  if (seeds < FEWEST_SEEDS) {
    const count = seeds === 1 ? 'One seed is' : `${formatCount(seeds, 'seed')} are`;
    return `${count} too few to tell which is best; ${lowest}. Give at least ${FEWEST_SEEDS} seeds.`;
  }

  const others = names.length - 1;
  const open = namesWhere((architecture) => verdicts[architecture] === 'not distinguishable from the best');
  const worse = namesWhere((architecture) => verdicts[architecture] === 'worse');
  if (open.length === 0) return `${name} is best: ${others === 1 ? worse[0] : allOf(others)} ${isOrAre(others)} worse.`;
  if (open.length === others && others > 2) {
    return `${lowest}, but none of the ${formatCount(others)} others can be distinguished from it.`;
  }
  const rest =
    worse.length === 0
      ? ''
      : `; ${worse.length === 1 ? worse[0] : `the other ${formatCount(worse.length)}`} ${isOrAre(worse.length)} worse`;
  return `${lowest}, but ${list(open)} cannot be distinguished from it${rest}.`;
}

function allOf(others: number): string {
  return others === 2 ? 'both others' : `all ${formatCount(others)} others`;
}

function isOrAre(count: number): string {
  return count === 1 ? 'is' : 'are';
}

/** `A`, `A and B`, `A, B and C`. */
function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
