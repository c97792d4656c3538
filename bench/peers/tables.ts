/** @file A result as Markdown: a table for each contest. */
import type { ContestResult, Result, Spread } from './result.ts';

export function tablesOf({ date, machine, rounds, secondsPerTurn, contests }: Result): string {
  const how = `${date}, ${machine}; ${rounds} interleaved rounds of ${secondsPerTurn} s each: medians [quartiles].`;
  return [how, ...contests.map(tableOf)].join('\n\n');
}

function tableOf({ name, title, unit, rows, leftOut }: ContestResult): string {
  const ours = rows.filter(({ peer, ratios }) => peer in ratios);
  const heads = ['system', unit, ...ours.map((mine) => `${mine.title}, times as fast`)];
  const lines = rows.map(({ title: system, speed, ratios }) => [
    system,
    textOf(speed),
    ...ours.map((mine) => textOf(ratios[mine.peer]!)),
  ]);
  const table = [heads, heads.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
  const absent = leftOut.map(({ peer, reason }) => `Left out: ${peer}: ${reason.split('\n')[0]}.`);
  return [`**${name}**: ${title}`, table.join('\n'), ...absent].join('\n\n');
}

const textOf = ({ low, median, high }: Spread): string =>
  `${threeDigits(median)} [${threeDigits(low)} … ${threeDigits(high)}]`;

/** 12,300, 123, 1.23, 0.0123. */
export function threeDigits(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}
