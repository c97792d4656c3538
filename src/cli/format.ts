/** @file The only place that knows about columns: tables, matrices, numbers and listings as people read them. */
import Table from 'cli-table3';
import pc from 'picocolors';
import { formatCount } from '../format-number.ts';
import type { LayerExplanation, NetworkSummary } from '../model/summary.ts';
import { formatShape } from '../shape.ts';
import type { ConfusionMatrix } from '../training/metrics.ts';
import type { EpochRecord } from '../training/trained.ts';
import type { Colors } from './context.ts';

const plain = pc.createColors(false);

/** What stands where there is nothing to say. */
const nothing = '–';

/** Columns that most terminals and pages have. */
const pageWidth = 100;

/** `8.42 %` */
export function percent(rate: number | null | undefined): string {
  return isNumber(rate) ? `${(100 * rate).toFixed(2)} %` : nothing;
}

/** `3.42 s`, `42.1 s`, `3 min 20 s` */
export function seconds(time: number | null | undefined): string {
  if (!isNumber(time)) return nothing;
  if (time < 9.995) return `${time.toFixed(2)} s`;
  if (time < 99.95) return `${time.toFixed(1)} s`;
  const whole = Math.round(time);
  return `${formatCount(Math.floor(whole / 60))} min ${whole % 60} s`;
}

/** `0.2345` */
export function loss(value: number | null | undefined): string {
  return isNumber(value) ? value.toFixed(4) : nothing;
}

/** `1.3e-9`, as errors and deviations are told; `0` only for 0. */
export function small(value: number | null | undefined): string {
  if (!isNumber(value)) return nothing;
  return value === 0 ? '0' : value.toExponential(1);
}

const isNumber = (value: number | null | undefined): value is number =>
  typeof value === 'number' && !Number.isNaN(value);

export type Cell = string | number;

export interface TableOptions {
  readonly colors?: Colors;
  /** By column; a column of numbers stands right, any other left, where nothing is said. */
  readonly align?: readonly ('left' | 'right' | undefined)[];
}

