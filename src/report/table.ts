/** @file Tables that can be read by ear, and that scroll by themselves where they are too wide. */
import { type Content, type Html, html } from './html.ts';

export interface Column {
  readonly heading: Content;
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

export const text = (heading: Content): Column => ({ heading });
export const numeric = (heading: Content): Column => ({ heading, isNumeric: true });

export function table({ id, caption, columns, rows }: TableContent): Html {
  const classOf = (column: number): Html | false => columns[column]!.isNumeric === true && html` class="number"`;
  const head = columns.map(({ heading }, column) => html`<th scope="col"${classOf(column)}>${heading}</th>`);
  const body = rows.map(
    ([first, ...rest]) =>
      html`<tr><th scope="row"${classOf(0)}>${first}</th>${rest.map((cell, at) => html`<td${classOf(at + 1)}>${cell}</td>`)}</tr>\n`,
  );
  return scrollable(
    `${id}-caption`,
    html`<table><caption id="${id}-caption">${caption}</caption><thead><tr>${head}</tr></thead><tbody>
${body}</tbody></table>`,
  );
}

/** Something that may be wider than the page: it can be reached and scrolled with the keyboard. */
export function scrollable(labelledBy: string, content: Html): Html {
  return html`<div class="scroll" tabindex="0" role="group" aria-labelledby="${labelledBy}">${content}</div>`;
}

/** What can be opened; on paper it is open where the browser can do that. */
export function foldable(summary: Content, content: Content): Html {
  return html`<details><summary>${summary}</summary>${content}</details>`;
}
