/** @file What became of a format's inputs, in a line. */
import { formatCount, formatMegabytes } from '../../src/format-number.ts';
import type { Tally } from './fuzz.ts';

export function tallyText(name: string, { runs, read, refused, slowestMilliseconds, largestBytes }: Tally): string {
  const errors = [...refused].map(([error, count]) => `${formatCount(count)} ${error}`).join(', ');
  const most = `at most ${slowestMilliseconds.toFixed(1)} ms and ${formatMegabytes(largestBytes)}`;
  return `${name}: ${formatCount(runs)} inputs, ${formatCount(read)} read, ${errors || 'none refused'}; ${most}`;
}
