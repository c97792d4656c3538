/** @file How training went: losses and errors by epoch, a panel for each architecture on one scale. */
import { readableNotation } from '../../model/notation.ts';
import type { EpochRecord } from '../../training/trained.ts';
import { type Curve, curvesPanel } from '../charts/curves.ts';
import { type FormatTicks, percentTicks } from '../charts/svg.ts';
import { type Html, html } from '../html.ts';
import { loss, percent, whole } from '../numbers.ts';
import { foldable, numeric, table, text } from '../table.ts';
import { label, type StudyView } from '../view.ts';

interface Quantity {
  readonly name: string;
  readonly heading: string;
  readonly format: (value: number) => string;
  readonly formatTicks: FormatTicks;
  readonly parts: readonly { readonly kind: Curve['kind']; readonly of: (epoch: EpochRecord) => number | undefined }[];
}

const quantities: readonly Quantity[] = [
  {
    name: 'loss',
    heading: 'Loss',
    format: loss,
    formatTicks: (ticks) => ticks.map((tick) => String(Number(tick.toPrecision(3)))),
    parts: [
      { kind: 'training', of: ({ trainLoss }) => trainLoss },
      { kind: 'validation', of: ({ validationLoss }) => validationLoss },
    ],
  },
  {
    name: 'error',
    heading: 'Error',
    format: percent,
    formatTicks: percentTicks,
    parts: [{ kind: 'validation', of: ({ validationErrorRate }) => validationErrorRate }],
  },
];

export function curves(view: StudyView): Html {
  const { id, study } = view;
  const isOneEpoch = study.settings.epochs === 1;
  const hasValidation = study.settings.validation > 0;
  const legend = html`<p class="legend"><span class="key-training">training loss</span>${hasValidation && html` <span class="key-validation">validation</span>`} · a line for each seed</p>`;
  const shown = quantities.filter(({ parts }) => parts.some(({ of }) => valuesOf(view, of).length > 0));
  const body = shown.map(
    (quantity) => html`${!isOneEpoch && panels(view, quantity)}${tables(view, quantity, isOneEpoch)}`,
  );
  return html`<section><h3 id="${id}-curves">Learning, epoch by epoch</h3>
${isOneEpoch ? html`<p>There was one epoch, so there are no curves to draw.</p>` : legend}
${body}</section>
`;
}

function panels({ id, architectures }: StudyView, quantity: Quantity): Html {
  const { name, heading, format, formatTicks } = quantity;
  const all = architectures.map(({ record }) => curvesOf(record.runs, quantity));
  const values = all.flat().flatMap((curve) => curve.values);
  const range = [Math.min(...values), Math.max(...values)] as const;
  const figures = architectures.map((architecture, place) => {
    const { record } = architecture;
    const ends = all[place]!.filter(
      ({ kind }) => kind === quantity.parts.at(-1)!.kind || all[place]!.every((c) => c.kind === kind),
    );
    const last = ends.map((curve) => format(curve.values.at(-1)!));
    const panel = curvesPanel({
      id: `${id}-${name}-${place + 1}`,
      title: readableNotation(record.name),
      description: `${heading} by epoch; ${ends[0]!.kind} ends at ${last.join(', ')}.`,
      curves: all[place]!,
      range,
      formatTicks,
    });
    return html`<figure><figcaption>${label(architecture)}</figcaption>${panel}</figure>\n`;
  });
  return html`<h4 id="${id}-${name}">${heading}</h4><div class="panels">${figures}</div>`;
}

function curvesOf(runs: readonly { readonly history: readonly EpochRecord[] }[], { parts }: Quantity): Curve[] {
  return parts.flatMap(({ kind, of }) =>
    runs.flatMap(({ history }) => {
      const values = history.map(of).filter((value) => value !== undefined);
      return values.length === history.length && values.length > 0 ? [{ kind, values }] : [];
    }),
  );
}

const valuesOf = ({ architectures }: StudyView, of: (epoch: EpochRecord) => number | undefined): number[] =>
  architectures.flatMap(({ record }) =>
    record.runs.flatMap(({ history }) => history.map(of).filter((one) => one !== undefined)),
  );

const mostEpochs = 8;

/** A row for each run, a column for each epoch; of many, some between the first and the last. */
function tables(view: StudyView, quantity: Quantity, isOpen: boolean): Html[] {
  const { id, study, architectures } = view;
  const { epochs } = study.settings;
  const steps = Math.min(mostEpochs, epochs) - 1;
  const chosen = Array.from({ length: steps + 1 }, (_, step) =>
    Math.round(1 + ((epochs - 1) * step) / Math.max(1, steps)),
  );
  return quantity.parts.flatMap(({ kind, of }) => {
    if (valuesOf(view, of).length === 0) return [];
    const name = `${kind} ${quantity.name}`;
    const rows = architectures.flatMap((architecture) =>
      architecture.record.runs.map(({ seed, history }) => [
        label(architecture),
        whole(seed),
        ...chosen.map((epoch) => {
          const value = history[epoch - 1] && of(history[epoch - 1]!);
          return value === undefined ? '–' : quantity.format(value);
        }),
      ]),
    );
    const made = table({
      id: `${id}-${kind}-${quantity.name}-table`,
      caption: `The ${name} after each epoch`,
      columns: [text('architecture'), numeric('seed'), ...chosen.map((epoch) => numeric(`epoch ${whole(epoch)}`))],
      rows,
    });
    return [foldable(isOpen ? `The ${name} as a table` : `The same as a table: ${name}`, made)];
  });
}
