import { describe, expect, test } from 'vitest';
import { UsageError } from '../../errors.ts';
import type { Verdict } from '../record.ts';
import { conclusion } from './conclusion.ts';

const LETTERS = 'ABCDEF';

/** One letter an architecture: b best, w worse, n not distinguishable, = too, with the same error. */
function conclusionOf(pattern: string, seeds = 5): string {
  const verdicts = [...pattern].map((letter): Verdict => {
    if (pattern.length === 1) return 'not compared';
    if (seeds < 3) return 'too few to tell';
    return letter === 'b' ? 'best' : letter === 'w' ? 'worse' : 'not distinguishable from the best';
  });
  const comparisons = [...pattern].map((letter) => {
    if (letter === 'b') return null;
    const difference = letter === '=' ? 0 : 0.01;
    return { difference, interval: null, pValue: 0.5, adjustedPValue: 0.5, method: 'two-level bootstrap' as const };
  });
  const names = [...LETTERS.slice(0, pattern.length)];
  return conclusion(names, { seeds, best: pattern.indexOf('b'), comparisons, verdicts });
}

describe('conclusion', () => {
  test.each([
    ['bw', 'A is best: B is worse.'],
    ['wbw', 'B is best: both others are worse.'],
    ['bwwwww', 'A is best: all 5 others are worse.'],
    ['bn', 'A has the lowest error, but B cannot be distinguished from it.'],
    ['nbn', 'B has the lowest error, but A and C cannot be distinguished from it.'],
    ['bnnn', 'A has the lowest error, but none of the 3 others can be distinguished from it.'],
    ['bnw', 'A has the lowest error, but B cannot be distinguished from it; C is worse.'],
    ['wnnnbw', 'E has the lowest error, but B, C and D cannot be distinguished from it; the other 2 are worse.'],
    ['b=', 'A has the lowest error (B has the same), but B cannot be distinguished from it.'],
    ['b==n', 'A has the lowest error (B and C have the same), but none of the 3 others can be distinguished from it.'],
    ['b', 'A is the only architecture: there is nothing to compare it with.'],
  ])('%s', (pattern, sentence) => {
    expect(conclusionOf(pattern)).toBe(sentence);
  });

  test('says why nothing is compared', () => {
    expect(conclusion(['A', 'B'], null)).toBe('Nothing is compared: no images were set aside for it.');
  });

  test('says how many seeds are too few, and how many are not', () => {
    expect(conclusionOf('nb', 1)).toBe(
      'One seed is too few to tell which is best; B has the lowest error. Give at least 3 seeds.',
    );
    expect(conclusionOf('b=w', 2)).toBe(
      '2 seeds are too few to tell which is best; A has the lowest error (B has the same). Give at least 3 seeds.',
    );
    expect(conclusionOf('nb', 3)).toBe('B has the lowest error, but A cannot be distinguished from it.');
  });

  test('refuses names that are not one for each', () => {
    const comparison = { seeds: 3, best: 0, comparisons: [null], verdicts: ['not compared' as const] };
    expect(() => conclusion([], comparison)).toThrow(
      new UsageError('A conclusion needs a name for each architecture, but gets 0 for 1.'),
    );
  });
});
