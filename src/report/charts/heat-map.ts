/**
 * @file A confusion matrix as a heat map: a table with its counts, whose cells off the diagonal are the deeper the more
 * images are in them. Of more classes than a page holds, a picture.
 */
import { grey, sheet } from '../../explain/picture.ts';
import type { ConfusionMatrix } from '../../training/metrics.ts';
import { type Content, type Html, html } from '../html.ts';
import { count } from '../numbers.ts';
import { picture } from '../picture-tag.ts';
import { scrollable } from '../table.ts';

export interface HeatMapContent {
  readonly id: string;
  readonly caption: Content;
  readonly matrix: ConfusionMatrix;
  readonly classes: readonly string[];
}

/** Shades off the diagonal. */
const levels = 6;
const mostColumns = 20;

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
      return html`<td class="${kind}">${each === 0 && truth !== prediction ? '' : count(each)}</td>`;
    });
    return html`<tr><th scope="row">${classes[truth]}</th>${cells}</tr>\n`;
  });
  return scrollable(
    `${id}-caption`,
    html`<table class="heat${isLong ? ' long' : ''}"><caption id="${id}-caption">${caption}</caption><thead><tr><td class="corner">true ↓ predicted →</td>${head}</tr></thead><tbody>
${rows}</tbody></table>`,
  );
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
