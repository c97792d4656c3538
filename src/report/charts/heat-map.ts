/**
 * @file A confusion matrix as a heat map: a table with its counts, whose cells off the diagonal are the deeper the more
 * images are in them. Of more classes than a page holds, a picture.
 */
import { grey, sheet } from '../../explain/picture.ts';
import type { ConfusionMatrix } from '../../training/metrics.ts';
import { type Content, type Html, html } from '../html.ts';
import { count } from '../numbers.ts';
import { picture } from '../picture-tag.ts';
import { captioned } from '../table.ts';

export interface HeatMapContent {
  readonly id: string;
  readonly caption: Content;
  readonly matrix: ConfusionMatrix;
  readonly classes: readonly string[];
}

/** Shades off the diagonal. */
const levels = 6;
export const mostColumns = 20;
/** What a phone has room for, beside what a row and its names need: columns, and letters of the smallest type. */
const phone = { columns: 10, letters: 62, nameLetters: 12 };

export function heatMap(content: HeatMapContent): Html {
  return content.matrix.length > mostColumns ? heatPicture(content) : heatTable(content);
}

/** 0 for none, 1 to 6 by the root of its share of the largest. */
export function levelOf(value: number, largest: number): number {
  return value === 0 ? 0 : Math.max(1, Math.ceil(levels * Math.sqrt(value / largest) - 1e-9));
}

const largestError = (matrix: ConfusionMatrix): number =>
  Math.max(...matrix.map((row, truth) => Math.max(0, ...row.filter((_, prediction) => prediction !== truth))));

function heatTable({ id, caption, matrix, classes }: HeatMapContent): Html {
  const largest = largestError(matrix);
  const isLong = classes.some((name) => name.length > 3);
  const head = classes.map((name) => html`<th scope="col"><span>${name}</span></th>`);
  const rows = matrix.map((row, truth) => {
    const cells = row.map((each, prediction) => {
      const kind = truth === prediction ? 'right' : `h${levelOf(each, largest)}`;
      return html`<td class="${kind}">${each === 0 && truth !== prediction ? '' : each}</td>`;
    });
    return html`<tr><th scope="row">${classes[truth]}</th>${cells}</tr>\n`;
  });
  const scrolls = !fitsPhone(matrix, classes);
  const kind = `heat${isLong ? ' long' : ''} ${scrolls ? 'slides' : 'fits'}${classes.length > phone.columns ? ' many' : ''}`;
  const content = html`<table class="${kind}" style="--columns:${classes.length}" aria-labelledby="${id}-caption"><thead><tr><td class="corner">true ↓ predicted →</td>${head}</tr></thead><tbody>
${rows}</tbody></table>`;
  const hint = scrolls && html`<span class="hint">Swipe the table sideways to see all columns →</span>`;
  return captioned(id, html`${caption}${hint}`, content);
}

/** Whether all columns stand side by side in 328 pixels, in type of 9 pixels: without commas, for that. */
function fitsPhone(matrix: ConfusionMatrix, classes: readonly string[]): boolean {
  const longest = Math.max(...matrix.flat().map((each) => String(each).length));
  const name = Math.min(phone.nameLetters, Math.max(...classes.map(({ length }) => length)));
  return classes.length <= phone.columns && classes.length * (longest + 0.5) + name <= phone.letters;
}

/** A pixel for each cell, darker for more; the diagonal as dark as it gets. */
function heatPicture({ caption, matrix }: HeatMapContent): Html {
  const size = matrix.length;
  const largest = largestError(matrix);
  const values = matrix.flatMap((row, truth) =>
    row.map((each, prediction) => (truth === prediction ? levels : levelOf(each, largest))),
  );
  const png = sheet([{ height: size, width: size, values }], 1, grey(levels, 0), { longestSide: size });
  const alt = `Heat map of the confusion matrix: ${count(size, 'class')}, true down, predicted across; the most frequent pairs are listed below.`;
  return html`<figure class="heat-picture">${picture(png, alt, { zoom: Math.max(1, Math.floor(480 / size)) })}<figcaption>${caption}</figcaption></figure>`;
}
