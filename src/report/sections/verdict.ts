/** @file What came out, in words and in a few figures: one card for each study, at the head of the page. */
import type { StudyRecord } from '../../comparison/record.ts';
import { type Content, type Html, html } from '../html.ts';
import { count, percent, percentRange } from '../numbers.ts';
import { architectureName, type StudyView, withNames } from '../view.ts';

export function verdict({ id, study, lead, architectures }: StudyView): Html {
  const names = architectures.map(({ record }) => record.name);
  return html`<section class="card verdict" aria-labelledby="${id}-verdict">
<h2 id="${id}-verdict"><a href="#${id}">${study.title}</a></h2>
${lead && html`<p class="winner">${architectureName(lead.record.name)}</p>`}
<p class="conclusion">${withNames(study.conclusion, names)}</p>
${lead && figures(lead.record, study)}
<p class="fine">${howChosen(study)}</p>
</section>
`;
}

function figures({ test, cost }: StudyRecord['architectures'][number], { settings }: StudyRecord): Html {
  return html`<dl class="figures">
${figure('test error', percent(test.mean), 'main')}
${figure('95 % interval', percentRange(test.interval))}
${figure('trained with', count(settings.seeds.length, 'seed'))}
${figure('parameters', count(cost.parameters))}
${figure('multiply-adds', count(cost.multiplyAdds))}
</dl>`;
}

const figure = (name: string, value: Content, className = ''): Html =>
  html`<div class="${className}"><dt>${name}</dt><dd>${value}</dd></div>`;

/** How the best came to be the best, and what that means for its test error. */
export function howChosen({ choice, architectures }: StudyRecord): string {
  if (architectures.length < 2 || choice.by === 'nothing') {
    return choice.testImages === 'read for the choice'
      ? 'Nothing was compared here.'
      : 'Nothing was compared here; the test images were read once.';
  }
  const by = choice.by === 'validation' ? 'the error on images set aside for that' : 'the error on the test images';
  return choice.testImages === 'read for the choice'
    ? `Compared by ${by}, and the choice was made on the test images themselves: the best one’s test error is too good by luck.`
    : `Compared by ${by}; the test images were read once, after the choice.`;
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
