/** @file What is taken for what: confusion matrices, and the pairs that are confused most. */
import { heatMap } from '../charts/heat-map.ts';
import { type Html, html } from '../html.ts';
import { count, whole } from '../numbers.ts';
import { foldable, numeric, table, text } from '../table.ts';
import { architectureName, label, type StudyView } from '../view.ts';

export function confusion(view: StudyView): Html {
  const { id, study, architectures, lead } = view;
  const open = architectures.filter((architecture) => architecture === lead);
  const folded = architectures.filter((architecture) => architecture !== lead);
  const matrix = (architecture: (typeof architectures)[number]): Html =>
    heatMap({
      id: `${id}-confusion-${architecture.letter}`,
      caption: html`${label(architecture)}: test images, summed over ${count(study.settings.seeds.length, 'seed')}`,
      matrix: architecture.record.confusionMatrix,
      classes: study.data.classes,
    });
  return html`<section><h3 id="${id}-confusion">What is taken for what</h3>
<p>Rows are true classes, columns predictions. On the diagonal is what is right; elsewhere, the deeper a cell, the more images are wrong in that way. Empty cells are 0.</p>
<div class="beside">${open.map(matrix)}${pairs(view)}</div>
${folded.map((architecture) => foldable(label(architecture), matrix(architecture)))}</section>
`;
}

function pairs({ id, study, pictures: _, architectures }: StudyView): Html | false {
  const { closeUp, data } = study;
  if (!closeUp) return false;
  if (closeUp.confusedPairs.length === 0) return html`<p>No test image is wrong.</p>`;
  return table({
    id: `${id}-pairs`,
    caption: html`The pairs that are confused most${architectures.length > 1 && html` by ${architectureName(closeUp.name)}`}, with seed ${whole(closeUp.seed)}`,
    columns: [text('true'), text('predicted'), numeric('test images')],
    rows: closeUp.confusedPairs.map((pair) => [
      data.classes[pair.truth],
      data.classes[pair.prediction],
      count(pair.count),
    ]),
  });
}
