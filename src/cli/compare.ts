/** @file `ocellus compare`: architectures on one data set over several seeds, with intervals and a verdict in words. */
import { availableParallelism } from 'node:os';
import { standardValidation } from '../comparison/compare.ts';
import type { StudyRecord } from '../comparison/record.ts';
import { checkStudy, type Study } from '../comparison/study.ts';
import { UsageError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { expandGrid, parseNotation, printNotation } from '../model/notation.ts';
import { parseOptimizer } from '../optimizers/notation.ts';
import { defineCommand } from './command.ts';
import { commandLine } from './command-line.ts';
import { conductStudies } from './conduct.ts';
import { resolveData } from './data-option.ts';
import { seconds } from './format.ts';
import { count, flag, text } from './options.ts';
import { outOption } from './run-folder.ts';
import { seedsOf, seedsOption } from './seeds-option.ts';
import { isStudyFile, readStudyFile, type StudyFile } from './study-file.ts';
import { studyText } from './study-text.ts';

/** What holds where neither the command line nor a study file says otherwise. */
const standards = { data: 'mnist', epochs: 1, batch: 32, optimizer: 'adam', seed: 0, seeds: 3 } as const;

export const compare = defineCommand({
  name: 'compare',
  summary: 'train several architectures with several seeds, and say which is best, or that none is',
  examples: [
    'compare "conv + relu + pool" "conv(16) + relu + pool" --data mnist --seeds 5 --epochs 3',
    'compare "conv(filters=8|16|32) + relu + pool" --train-images 5000',
    'compare study.yaml',
  ],
  arguments: {
    architectures: {
      description: 'in the notation, conv(filters=8|16) for two at once; or one study file, JSON or YAML',
      variadic: true,
    },
  },
  options: {
    data: text('name|folder', `a data set by its name, or a folder with four IDX files; ${standards.data} by default`),
    epochs: count(`passes over the training images; ${standards.epochs} by default`, { from: 1, to: 1_000_000 }),
    batch: count(`images a step; ${standards.batch} by default`, { from: 1, to: 65_536 }),
    optimizer: text(
      'notation',
      `sgd, adagrad or adam, with options as in "adam(0.002)"; ${standards.optimizer} by default`,
    ),
    seed: count(`the first seed; ${standards.seed} by default`, { value: 'number' }),
    seeds: seedsOption,
    validation: count('training images that each seed sets aside to compare on; a tenth, at most 5,000', { to: 1e9 }),
    trainImages: count('how many of the other images to train on, drawn by the seed; all by default', { from: 1 }),
    threads: count('how many trials run side by side; the cores of this machine', { from: 1, to: 1024 }),
    allMatrices: flag("print every architecture's confusion matrix"),
    out: outOption,
  },
  async run(input, context) {
    const { architectures: words, threads = availableParallelism(), allMatrices, out, ...options } = input;
    const asked = await askedFor(words, options);
    const architectures = asked.architectures
      .flatMap(expandGrid)
      .map(parseNotation)
      .map((layers) => ({ name: printNotation(layers), layers }));
    const optimizer = parseOptimizer(asked.optimizer);
    const data = await (await resolveData(asked.data))();
    const validation = asked.validation ?? standardValidation(data);
    const seeds = seedsOf(asked.seeds, asked.seed);
    const study: Study = {
      title: formatCount(architectures.length, 'architecture'),
      architectures,
      data: data.name,
      seeds,
      epochs: asked.epochs,
      batchSize: asked.batch,
      optimizer,
      validation,
      ...(asked.trainImages === undefined ? {} : { trainImages: asked.trainImages }),
      gradients: 'exact',
      compareBy: validation > 0 ? 'validation' : 'nothing',
    };
    checkStudy(study, data);
    const { architectures: expressions, seed: _, ...chosen } = asked;
    const { run, folder } = await conductStudies(
      context,
      {
        command: 'compare',
        line: commandLine('compare', expressions, { ...chosen, seeds, validation }),
        out,
        dataSets: { [data.name]: data },
        workers: threads,
      },
      async (conduct) => {
        await conduct(study);
      },
    );
    const [record] = run.studies as [StudyRecord];
    return {
      body: { ...record, seconds: run.seconds, out: folder },
      text: (colors) =>
        [
          studyText(record, { colors, matrices: allMatrices ? 'all' : 'best' }),
          '',
          `Total time: ${seconds(run.seconds)}. The report: ${folder}/report.html`,
        ].join('\n'),
    };
  },
});

type Asked = Omit<StudyFile, keyof typeof standards> & {
  readonly [name in keyof typeof standards]: NonNullable<StudyFile[name]>;
};

/** The command line goes before the study file, where its only word is one, and that before the standards. */
async function askedFor(words: readonly string[], options: Partial<StudyFile>): Promise<Asked> {
  const hasFile = words.some(isStudyFile);
  if (hasFile && words.length > 1) {
    throw new UsageError(
      `compare takes one study file, or architectures, but gets ${words.join(', ')}. Put the architectures into the file.`,
    );
  }
  const study = hasFile ? await readStudyFile(words[0]!) : { architectures: [...words] };
  return { ...standards, ...withoutUndefined(study), ...withoutUndefined(options) };
}

function withoutUndefined<T extends object>(record: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const defined = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined) as { [K in keyof T]: Exclude<T[K], undefined> };
}
