/**
 * @file Strips below one another on one scale: a mean with its interval, and a dot for each seed.
 *
 * Names and figures are text of the page, beside the strips where there is room and above them where there is not.
 */
import { scaleLinear } from 'd3-scale';
import { symbol, symbolDiamond } from 'd3-shape';
import type { Interval } from '../../comparison/statistics/interval.ts';
import { type Content, type Html, html } from '../html.ts';
import { across, type FormatTicks, percentTicks, svg, tickLabel } from './svg.ts';

export interface Strip {
  readonly label: Content;
  readonly figure: Content;
  /** For the ear: what the strip shows. */
  readonly title: string;
  readonly description: string;
  readonly mean: number | null;
  readonly interval: Interval | null;
  readonly dots: readonly number[];
  /** A diamond. */
  readonly mark?: number;
  readonly isBest: boolean;
}

export interface StripsContent {
  readonly id: string;
  readonly strips: readonly Strip[];
  /** Values that have to be on the scale too. */
  readonly include?: readonly number[];
  /** Drawn from top to bottom. */
  readonly reference?: number;
  readonly formatTicks?: FormatTicks;
}

const height = 36;
const [intervalY, dotsY] = [13, 27];

export function intervalStrips({
  id,
  strips,
  include = [],
  reference,
  formatTicks = percentTicks,
}: StripsContent): Html {
  const scale = scaleFor(strips, [...include, ...(reference === undefined ? [] : [reference])]);
  const ticks = scale.ticks(4);
  const labels = formatTicks(ticks);
  const grid = ticks.map(
    (tick) => html`<line class="grid" x1="${across(scale(tick))}" x2="${across(scale(tick))}" y1="0" y2="${height}"/>`,
  );
  const at = (value: number): string => across(scale(value));
  const referenceLine =
    reference !== undefined &&
    html`<line class="reference" x1="${at(reference)}" x2="${at(reference)}" y1="0" y2="${height}"/>`;
  const rows = strips.map((strip, place) => {
    const { title, description, interval, mean, dots, mark, isBest } = strip;
    const y = dots.length > 0 ? intervalY : height / 2;
    const content = [
      grid,
      referenceLine,
      interval && html`<line class="interval" x1="${at(interval.low)}" x2="${at(interval.high)}" y1="${y}" y2="${y}"/>`,
      dots.map((dot) => html`<circle class="dot" cx="${at(dot)}" cy="${mean === null ? height / 2 : dotsY}" r="3"/>`),
      mean !== null && html`<circle class="mean" cx="${at(mean)}" cy="${y}" r="5.5"/>`,
      mark !== undefined && html`<svg class="mark" x="${at(mark)}" y="${height / 2}"><path d="${diamond}"/></svg>`,
    ];
    const chart = svg({ id: `${id}-${place + 1}`, title, description, size: { height }, className: 'strip', content });
    return html`<div class="${isBest ? 'strip-row best' : 'strip-row'}"><div class="strip-label">${strip.label}</div>${chart}<div class="strip-figure">${strip.figure}</div></div>\n`;
  });
  const axis = ticks.map((tick, place) => tickLabel(across(scale(tick)), 14, 'middle', labels[place]!));
  return html`<div class="strips">${rows}<div class="strip-row axis"><svg class="strip" width="100%" height="20" aria-hidden="true">${axis}</svg></div></div>`;
}

const diamond = symbol(symbolDiamond, 90)()!;

/** Per cent of the width, with room at both ends for half a label. */
function scaleFor(strips: readonly Strip[], include: readonly number[]) {
  const values = [
    ...include,
    ...strips.flatMap(({ mean, interval, dots, mark }) => [
      ...(mean === null ? [] : [mean]),
      ...(interval ? [interval.low, interval.high] : []),
      ...dots,
      ...(mark === undefined ? [] : [mark]),
    ]),
  ];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = high > low ? 0 : 0.005;
  return scaleLinear([low - margin, high + margin], [7, 93]).nice(4);
}
