/**
 * @file What all charts share: names that can be heard, and axes.
 *
 * Charts as wide as the page have no view box: x is in per cent, y and letters in pixels, so that text is as large on a
 * phone as on a desk. The drawing itself leaves room at both ends for what is centred there.
 */
import { type Content, type Html, html } from '../html.ts';

export interface SvgContent {
  readonly id: string;
  /** What it is, and what it shows: read aloud instead of it. */
  readonly title: string;
  readonly description: string;
  /** `width` only for a chart that is scaled. */
  readonly size: { readonly height: number; readonly width?: number };
  readonly className: string;
  readonly content: Content;
}

export function svg({ id, title, description, size, className, content }: SvgContent): Html {
  const { width, height } = size;
  const box = width === undefined ? html`width="100%" height="${height}"` : html`viewBox="0 0 ${width} ${height}"`;
  return html`<svg class="${className}" ${box} role="img" aria-labelledby="${id}-title ${id}-desc"><title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>
${content}</svg>`;
}

/** Coordinates keep two digits: enough to draw by, and the same everywhere. */
export const coordinate = (value: number): string => String(Math.round(value * 100) / 100);
export const across = (share: number): string => `${coordinate(share)}%`;

/** Labels of an axis are no figures of the record; tests tell them by their class. */
export const tickLabel = (x: string, y: string | number, anchor: 'start' | 'middle' | 'end', text: string): Html =>
  html`<text class="tick" x="${x}" y="${y}" text-anchor="${anchor}">${text}</text>`;

export type FormatTicks = (ticks: readonly number[]) => readonly string[];

/** Rates: `8 %` */
export const percentTicks: FormatTicks = (ticks) => hundredths(ticks).map((text) => `${text} %`);

/** Differences of rates: `+2` */
export const pointTicks: FormatTicks = (ticks) =>
  hundredths(ticks).map((text, place) => (ticks[place]! > 0 ? `+${text}` : text));

/** With as many digits as the steps need. */
function hundredths(ticks: readonly number[]): string[] {
  const step = ticks.length > 1 ? Math.abs(ticks[1]! - ticks[0]!) * 100 : 1;
  const digits = step >= 0.999 ? 0 : step >= 0.0999 ? 1 : 2;
  return ticks.map((tick) => (100 * tick).toFixed(digits).replace('-', '−'));
}
