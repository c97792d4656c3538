/** @file A study as the terminal shows it: the verdict, errors with intervals, costs, confusion matrices. */
import type { ArchitectureRecord, ErrorEstimate, StudyRecord } from '../comparison/record.ts';
import { formatCount } from '../format-number.ts';
import { readableNotation } from '../model/notation.ts';
import { printOptimizer } from '../optimizers/notation.ts';
import { epochsChosen } from '../report/sections/verdict.ts';
import type { Colors } from './context.ts';
import { confusionTable, percent, seconds, table } from './format.ts';

export interface StudyTextOptions {
  readonly colors: Colors;
  /** Whose confusion matrices to show. */
  readonly matrices: 'all' | 'best' | 'none';
}

type Shown = Omit<StudyRecord, 'closeUp'>;

export function studyText(study: Shown, { colors, matrices }: StudyTextOptions): string {
  const { architectures, best, data, settings } = study;
  const shown =
    matrices === 'none'
      ? []
      : architectures.filter(({ name }) => matrices === 'all' || name === best?.name || architectures.length === 1);
  return [
    colors.bold(study.title),
    settingsLine(study),
    '',
    errorTable(study, colors),
    ...(architectures.length > 1
      ? ['', costTable(architectures, colors), '', colors.bold(study.conclusion), basisLine(study)]
      : []),
    ...architectures.flatMap(statedLine),
    ...shown.flatMap(({ name, confusionMatrix }) => {
      const which = settings.seeds.length > 1 ? `, all ${settings.seeds.length} seeds together` : '';
      return [
        '',
        `${readableNotation(name)} on the test images${which}:`,
        confusionTable(confusionMatrix, data.classes, { colors }),
      ];
    }),
  ].join('\n');
}

function settingsLine({ settings }: Shown): string {
  const { seeds, epochs, batchSize, optimizer, trainImages, gradients, patience, keepBest } = settings;
  return [
    `${patience === null ? '' : 'at most '}${formatCount(epochs, 'epoch')}`,
    ...(patience === null ? [] : [`a patience of ${patience}`]),
    ...(keepBest ? ['the weights of the best epoch'] : []),
    printOptimizer(optimizer),
    batchSize === 1 ? 'one image a step' : `batches of ${batchSize}`,
    formatCount(trainImages, 'training image'),
    gradients === 'notebook' ? "the notebook's own gradients" : 'true gradients',
    seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds (mean ± standard deviation)`,
  ].join(', ');
}

function errorTable({ architectures, best }: Shown, colors: Colors): string {
  const hasValidation = architectures.some(({ validation }) => validation);
  const stated = architectures.find((architecture) => architecture.stated)?.stated?.by;
  const isCompared = architectures.some(({ verdict }) => verdict !== 'not compared');
  const headings = [
    'architecture',
    ...(hasValidation ? ['validation error'] : []),
    'test error',
    '95 % interval',
    ...(stated === undefined ? [] : [stated]),
    ...(isCompared ? ['verdict'] : []),
  ];
  const rows = architectures.map(({ name, validation, test, stated: other, verdict }) => [
    name === best?.name ? colors.bold(readableNotation(name)) : readableNotation(name),
    ...(hasValidation ? [spread(validation)] : []),
    spread(test),
    `${(100 * test.interval.low).toFixed(2)} … ${percent(test.interval.high)}`,
    ...(stated === undefined ? [] : [percent(other?.errorRate)]),
    ...(isCompared ? [verdict] : []),
  ]);
  const align = headings.map((heading) => (heading === 'architecture' || heading === 'verdict' ? 'left' : 'right'));
  return table(headings, rows, { colors, align });
}

/** `8.42 %`, or `8.42 ± 0.17 %` for several seeds. */
function spread(estimate: ErrorEstimate | null): string {
  if (!estimate) return percent(null);
  const { mean, sd } = estimate;
  return sd === null ? percent(mean) : `${(100 * mean).toFixed(2)} ± ${percent(sd)}`;
}

function costTable(architectures: readonly ArchitectureRecord[], colors: Colors): string {
  const headings = [
    'architecture',
    'parameters',
    'multiply-adds',
    'model',
    'epoch',
    'image',
    'Pareto front (multiply-adds)',
  ];
  const rows = architectures.map(({ name, cost, onParetoFront }) => [
    readableNotation(name),
    formatCount(cost.parameters),
    formatCount(cost.multiplyAdds),
    `${(cost.modelBytes / 1000).toFixed(1)} kB`,
    seconds(cost.epochSeconds),
    `${cost.imageMicroseconds.toFixed(1)} µs`,
    onParetoFront ? 'on it' : '',
  ]);
  return table(headings, rows, { colors, align: ['left', 'right', 'right', 'right', 'right', 'right', 'left'] });
}

function basisLine({ choice, settings }: Shown): string {
  if (choice.by === 'test') {
    return 'Compared on the test set itself, as the notebook did, so the error of the best is too good by luck.';
  }
  if (choice.by === 'nothing') return 'The test images were read once.';
  return (
    `Compared on the ${formatCount(settings.validation, 'image')} that each seed set aside; ` +
    `the test images were read once, after that.${settings.keepBest ? `\n${epochsChosen}` : ''}`
  );
}

function statedLine({ name, stated, runs }: ArchitectureRecord): string[] {
  if (!stated || runs.length < 2) return [];
  const errors = runs.map(({ testErrorRate }) => testErrorRate);
  const range = `${percent(Math.min(...errors))} to ${percent(Math.max(...errors))}`;
  return [
    `${readableNotation(name)}: ${stated.by} has ${percent(stated.errorRate)}; ${stated.seedsAtOrBelow} of ${formatCount(stated.seeds, 'seed')} ` +
      `here are at or below it (${range}).`,
  ];
}
