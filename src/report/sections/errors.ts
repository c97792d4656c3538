/** @file Errors with their intervals: what the architectures are compared by, and the test images. */

import type { ErrorEstimate, RunResult } from '../../comparison/record.ts';
import { readableNotation } from '../../model/notation.ts';
import { intervalStrips, type Strip } from '../charts/interval-strips.ts';
import { pointTicks } from '../charts/svg.ts';
import { type Content, type Html, html } from '../html.ts';
import { count, percent, percentRange, points, pointsRange, pValue } from '../numbers.ts';
import { foldable, numeric, table, text } from '../table.ts';
import { type ArchitectureView, label, type StudyView } from '../view.ts';

export function errors(view: StudyView): Html {
  const { id, study, architectures } = view;
  const hasValidation = architectures.every(({ record }) => record.validation !== null);
  const validation =
    hasValidation &&
    panel(
      view,
      'validation',
      `Error on the ${count(study.settings.validation, 'validation image')}`,
      (run) => run.validationErrorRate,
    );
  const test = panel(
    view,
    'test',
    `Error on the ${count(study.data.test.images, 'test image')}`,
    (run) => run.testErrorRate,
  );
  const seeds = study.settings.seeds.length;
  const how =
    seeds > 1
      ? html`Large dots are means over ${count(seeds, 'seed')}, bars 95 % intervals (a two-level bootstrap over seeds and images), small dots single seeds.`
      : html`Dots are the errors of the one seed, bars their 95 % intervals (Wilson).`;
  return html`<section><h3 id="${id}-errors">Errors</h3>
<p>${how}</p>
<div class="pair">${validation}${test}</div>
${foldable('The same as a table', errorTable(view))}
${againstBest(view)}</section>
`;
}

function panel(
  { id, study, architectures }: StudyView,
  part: 'validation' | 'test',
  caption: string,
  errorOf: (run: RunResult) => number | null,
): Html {
  const isMany = study.settings.seeds.length > 1;
  const strips = architectures.map((architecture): Strip => {
    const { record, isBest } = architecture;
    const estimate = record[part]!;
    return {
      label: label(architecture),
      figure: percent(estimate.mean),
      title: readableNotation(record.name),
      description: `${caption}: ${percent(estimate.mean)}, 95 % interval ${percentRange(estimate.interval)}.`,
      mean: estimate.mean,
      interval: estimate.interval,
      dots: isMany ? record.runs.flatMap((run) => errorOf(run) ?? []) : [],
      isBest,
    };
  });
  const include = architectures.flatMap(({ record }) =>
    [record.validation, record.test].flatMap((estimate) =>
      estimate ? [estimate.interval.low, estimate.interval.high] : [],
    ),
  );
  return html`<figure><figcaption>${caption}</figcaption>${intervalStrips({ id: `${id}-${part}`, strips, include })}</figure>`;
}

function errorTable({ id, study, architectures }: StudyView): Html {
  const isMany = study.settings.seeds.length > 1;
  const hasValidation = architectures.some(({ record }) => record.validation !== null);
  const cells = (estimate: ErrorEstimate | null): Content[] =>
    estimate === null
      ? Array.from({ length: isMany ? 3 : 2 }, () => '–')
      : [
          percent(estimate.mean),
          ...(isMany ? [estimate.sd === null ? '–' : percent(estimate.sd)] : []),
          percentRange(estimate.interval),
        ];
  const columns = (part: string) => [
    numeric(`${part} error`),
    ...(isMany ? [numeric('standard deviation')] : []),
    numeric('95 % interval'),
  ];
  return table({
    id: `${id}-error-table`,
    caption: isMany ? 'Errors, means over the seeds' : 'Errors',
    columns: [
      text('architecture'),
      ...(hasValidation ? columns('validation') : []),
      ...columns('test'),
      text('verdict'),
    ],
    rows: architectures.map((architecture) => {
      const { record } = architecture;
      const validation = hasValidation ? cells(record.validation) : [];
      return [label(architecture), ...validation, ...cells(record.test), record.verdict];
    }),
  });
}

/** How much worse than the best the others are, and whether chance explains it. */
function againstBest({ id, study, architectures }: StudyView): Html | false {
  const others = architectures.filter(({ record }) => record.againstBest !== null);
  const best = architectures.find(({ isBest }) => isBest);
  if (others.length === 0 || !best) return false;
  const strips = others.map((architecture): Strip => {
    const { difference, interval, adjustedPValue } = architecture.record.againstBest!;
    return {
      label: html`${label(architecture)} ${verdictTag(architecture)}`,
      figure: points(difference),
      title: readableNotation(architecture.record.name),
      description: `${points(difference)} points against the best${interval ? `, 95 % interval ${pointsRange(interval)}` : ''}, adjusted p ${pValue(adjustedPValue)}: ${architecture.record.verdict}.`,
      mean: difference,
      interval,
      dots: [],
      isBest: false,
    };
  });
  const basis = study.choice.by === 'validation' ? 'validation' : 'test';
  const summary = html`Differences of the ${basis} error, in points of a per cent, from ${label(best)}. The line is no difference.`;
  return html`<h4 id="${id}-against">Against the best</h4>
<figure><figcaption>${summary}</figcaption>${intervalStrips({ id: `${id}-difference`, strips, reference: 0, formatTicks: pointTicks })}</figure>
${foldable('The same as a table, with p-values', againstTable(id, others))}`;
}

const verdictTag = ({ record }: ArchitectureView): Html =>
  html`<span class="tag ${record.verdict.replaceAll(' ', '-')}">${record.verdict}</span>`;

function againstTable(id: string, others: readonly ArchitectureView[]): Html {
  return table({
    id: `${id}-against-table`,
    caption: 'Differences from the best; p-values are adjusted by Holm over all pairs of architectures',
    columns: [
      text('architecture'),
      numeric('difference (points)'),
      numeric('95 % interval'),
      numeric('p'),
      numeric('adjusted p'),
      text('method'),
      text('verdict'),
    ],
    rows: others.map((architecture) => {
      const { difference, interval, pValue: p, adjustedPValue, method } = architecture.record.againstBest!;
      const range = interval ? pointsRange(interval) : '–';
      return [
        label(architecture),
        points(difference),
        range,
        pValue(p),
        pValue(adjustedPValue),
        method,
        architecture.record.verdict,
      ];
    }),
  });
}
