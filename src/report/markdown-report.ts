/** @file A run as Markdown: what fits in a comment or a README. What depends on the clock stands last. */
import type { ArchitectureRecord, RunRecord, StudyRecord } from '../comparison/record.ts';
import { readableNotation } from '../model/notation.ts';
import { formatShape } from '../shape.ts';
import { mostColumns } from './charts/heat-map.ts';
import { hashText } from './hash.ts';
import {
  bytes,
  count,
  loss,
  microseconds,
  moment,
  percent,
  percentRange,
  points,
  pointsRange,
  pValue,
  seconds,
  whole,
} from './numbers.ts';
import { intervalsAlone } from './sections/errors.ts';
import { settingsOf } from './sections/settings.ts';
import { howChosen, statedAlone } from './sections/verdict.ts';

/** @returns the document; equal for equal records, but for what follows the heading `Times` */
export function markdownReport(run: RunRecord): string {
  const { command, versions, studies } = run;
  const blocks = [
    ...studies.flatMap((study, place) => studyBlocks(study, studies.slice(0, place))),
    '## Get this again',
    fenced(command.line),
    `Ocellus ${escaped(versions.ocellus)}, numerics version ${whole(versions.numericsVersion)}, Node ${escaped(versions.node)}.`,
    '## Times',
    `Started ${moment(run.startedAt)}, took ${seconds(run.seconds)}.`,
    ...studies.map((study) =>
      table(
        ['architecture', 'an epoch', 'an image'],
        study.architectures.map(({ name, cost }) => [
          escaped(readableNotation(name)),
          seconds(cost.epochSeconds),
          microseconds(cost.imageMicroseconds),
        ]),
      ),
    ),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function studyBlocks(study: StudyRecord, earlier: readonly StudyRecord[]): string[] {
  const { title, warnings, conclusion, architectures, data, settings, closeUp } = study;
  const compared = architectures.filter(({ againstBest }) => againstBest !== null);
  const stated = architectures.filter((architecture) => architecture.stated !== null);
  return [
    `${earlier.length === 0 ? '#' : '##'} ${escaped(title)}`,
    ...warnings.map(({ message }) => `> **Before you believe this:** ${escaped(message)}`),
    `**${escaped([statedAlone(study), conclusion].filter(Boolean).join(' '))}** ${howChosen(study, earlier)}`,
    '### Errors',
    errorTable(study),
    ...(compared.length > 0 ? ['### Against the best', intervalsAlone, againstTable(compared)] : []),
    ...(stated.length > 0 ? ['### Stated by others', statedTable(stated)] : []),
    '### Costs',
    table(
      ['architecture', 'parameters', 'multiply-adds', 'file', 'Pareto front'],
      architectures.map(({ name, cost, onParetoFront }) => [
        escaped(readableNotation(name)),
        count(cost.parameters),
        count(cost.multiplyAdds),
        bytes(cost.modelBytes),
        onParetoFront ? 'yes' : '',
      ]),
    ),
    ...(closeUp && closeUp.confusedPairs.length > 0
      ? [
          '### Most confused',
          `${escaped(readableNotation(closeUp.name))}, seed ${whole(closeUp.seed)}: ${count(closeUp.errors, 'test image')} wrong.`,
          table(
            ['true', 'predicted', 'test images'],
            closeUp.confusedPairs.map((pair) => [
              escaped(data.classes[pair.truth]!),
              escaped(data.classes[pair.prediction]!),
              count(pair.count),
            ]),
          ),
        ]
      : []),
    ...confusionBlocks(study),
    '### Data and settings',
    [
      `- ${escaped(data.title)}: images of ${formatShape(data.shape)} in ${count(data.classes.length, 'class')}`,
      ...(['train', 'test'] as const).map(
        (part) => `- ${part}: ${count(data[part].images, 'image')}, fingerprint \`${data[part].fingerprint}\``,
      ),
      ...settingsOf(settings).map(([name, value]) => `- ${name}: ${escaped(value)}`),
    ].join('\n'),
    '### Runs',
    table(
      [
        'architecture',
        'seed',
        'validation error',
        'test error',
        '95 % interval',
        'test loss',
        'SHA-256 of the weights',
      ],
      architectures.flatMap(({ name, runs }) =>
        runs.map((run) => [
          escaped(readableNotation(name)),
          whole(run.seed),
          run.validationErrorRate === null ? '–' : percent(run.validationErrorRate),
          percent(run.testErrorRate),
          percentRange(run.testInterval),
          loss(run.testLoss),
          `\`${hashText(run)}\``,
        ]),
      ),
    ),
  ];
}

/** Counts of the architecture that is looked at closely; of more classes than a page holds, none. */
function confusionBlocks({ architectures, closeUp, data, settings }: StudyRecord): string[] {
  const looked = architectures.find(({ name }) => name === closeUp?.name);
  if (!looked || data.classes.length > mostColumns) return [];
  const classes = data.classes.map(escaped);
  return [
    '### Confusion matrix',
    `${escaped(readableNotation(looked.name))}: test images, summed over ${count(settings.seeds.length, 'seed')}. Rows are true classes, columns predictions.`,
    table(
      ['', ...classes],
      looked.confusionMatrix.map((row, truth) => [`**${classes[truth]}**`, ...row.map((each) => count(each))]),
    ),
  ];
}

function errorTable({ architectures }: StudyRecord): string {
  return table(
    ['architecture', 'validation error', 'test error', '95 % interval', 'standard deviation', 'verdict'],
    architectures.map(({ name, validation, test, verdict }) => [
      verdict === 'best' ? `**${escaped(readableNotation(name))}**` : escaped(readableNotation(name)),
      validation ? percent(validation.mean) : '–',
      percent(test.mean),
      percentRange(test.interval),
      test.sd === null ? '–' : percent(test.sd),
      verdict,
    ]),
  );
}

function againstTable(compared: readonly ArchitectureRecord[]): string {
  return table(
    ['architecture', 'difference (points)', '95 % interval', 'p', 'adjusted p', 'method', 'verdict'],
    compared.map(({ name, againstBest, verdict }) => [
      escaped(readableNotation(name)),
      points(againstBest!.difference),
      againstBest!.interval ? pointsRange(againstBest!.interval) : '–',
      escaped(pValue(againstBest!.pValue)),
      escaped(pValue(againstBest!.adjustedPValue)),
      againstBest!.method,
      verdict,
    ]),
  );
}

function statedTable(architectures: readonly ArchitectureRecord[]): string {
  return table(
    ['architecture', 'by', 'stated', 'our mean', 'our seeds at or below'],
    architectures.map(({ name, stated, test }) => [
      escaped(readableNotation(name)),
      escaped(stated!.by),
      percent(stated!.errorRate),
      percent(test.mean),
      `${count(stated!.seedsAtOrBelow)} of ${count(stated!.seeds)}`,
    ]),
  );
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}

/** What Markdown or HTML would read as their own, taken literally. */
const escaped = (text: string): string =>
  text
    .replace(/[\\`*_[\]|~]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/\s*\n\s*/g, ' ');

/** With a fence longer than any run of backticks inside. */
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}sh\n${text}\n${fence}`;
}