/** Rows under headings and a rule, without vertical lines. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  { colors = plain, align = [] }: TableOptions = {},
): string {
  const isNumeric = headings.map((_, column) => rows.every((row) => numberLike.test(bare(row[column] ?? ''))));
  const made = new Table({
    head: headings.map((heading) => colors.bold(heading)),
    colAligns: headings.map((_, column) => align[column] ?? (isNumeric[column] && rows.length > 0 ? 'right' : 'left')),
    chars: tableCharacters,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  for (const row of rows) made.push(row.map(String));
  return withoutTrailingSpaces(made.toString());
}

const tableCharacters = {
  ...Object.fromEntries(
    ['top', 'bottom', 'left', 'right'].flatMap((side) =>
      ['', '-mid', '-left', '-right'].map((end) => [side + end, '']),
    ),
  ),
  mid: '─',
  'mid-mid': '──',
  middle: '  ',
};

/** A number, with a sign, separators, an exponent or a unit; or nothing. */
const numberLike = /^([-+±]?[\d,.]+(e[-+]?\d+)?( %| s| min \d+ s)?|[–·-]?)$/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences start with one
const escapes = /\x1b\[[\d;]*m/g;
const bare = (cell: Cell): string => String(cell).replace(escapes, '');

const withoutTrailingSpaces = (text: string): string => text.replace(/ +$/gm, '');

/**
 * Counts by true class (rows) and prediction (columns), with each class's errors. Zeros are dots, so that errors stand
 * out. What is too wide for a page becomes a list of the most frequent confusions.
 */
export function confusionTable(
  matrix: ConfusionMatrix,
  classNames: readonly string[],
  { colors = plain }: { readonly colors?: Colors } = {},
): string {
  const names = matrix.map((_, k) => classNames[k] ?? String(k));
  if (matrix.length > mostColumns) return confusionList(matrix, names, colors);
  const areShort = names.every((name) => name.length <= 3);
  const headings = names.map((name, k) => (areShort ? name : String(k)));
  const rows = matrix.map((row, truth) => {
    const all = row.reduce((sum, each) => sum + each, 0);
    const errors = all - row[truth]!;
    const cells = row.map((each, prediction) => {
      if (prediction === truth) return colors.bold(String(each));
      return each === 0 ? colors.dim('·') : colors.red(String(each));
    });
    return [areShort ? names[truth]! : `${truth} ${names[truth]}`, ...cells, errors, percent(errors / all)];
  });
  const made = table(['true', ...headings, 'errors', 'error'], rows, {
    colors,
    align: ['left', ...headings.map(() => 'right' as const), 'right', 'right'],
  });
  const isTooWide = bare(made.split('\n')[0]!).length > pageWidth;
  return isTooWide ? confusionList(matrix, names, colors) : `rows: true class; columns: prediction\n${made}`;
}

/** More classes than fit on a page side by side, even with counts of one digit. */
const mostColumns = pageWidth / 3;

const longestConfusionList = 20;

function confusionList(matrix: ConfusionMatrix, names: readonly string[], colors: Colors): string {
  const confusions = matrix
    .flatMap((row, truth) => row.map((each, prediction) => ({ truth, prediction, each })))
    .filter(({ truth, prediction, each }) => truth !== prediction && each > 0)
    .sort((a, b) => b.each - a.each);
  const shown = confusions.slice(0, longestConfusionList);
  const title = `the ${formatCount(shown.length)} most frequent of ${formatCount(confusions.length, 'confusion')}`;
  const rows = shown.map(({ truth, prediction, each }) => [names[truth]!, names[prediction]!, each]);
  return `${title}\n${table(['true', 'prediction', 'images'], rows, { colors, align: ['left', 'left', 'right'] })}`;
}

/** One row for each epoch; of many, the first, some between and the last. */
export function historyTable(
  history: readonly EpochRecord[],
  { colors = plain }: { readonly colors?: Colors } = {},
): string {
  const hasValidation = history.some(({ validationLoss }) => validationLoss !== undefined);
  const headings = ['epoch', 'loss', ...(hasValidation ? ['validation loss', 'validation error'] : []), 'time'];
  const rows = history.map((record) => [
    record.epoch,
    loss(record.trainLoss),
    ...(hasValidation ? [loss(record.validationLoss), percent(record.validationErrorRate)] : []),
    seconds(record.seconds),
  ]);
  return table(headings, rows, { colors, align: headings.map(() => 'right') });
}

export function layerTable({ layers, parameters, multiplyAdds }: NetworkSummary, { colors = plain } = {}): string {
  const rows = layers.map((layer) => [
    layer.name,
    layer.notation,
    formatShape(layer.output),
    formatCount(layer.parameters),
    formatCount(layer.multiplyAdds),
  ]);
  const total = ['', 'together', '', formatCount(parameters), formatCount(multiplyAdds)];
  return table(['layer', 'notation', 'output', 'parameters', 'multiply-adds'], [...rows, total], {
    colors,
    align: ['left', 'left', 'left', 'right', 'right'],
  });
}

/** A layer's formulas, forward and derived, with the numbers that stand for its names. */
export function formulaListing(
  { name, notation, tensors, constants, forward, backward }: LayerExplanation,
  { colors = plain }: { readonly colors?: Colors } = {},
): string {
  const formulas = [...forward, ...backward];
  const ranges = new Map<string, Set<number>>();
  for (const { axes } of formulas) {
    for (const [axis, extent] of Object.entries(axes)) ranges.set(axis, (ranges.get(axis) ?? new Set()).add(extent));
  }
  const isShared = (axis: string): boolean => ranges.get(axis)!.size === 1;
  const line = ({ text, axes }: LayerExplanation['forward'][number]): string => {
    // An axis with one range in the whole layer is told once, below.
    const own = Object.entries(axes).filter(([axis]) => !isShared(axis));
    return `    ${text}${own.length > 0 ? colors.dim(`    ${printRanges(own)}`) : ''}`;
  };
  const shared = [...ranges]
    .filter(([axis]) => isShared(axis))
    .map(([axis, extents]) => [axis, [...extents][0]!] as const);
  const shapes = Object.entries(tensors).filter(([tensor]) => !tensor.endsWith('Grad'));
  return [
    `${colors.bold(name)}  ${notation}`,
    '  forward',
    ...forward.map(line),
    '  gradients, derived',
    ...backward.map(line),
    '  where',
    ...wrapped(Object.entries(constants).map(([constant, value]) => `${constant} = ${value}`)),
    ...wrapped([printRanges(shared)]),
    ...wrapped(shapes.map(([tensor, shape]) => `${tensor}: ${formatShape(shape)}`)),
  ].join('\n');
}

/** `y, x: 0 … 27; f: 0 … 7` */
function printRanges(ranges: readonly (readonly [string, number])[]): string {
  const byExtent = new Map<number, string[]>();
  for (const [axis, extent] of ranges) byExtent.set(extent, [...(byExtent.get(extent) ?? []), axis]);
  return [...byExtent].map(([extent, axes]) => `${axes.join(', ')}: 0 … ${extent - 1}`).join('; ');
}

/** Parts joined to indented lines of a page's width. */
function wrapped(parts: readonly string[]): string[] {
  const lines: string[] = [];
  for (const part of parts.filter((each) => each !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 6 <= pageWidth) lines[lines.length - 1] = `${last}; ${part}`;
    else lines.push(part);
  }
  return lines.map((each) => `    ${each}`);
}
