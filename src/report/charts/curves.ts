/** @file One panel of small multiples: curves by epoch, a line for each seed. */
import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { type Html, html } from '../html.ts';
import { coordinate, type FormatTicks, svg, tickLabel } from './svg.ts';

export interface Curve {
  readonly kind: 'training' | 'validation';
  /** By epoch, from the first. */
  readonly values: readonly number[];
}

export interface CurvesContent {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly curves: readonly Curve[];
  /** Shared by all panels. */
  readonly range: readonly [low: number, high: number];
  readonly formatTicks: FormatTicks;
}

const [width, height] = [340, 160];
const edge = { top: 10, right: 12, bottom: 22, left: 44 };

export function curvesPanel({ id, title, description, curves, range, formatTicks }: CurvesContent): Html {
  const epochs = Math.max(...curves.map(({ values }) => values.length));
  const x = scaleLinear([1, Math.max(2, epochs)], [edge.left, width - edge.right]);
  const margin = range[1] > range[0] ? 0 : 0.005;
  const y = scaleLinear([range[0] - margin, range[1] + margin], [height - edge.bottom, edge.top]).nice(3);
  const ticks = y.ticks(3);
  const labels = formatTicks(ticks);
  const path = line<number>(
    (_, index) => x(index + 1),
    (value) => y(value),
  ).digits(2);
  const ordered = [...curves].sort((a, b) => a.kind.localeCompare(b.kind));
  const content = [
    ticks.map(
      (tick) =>
        html`<line class="grid" x1="${edge.left}" x2="${width - edge.right}" y1="${coordinate(y(tick))}" y2="${coordinate(y(tick))}"/>`,
    ),
    ticks.map((tick, place) => tickLabel(String(edge.left - 6), coordinate(y(tick) + 4), 'end', labels[place]!)),
    epochTicks(epochs).map((epoch) =>
      tickLabel(coordinate(x(epoch)), height - 4, 'middle', epoch === 1 ? 'epoch 1' : String(epoch)),
    ),
    ordered.map(({ kind, values }) => html`<path class="curve ${kind}" d="${path(values)}"/>`),
  ];
  return svg({ id, title, description, size: { width, height }, className: 'panel', content });
}

/** The first, the last, and two between them where there are as many. */
export function epochTicks(epochs: number): number[] {
  const steps = Math.min(3, epochs - 1);
  return Array.from({ length: steps + 1 }, (_, step) => Math.round(1 + ((epochs - 1) * step) / Math.max(1, steps)));
}
