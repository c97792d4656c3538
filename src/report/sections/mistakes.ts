/** @file Test images that are wrong, the surest first. */
import { type Html, html } from '../html.ts';
import { count, probability, whole } from '../numbers.ts';
import { picture } from '../picture-tag.ts';
import { architectureName, type StudyView } from '../view.ts';

export function mistakes({ id, study, pictures }: StudyView): Html | false {
  const { closeUp, data } = study;
  if (!closeUp || closeUp.mistakes.length === 0) return false;
  const items = closeUp.mistakes.map(({ image, truth, prediction, probability: sure }, place) => {
    const [is, looks] = [data.classes[truth], data.classes[prediction]];
    const alt = `Test image ${whole(image)}, in truth ${is}`;
    return html`<li><figure>${picture(pictures[`mistake-${place}`], alt, { width: 84 })}<figcaption><span>is <strong>${is}</strong></span><span>taken for <strong class="wrong">${looks}</strong></span><span class="fine">${probability(sure)} sure</span></figcaption></figure></li>\n`;
  });
  return html`<section><h3 id="${id}-mistakes">Where it is surest, and wrong</h3>
<p>${architectureName(closeUp.name)} with seed ${whole(closeUp.seed)} gets ${count(closeUp.errors, 'test image')} wrong. Here are the ${count(closeUp.mistakes.length)} of which it is surest.</p>
<ul class="gallery">${items}</ul></section>
`;
}
