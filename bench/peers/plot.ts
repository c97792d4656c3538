/** @file A result as one SVG: everybody's speed as a multiple of Ocellus in WebAssembly, on one logarithmic axis. */
import { scaleLog } from 'd3-scale';
import type { Result } from './result.ts';
import { threeDigits } from './tables.ts';

const [width, left, right, rowHeight, titleHeight] = [860, 190, 60, 20, 34];
const colors = { ours: '#b4431f', theirs: '#2f5d8a', axis: '#555', grid: '#ddd' };

export function plotOf({ contests, machine, date }: Result): string {
  // Ours over theirs, the other way round.
  const panels = contests.map(({ name, title, rows }) => ({
    name: `${name}: ${title}`,
    rows: rows
      .filter(({ ratios }) => ratios.wasm)
      .map(({ title: system, ratios: { wasm, ...others }, peer }) => ({
        system,
        isOurs: peer === 'wasm' || peer in others,
        ...{ low: 1 / wasm!.high, median: 1 / wasm!.median, high: 1 / wasm!.low },
      })),
  }));
  const all = panels.flatMap(({ rows }) => rows);
  const least = Math.floor(Math.log10(Math.min(1, ...all.map(({ low }) => low))));
  const most = Math.max(1, ...all.map(({ high }) => high)) * 1.5;
  const x = scaleLog([10 ** least, most], [left, width - right]);
  const parts: string[] = [];
  let y = 40;
  for (const { name, rows } of panels) {
    y += titleHeight;
    parts.push(text(10, y - 12, name, { weight: 'bold' }));
    for (const { system, isOurs, low, median, high } of rows) {
      const color = isOurs ? colors.ours : colors.theirs;
      const middle = y + rowHeight / 2;
      parts.push(text(left - 10, middle + 4, system, { anchor: 'end' }));
      parts.push(line(x(low), middle, x(high), middle, color, 3));
      parts.push(`<circle cx="${place(x(median))}" cy="${middle}" r="4.5" fill="${color}"/>`);
      parts.push(text(x(high) + 9, middle + 4, `${threeDigits(median)} ×`, { color }));
      y += rowHeight;
    }
  }
  const height = y + 40;
  const powers = Array.from({ length: Math.floor(Math.log10(most)) - least + 1 }, (_, count) => 10 ** (least + count));
  const grid = powers.flatMap((value) => [
    line(x(value), 34, x(value), y + 6, value === 1 ? colors.axis : colors.grid, 1),
    text(x(value), y + 22, `${threeDigits(value)} ×`, { anchor: 'middle', color: colors.axis }),
  ]);
  const caption = text(10, 20, `Speed relative to Ocellus in WebAssembly (${date}, ${machine})`, {
    color: colors.axis,
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...[caption, ...grid, ...parts],
    '</svg>\n',
  ].join('\n');
}

const place = (value: number): string => value.toFixed(1);

function line(x1: number, y1: number, x2: number, y2: number, color: string, thickness: number): string {
  const ends = `x1="${place(x1)}" y1="${place(y1)}" x2="${place(x2)}" y2="${place(y2)}"`;
  return `<line ${ends} stroke="${color}" stroke-width="${thickness}"/>`;
}

interface TextStyle {
  readonly anchor?: string;
  readonly color?: string;
  readonly weight?: string;
}

function text(
  x: number,
  y: number,
  value: string,
  { anchor = 'start', color = '#222', weight }: TextStyle = {},
): string {
  const bold = weight ? ` font-weight="${weight}"` : '';
  const safe = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${place(x)}" y="${place(y)}" text-anchor="${anchor}" fill="${color}"${bold}>${safe}</text>`;
}
