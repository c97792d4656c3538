/** @file Cost against quality: multiply-adds across, errors up, and the front of those that nothing else beats in both. */
import { scaleLinear, scaleLog } from 'd3-scale';
import { type Html, html } from '../html.ts';
import { type LabelledPoint, placeLabels, type Segment } from './place-labels.ts';
import { across, coordinate, percentTicks, svg, tickLabel } from './svg.ts';

export interface CostPoint {
  readonly letter: string;
  readonly multiplyAdds: number;
  readonly error: number;
  readonly low: number;
  readonly high: number;
  readonly isOnFront: boolean;
  readonly isBest: boolean;
}

export interface CostQualityContent {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly points: readonly CostPoint[];
}

const height = 300;
const plot = { top: 26, bottom: 264, left: 14, right: 92 };

export function costQuality({ id, title, description, points }: CostQualityContent): Html {
  const x = costScale(points.map(({ multiplyAdds }) => multiplyAdds));
  const [low, high] = [Math.min(...points.map((p) => p.low)), Math.max(...points.map((p) => p.high))];
  const y = scaleLinear([low, high > low ? high : low + 0.01], [plot.bottom, plot.top]).nice(4);
  const ticks = y.ticks(4);
  const labels = percentTicks(ticks);
  const places: LabelledPoint[] = points.map(({ letter, multiplyAdds, error }) => ({
    x: x(multiplyAdds),
    y: y(error),
    length: letter.length,
  }));
  const lines: Segment[] = [
    ...frontLines(points).map(([from, to]) => [x(from.cost), y(from.error), x(to.cost), y(to.error)] as const),
    ...points.map((p) => [x(p.multiplyAdds), y(p.low), x(p.multiplyAdds), y(p.high)] as const),
  ].map(([x1, y1, x2, y2]) => ({ x1, y1, x2, y2 }));
  const offsets = placeLabels(places, lines, plot.bottom);
  const row = (value: number): string => coordinate(y(value));
  const column = (cost: number): string => across(x(cost));
  const content = [
    ticks.map((tick) => html`<line class="grid" x1="0" x2="100%" y1="${row(tick)}" y2="${row(tick)}"/>`),
    ticks.map((tick, place) => tickLabel('0', coordinate(y(tick) - 4), 'start', labels[place]!)),
    costTicks(x).map((tick) => tickLabel(column(tick), plot.bottom + 22, 'middle', shortCount(tick))),
    frontLines(points).map(
      ([from, to]) =>
        html`<line class="front" x1="${column(from.cost)}" y1="${row(from.error)}" x2="${column(to.cost)}" y2="${row(to.error)}"/>`,
    ),
    points.map(
      (p) =>
        html`<line class="spread" x1="${column(p.multiplyAdds)}" x2="${column(p.multiplyAdds)}" y1="${row(p.low)}" y2="${row(p.high)}"/>`,
    ),
    points.map(
      (p) =>
        html`<circle class="point${p.isOnFront ? ' on-front' : ''}${p.isBest ? ' best' : ''}" cx="${column(p.multiplyAdds)}" cy="${row(p.error)}" r="6"/>`,
    ),
    points.map(({ letter }, place) => {
      const { dx, dy } = offsets[place]!;
      return html`<text class="point-label" x="${across(places[place]!.x)}" y="${coordinate(places[place]!.y + dy + 4.5)}" dx="${coordinate(dx)}" text-anchor="middle">${letter}</text>`;
    }),
  ];
  return svg({ id, title, description, size: { height }, className: 'cost-quality', content });
}

type CostScale = ReturnType<typeof costScale>;

/** Logarithmic where the dearest costs many times the cheapest. */
function costScale(costs: readonly number[]) {
  const [low, high] = [Math.min(...costs), Math.max(...costs)];
  const range = [plot.left, plot.right];
  if (low > 0 && high / low > 5) return scaleLog([low / 1.1, high * 1.1], range);
  return scaleLinear(high > low ? [low, high] : [low * 0.9, high * 1.1 + 1], range);
}

/** Round numbers that stand apart even in a narrow chart. */
function costTicks(x: CostScale): number[] {
  const chosen: number[] = [];
  for (const tick of x.ticks(5)) {
    const isRound = 'base' in x ? /^[12357]e/.test(tick.toExponential()) : true;
    const isApart = chosen.length === 0 || x(tick) - x(chosen.at(-1)!) > 17;
    if (isRound && isApart && x(tick) >= plot.left && x(tick) <= plot.right) chosen.push(tick);
  }
  return chosen;
}

/** `200 k`, `1.5 M` */
function shortCount(count: number): string {
  for (const [unit, size] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    if (count >= size) return `${Number((count / size).toPrecision(3))} ${unit}`;
  }
  return String(Number(count.toPrecision(3)));
}

interface Corner {
  readonly cost: number;
  readonly error: number;
}

/** Steps from each point of the front to the next: what its price buys, until a better one can be had. */
function frontLines(points: readonly CostPoint[]): [Corner, Corner][] {
  const front = points
    .filter(({ isOnFront }) => isOnFront)
    .map(({ multiplyAdds, error }) => ({ cost: multiplyAdds, error }))
    .sort((a, b) => a.cost - b.cost);
  return front.slice(1).flatMap((to, place): [Corner, Corner][] => {
    const from = front[place]!;
    const corner = { cost: to.cost, error: from.error };
    return [
      [from, corner],
      [corner, to],
    ];
  });
}
