/** @file The data: how many images, of which classes, and how to know that it is the same. */
import type { PartDescription } from '../../data/describe.ts';
import { formatShape } from '../../shape.ts';
import { type Html, html } from '../html.ts';
import { count } from '../numbers.ts';
import { foldable, numeric, table, text } from '../table.ts';
import type { StudyView } from '../view.ts';

export function data({ id, study }: StudyView): Html {
  const { title, shape, classes, train, test } = study.data;
  const part = (name: string, { images, fingerprint }: PartDescription): Html =>
    html`<div><dt>${name}</dt><dd>${count(images, 'image')}<span class="hash">${fingerprint}</span></dd></div>`;
  return html`<section><h3 id="${id}-data">Data</h3>
<p>${title}: images of ${formatShape(shape)} in ${count(classes.length, 'class')}. The fingerprints are SHA-256 over shape, pixels and labels.</p>
<dl class="settings wide">${part('training', train)}${part('test', test)}</dl>
${foldable(
  'Images of each class',
  table({
    id: `${id}-classes`,
    caption: 'Images of each class',
    columns: [text('class'), numeric('training'), numeric('test')],
    rows: classes.map((name, at) => [name, count(train.classCounts[at] ?? 0), count(test.classCounts[at] ?? 0)]),
  }),
)}</section>
`;
}
