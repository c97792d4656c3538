/** @file Error rates that somebody else states, among those of our own seeds. */

import type { StatedErrorRate } from '../../comparison/record.ts';
import { readableNotation } from '../../model/notation.ts';
import { intervalStrips, type Strip } from '../charts/interval-strips.ts';
import { type Html, html } from '../html.ts';
import { count, percent } from '../numbers.ts';
import { foldable, numeric, table, text } from '../table.ts';
import { type ArchitectureView, label, type StudyView } from '../view.ts';

export function stated({ id, architectures }: StudyView): Html | false {
  const known = architectures.flatMap((architecture) => {
    const claim = architecture.record.stated;
    return claim ? [{ architecture, claim }] : [];
  });
  if (known.length === 0) return false;
  const by = [...new Set(known.map(({ claim }) => claim.by))].join(', ');
  return html`<section><h3 id="${id}-stated">What ${by} states</h3>
<figure><figcaption>Diamonds are the stated test errors, dots those of our own seeds.</figcaption>
${intervalStrips({ id: `${id}-claim`, strips: known.map(({ architecture, claim }) => strip(architecture, claim)) })}</figure>
${foldable('The same as a table', claimTable(id, known))}</section>
`;
}

const seedsBelow = ({ seedsAtOrBelow, seeds }: StatedErrorRate): string =>
  `${count(seedsAtOrBelow)} of ${count(seeds, 'seed')} at or below`;

function strip(architecture: ArchitectureView, claim: StatedErrorRate): Strip {
  const { record } = architecture;
  return {
    label: label(architecture),
    figure: html`${percent(claim.errorRate)}<small>${seedsBelow(claim)}</small>`,
    title: readableNotation(record.name),
    description: `${claim.by} states ${percent(claim.errorRate)}; ${seedsBelow(claim)}.`,
    mean: null,
    interval: null,
    dots: record.runs.map(({ testErrorRate }) => testErrorRate),
    mark: claim.errorRate,
    isBest: false,
  };
}

function claimTable(id: string, known: readonly { architecture: ArchitectureView; claim: StatedErrorRate }[]): Html {
  return table({
    id: `${id}-stated-table`,
    caption: 'Stated test errors, and our own',
    columns: [text('architecture'), text('by'), numeric('stated'), numeric('our mean'), numeric('our seeds')],
    rows: known.map(({ architecture, claim }) => [
      label(architecture),
      claim.by,
      percent(claim.errorRate),
      percent(architecture.record.test.mean),
      seedsBelow(claim),
    ]),
  });
}
