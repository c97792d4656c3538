/** @file What each architecture costs, and what it gives for that. */
import { readableNotation } from '../../model/notation.ts';
import { costQuality } from '../charts/cost-quality.ts';
import { type Html, html } from '../html.ts';
import { bytes, clocked, count, microseconds, percent, seconds } from '../numbers.ts';
import { numeric, table, text } from '../table.ts';
import { label, type StudyView } from '../view.ts';

export function cost(view: StudyView): Html {
  const { id, architectures, compared } = view;
  const front = architectures.filter(({ record }) => record.onParetoFront);
  const chart = costQuality({
    id: `${id}-cost-chart`,
    title: `Multiply-adds against ${compared} error`,
    description: `No other is both cheaper and better than ${front.map(({ letter, record }) => `${letter}, ${readableNotation(record.name)}`).join('; ')}.`,
    points: architectures.map(({ letter, record, comparedError, isBest }) => ({
      letter,
      multiplyAdds: record.cost.multiplyAdds,
      error: comparedError.mean,
      low: comparedError.interval.low,
      high: comparedError.interval.high,
      isOnFront: record.onParetoFront,
      isBest,
    })),
  });
  const figure = html`<figure class="cost"><figcaption>Up: ${compared} error with its 95 % interval. Across: multiply-adds for one image. Filled and joined: no other is both cheaper and better.</figcaption>${chart}</figure>`;
  return html`<section><h3 id="${id}-cost">Cost and quality</h3>
${architectures.length > 1 && figure}${costTable(view)}</section>
`;
}

function costTable({ id, architectures, compared }: StudyView): Html {
  return table({
    id: `${id}-cost-table`,
    caption: 'Costs; times are those of this machine',
    columns: [
      text('architecture'),
      numeric(`${compared} error`),
      numeric('multiply-adds'),
      numeric('parameters'),
      numeric('file'),
      numeric('an epoch'),
      numeric('an image'),
    ],
    rows: architectures.map((architecture) => {
      const { record, comparedError } = architecture;
      const { parameters, multiplyAdds, modelBytes, epochSeconds, imageMicroseconds } = record.cost;
      const front = architectures.length > 1 && record.onParetoFront && html` <span class="tag front-tag">front</span>`;
      return [
        html`${label(architecture)}${front}`,
        percent(comparedError.mean),
        count(multiplyAdds),
        count(parameters),
        bytes(modelBytes),
        clocked(seconds(epochSeconds)),
        clocked(microseconds(imageMicroseconds)),
      ];
    }),
  });
}
