/**
 * @file Tables that can be read by ear. Where they are too wide their rows become blocks, a value below the name of its
 * column; what must scroll instead says so.
 */
import { type Content, type Html, html } from './html.ts';

export interface Column {
  readonly heading: string;
  /** Numbers stand right. */
  readonly isNumeric?: boolean;
}

export interface TableContent {
  readonly id: string;
  readonly caption: Content;
  readonly columns: readonly Column[];
  /** The first cell names its row. */
  readonly rows: readonly (readonly Content[])[];
}

export const text = (heading: string): Column => ({ heading });
export const numeric = (heading: string): Column => ({ heading, isNumeric: true });

/** Fewer columns than these fit a phone, or the half of a page. */
const [fitsPhone, fitsHalf] = [4, 6];

export function table({ id, caption, columns, rows }: TableContent): Html {
  const classOf = (column: number): Html | false => columns[column]!.isNumeric === true && html` class="number"`;
  const head = columns.map(({ heading }, column) => html`<th scope="col"${classOf(column)}>${heading}</th>`);
  const body = rows.map(
    ([first, ...rest]) =>
      html`<tr><th scope="row"${classOf(0)}>${first}</th>${rest.map((cell, at) => html`<td${classOf(at + 1)} data-column="${columns[at + 1]!.heading}">${cell}</td>`)}</tr>\n`,
  );
  const kind = columns.length < fitsPhone ? 'few' : columns.length < fitsHalf ? 'blocks' : 'blocks wide';
  const content = html`<table class="${kind}" aria-labelledby="${id}-caption"><thead><tr>${head}</tr></thead><tbody>
${body}</tbody></table>`;
  return captioned(id, caption, content);
}

/** A caption above, as wide as the page, and what may be wider: it can be reached and scrolled with the keyboard. */
export function captioned(id: string, caption: Content, content: Html): Html {
  return html`<div class="captioned"><p class="caption" id="${id}-caption">${caption}</p><div class="scroll" tabindex="0" role="group" aria-labelledby="${id}-caption">${content}</div></div>`;
}

/** What can be opened; on paper it is open where the browser can do that. */
export function foldable(summary: Content, content: Content): Html {
  return html`<details><summary>${summary}</summary>${content}</details>`;
}
