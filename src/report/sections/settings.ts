/** @file How it was trained. */
import type { StudySettings } from '../../comparison/record.ts';
import { printOptimizer } from '../../optimizers/notation.ts';
import type { Optimizer } from '../../optimizers/optimizer.ts';
import { type Html, html } from '../html.ts';
import { count, whole } from '../numbers.ts';
import type { StudyView } from '../view.ts';

export function settings({ id, study }: StudyView): Html {
  const rows = settingsOf(study.settings).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return html`<section><h3 id="${id}-settings">Settings</h3>
<dl class="settings">${rows}</dl></section>
`;
}

/** As names and values. */
export function settingsOf(study: StudySettings): [name: string, value: string][] {
  const { seeds, epochs, batchSize, optimizer, validation, trainImages, gradients, patience, keepBest } = study;
  return [
    ['training images', count(trainImages)],
    ['validation images', validation === 0 ? 'none' : count(validation)],
    ['epochs', patience === null ? count(epochs) : `at most ${count(epochs)}, with a patience of ${count(patience)}`],
    ['weights', keepBest ? 'of the epoch with the lowest validation error' : 'of the last epoch'],
    ['batch size', count(batchSize)],
    ['optimizer', inFull(optimizer)],
    ['gradients', gradients === 'exact' ? 'derived' : 'as the notebook has them'],
    [seeds.length === 1 ? 'seed' : 'seeds', seeds.map(whole).join(', ')],
  ];
}

/** In its notation, with what it leaves out: options with their usual values. */
function inFull(optimizer: Optimizer): string {
  const [name] = printOptimizer(optimizer).split('(');
  const options = Object.entries(optimizer).filter(([option]) => option !== 'kind');
  return `${name}(${options.map(([option, value]) => `${option}=${value}`).join(', ')})`;
}
