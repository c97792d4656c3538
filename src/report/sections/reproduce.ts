/** @file How to get this again, and how to know that one has: the command, the versions, and a hash for every run. */
import type { RunRecord } from '../../comparison/record.ts';
import { hashText } from '../hash.ts';
import { type Html, html } from '../html.ts';
import { clocked, loss, percent, percentRange, seconds, whole } from '../numbers.ts';
import { foldable, numeric, table, text } from '../table.ts';
import { label, type StudyView } from '../view.ts';

export function reproduce({ command, versions }: RunRecord): Html {
  return html`<section aria-labelledby="again"><h2 id="again">Get this again</h2>
<pre tabindex="0"><code>${command.line}</code></pre>
<p>With Ocellus ${versions.ocellus} (numerics version ${whole(versions.numericsVersion)}) this gives the same weights, to the last bit, on any machine; here it ran on Node ${versions.node}. Each run’s SHA-256 of its final weights stands in its study’s table of runs.</p></section>
`;
}

const lossOf = (value: number | undefined): string => (value === undefined ? '–' : loss(value));

/** Every run with its hash, and its losses after the last epoch. */
export function runs({ id, study, architectures }: StudyView): Html {
  const hasValidation = study.settings.validation > 0;
  const rows = architectures.flatMap((architecture) =>
    architecture.record.runs.map((run) => [
      label(architecture),
      whole(run.seed),
      ...(hasValidation ? [run.validationErrorRate === null ? '–' : percent(run.validationErrorRate)] : []),
      percent(run.testErrorRate),
      percentRange(run.testInterval),
      loss(run.history.at(-1)!.trainLoss),
      ...(hasValidation ? [lossOf(run.history.at(-1)!.validationLoss)] : []),
      loss(run.testLoss),
      clocked(seconds(run.seconds)),
      html`<span class="hash">${hashText(run)}</span>`,
    ]),
  );
  const made = table({
    id: `${id}-runs-table`,
    caption: 'Every run; intervals are 95 % (Wilson), losses those of the last epoch',
    columns: [
      text('architecture'),
      numeric('seed'),
      ...(hasValidation ? [numeric('validation error')] : []),
      numeric('test error'),
      numeric('95 % interval'),
      numeric('training loss'),
      ...(hasValidation ? [numeric('validation loss')] : []),
      numeric('test loss'),
      numeric('time'),
      text('SHA-256 of the weights'),
    ],
    rows,
  });
  return html`<section><h3 id="${id}-runs">Every run</h3>${foldable('Runs, with the hashes of their weights', made)}</section>
`;
}
