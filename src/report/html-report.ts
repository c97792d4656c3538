/** @file A run as one page that stands alone: no script, no other file, nothing that is not in the record. */
import type { RunRecord } from '../comparison/record.ts';
import type { Pictures } from '../explain/picture.ts';
import { type Html, html } from './html.ts';
import { clocked, moment, seconds } from './numbers.ts';
import { page } from './page.ts';
import { confusion } from './sections/confusion.ts';
import { cost } from './sections/cost.ts';
import { curves } from './sections/curves.ts';
import { data } from './sections/data.ts';
import { errors } from './sections/errors.ts';
import { featureMaps, filters } from './sections/insides.ts';
import { mistakes } from './sections/mistakes.ts';
import { reproduce, runs } from './sections/reproduce.ts';
import { settings } from './sections/settings.ts';
import { stated } from './sections/stated.ts';
import { verdict, warnings } from './sections/verdict.ts';
import { type StudyView, viewOf } from './view.ts';

const sections = [errors, stated, curves, cost, confusion, mistakes, filters, featureMaps, data, settings, runs];

/**
 * @param pictures of each study's close-up, in the order of the studies; `[]` without any
 * @returns the HTML document; equal for equal records, but for elements of class `time`
 */
export function htmlReport(run: RunRecord, pictures: readonly Pictures[]): string {
  const views = run.studies.map((_, place) => viewOf(run.studies, pictures[place] ?? {}, place));
  const title = run.studies.map((study) => study.title).join(' · ');
  const [first, ...others] = run.studies;
  const head = html`<header><p class="overline">Ocellus ${run.command.name}</p>
<h1>${first!.title}</h1>
${others.length > 0 && html`<p class="subtitle">${others.map((study) => study.title).join(' · ')}</p>`}
<p class="fine">${clocked(moment(run.startedAt))} · took ${clocked(seconds(run.seconds))}</p></header>
`;
  return page(
    title,
    html`${head}<main>${warnings(run.studies)}<div class="verdicts">${views.map(verdict)}</div>
${views.map(studySection)}${reproduce(run)}</main>`,
  ).text;
}

function studySection(view: StudyView): Html {
  return html`<article aria-labelledby="${view.id}"><h2 id="${view.id}">${view.study.title}</h2>
${sections.map((section) => section(view))}</article>
`;
}
