/** @file The insides of the best network: what its layers have learnt, and what they make of an image. */
import type { CloseUp, FilterRecord } from '../../comparison/record.ts';
import { formatShape } from '../../shape.ts';
import { type Content, type Html, html } from '../html.ts';
import { count, value, whole } from '../numbers.ts';
import { picture } from '../picture-tag.ts';
import { captioned } from '../table.ts';
import type { StudyView } from '../view.ts';

export function filters({ id, study, pictures }: StudyView): Html | false {
  const learnt = study.closeUp?.filters ?? [];
  if (learnt.length === 0) return false;
  const figures = learnt.map((filter) => {
    const { place, layer, low, high } = filter;
    const alt = `Kernels of layer ${whole(place)}, ${layer}: ${described(filter)}`;
    return html`<figure>${picture(pictures[`filters-${place}`], alt, { width: widthOf(filter) })}<figcaption><strong>Layer ${whole(place)}, ${layer}</strong><span class="fine">${described(filter)}; weights from ${value(low)} to ${value(high)}</span></figcaption></figure>\n`;
  });
  return html`<section><h3 id="${id}-filters">What the layers have learnt</h3>
<p>A tile for each kernel: <span class="swatch below">orange</span> weights are below 0, <span class="swatch above">blue</span> ones above, pale ones near it. The last layer has a kernel for each class: what speaks for it, and what against.</p>
<div class="sheets">${figures}</div></section>
`;
}

function described({ shape, filters: all, channels, shownFilters, shownChannels }: FilterRecord): string {
  const across = shownFilters === all ? count(all, 'filter') : `${count(shownFilters)} of ${count(all, 'filter')}`;
  const size = `of ${formatShape(shape)}`;
  if (channels === 1) return `${across} ${size}`;
  const down =
    shownChannels === channels
      ? count(channels, 'input channel')
      : `${count(shownChannels)} of ${count(channels, 'input channel')}`;
  return `${across} ${size} (across), for each of ${down} (down)`;
}

/** Tiles of 28 to 44 pixels, the fewer the larger. */
function widthOf({ channels, shownFilters }: FilterRecord): number {
  return Math.min(16, shownFilters) * (channels === 1 && shownFilters <= 16 ? 44 : 32);
}

export function featureMaps({ id, study, pictures }: StudyView): Html | false {
  const { closeUp, data } = study;
  if (!closeUp || closeUp.mappedExamples === 0) return false;
  const heads = closeUp.featureMaps.map(
    ({ place, layer, shape, channels, shownChannels, low, high }) =>
      html`Layer ${whole(place)}, ${layer}<span class="fine">${formatShape(shape)}${shownChannels < channels && html`, ${count(shownChannels)} of ${count(channels)} shown`}<br>${value(low)} to ${value(high)}</span>`,
  );
  const rows = closeUp.examples.slice(0, closeUp.mappedExamples).map(({ truth }) => {
    const name = data.classes[truth]!;
    const cells = closeUp.featureMaps.map(
      (map) =>
        html`<td data-column="Layer ${whole(map.place)}, ${map.layer}">${mapPicture(map, truth, name, pictures)}</td>`,
    );
    const image = picture(pictures[`example-${truth}`], `The example of ${name}`, { width: 64 });
    return html`<tr><th scope="row">${name}</th><td>${image}</td>${cells}</tr>\n`;
  });
  const width = closeUp.featureMaps.reduce((sum, map) => sum + mapWidth(map), 0);
  const kind = width <= pageWidth ? 'maps blocks wide' : 'maps blocks always';
  const some: Content =
    closeUp.mappedExamples < data.classes.length &&
    html` Here are the first ${count(closeUp.mappedExamples)} of ${count(data.classes.length, 'class')}.`;
  return html`<section><h3 id="${id}-maps">What the layers make of an image</h3>
<p>An image of each class on its way through the network: a tile for each channel of a layer’s output, from black (the least value in that layer) to white (the largest).${some}</p>
${captioned(
  `${id}-maps-table`,
  'Outputs of the layers for an image of each class',
  html`<table class="${kind}" aria-labelledby="${id}-maps-table-caption"><thead><tr><th scope="col">class</th><th scope="col">image</th>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>
${rows}</tbody></table><ul class="ranges" aria-hidden="true">${heads.map((head) => html`<li>${head}</li>`)}</ul>`,
)}</section>
`;
}

/** Pixels for the maps of all layers, beside names and images. */
const pageWidth = 620;

type FeatureMap = CloseUp['featureMaps'][number];

function mapPicture(map: FeatureMap, truth: number, name: string, pictures: StudyView['pictures']): Html {
  const { place, layer } = map;
  const alt = `Layer ${whole(place)}, ${layer}, for ${name}`;
  return picture(pictures[`maps-${place}-${truth}`], alt, { width: mapWidth(map) });
}

function mapWidth({ shape, shownChannels }: FeatureMap): number {
  const isVector = shape.length < 3;
  const columns = isVector
    ? Math.min(16, shownChannels)
    : shownChannels <= 4
      ? shownChannels
      : Math.min(8, Math.ceil(shownChannels / 2));
  return columns * (isVector ? 14 : 40);
}
