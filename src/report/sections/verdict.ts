/** @file What came out, in words and in a few figures: one card for each study, at the head of the page. */
import type { StudyRecord } from '../../comparison/record.ts';
import { type Content, type Html, html } from '../html.ts';
import { count, percent, percentRange } from '../numbers.ts';
import { architectureName, type StudyView, withNames } from '../view.ts';

export function verdict({ id, study, lead, architectures, earlier }: StudyView): Html {
  const names = architectures.map(({ record }) => record.name);
  const open = openVerdict(study);
  const claim = statedAlone(study);
  return html`<section class="card verdict" aria-labelledby="${id}-verdict">
<h2 id="${id}-verdict"><a href="#${id}">${study.title}</a></h2>
${lead && html`<p class="winner">${open ?? architectureName(lead.record.name)}</p>`}
${claim && html`<p class="conclusion">${claim}</p>`}
<p class="conclusion">${withNames(study.conclusion, names)}</p>
${lead && figures(lead.record, study, open === null ? 'test error' : 'test error of the lowest')}
<p class="fine">${howChosen(study, earlier)}</p>
</section>
`;
}

/** What stands in place of a winner where there is none: the lowest error alone makes none. */
function openVerdict({ architectures }: StudyRecord): string | null {
  const verdicts = architectures.map((architecture) => architecture.verdict);
  if (verdicts.includes('too few to tell')) return 'Too few seeds to tell';
  return verdicts.includes('not distinguishable from the best') ? 'Not one best' : null;
}

/** Of a study's only architecture: where the error that somebody else states lies among its own seeds. */
export function statedAlone({ architectures }: StudyRecord): string | null {
  const [{ stated, runs }] = architectures as [StudyRecord['architectures'][number]];
  if (architectures.length > 1 || stated === null) return null;
  const { by, errorRate, seedsAtOrBelow, seeds } = stated;
  const rates = runs.map(({ testErrorRate }) => testErrorRate);
  const [low, high] = [percent(Math.min(...rates)), percent(Math.max(...rates))];
  const where =
    seeds === 1
      ? `the one seed here is ${seedsAtOrBelow === 1 ? 'at or below' : 'above'} it (${low})`
      : `${count(seedsAtOrBelow)} of ${count(seeds, 'seed')} here are at or below it (${low} to ${high})`;
  return `${by.charAt(0).toUpperCase()}${by.slice(1)} states a test error of ${percent(errorRate)}: ${where}.`;
}

function figures(
  { test, cost }: StudyRecord['architectures'][number],
  { settings }: StudyRecord,
  testError: string,
): Html {
  return html`<dl class="figures">
${figure(testError, percent(test.mean), 'main')}
${figure('95 % interval', percentRange(test.interval))}
${figure('trained with', count(settings.seeds.length, 'seed'))}
${figure('parameters', count(cost.parameters))}
${figure('multiply-adds', count(cost.multiplyAdds))}
</dl>`;
}

const figure = (name: string, value: Content, className = ''): Html =>
  html`<div class="${className}"><dt>${name}</dt><dd>${value}</dd></div>`;

/** What it means that validation images have chosen the epoch. */
export const epochsChosen =
  'The same images chose the epoch whose weights each training kept, so errors on them are somewhat too low; those on the test images are not.';

/**
 * How the best came to be the best, and what that means for its test error.
 * @param earlier studies of the same run, before this one
 */
export function howChosen(
  { choice, architectures, data, settings }: StudyRecord,
  earlier: readonly StudyRecord[],
): string {
  const isRepeated = earlier.some((study) => study.data.test.fingerprint === data.test.fingerprint);
  const read = isRepeated
    ? 'in this study the test images were read once, but an earlier one of this run read the same images'
    : 'the test images were read once';
  if (architectures.length < 2 || choice.by === 'nothing') {
    return choice.testImages === 'read for the choice'
      ? 'Nothing was compared here.'
      : `Nothing was compared here; ${read}.`;
  }
  const by = choice.by === 'validation' ? 'the error on images set aside for that' : 'the error on the test images';
  return choice.testImages === 'read for the choice'
    ? `Compared by ${by}, and the choice was made on the test images themselves: the best one’s test error is too good by luck.`
    : `Compared by ${by}; ${isRepeated ? read : `${read}, after the choice`}.${settings.keepBest ? ` ${epochsChosen}` : ''}`;
}

/** What a person should know before believing anything below. */
export function warnings(studies: readonly StudyRecord[]): Html | false {
  const found = studies.flatMap(({ data, warnings: own }) =>
    own.map(({ message }) => ({ title: data.title, message })),
  );
  if (found.length === 0) return false;
  const items = found.map(({ title, message }) => html`<li><strong>${title}:</strong> ${message}</li>`);
  return html`<section class="card warnings" aria-labelledby="warnings"><h2 id="warnings">Before you believe this</h2><ul>${items}</ul></section>
`;
}
