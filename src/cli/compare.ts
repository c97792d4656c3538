/** @file `ocellus compare`: architectures on one data set over several seeds, with intervals and a verdict in words. */
import { availableParallelism } from 'node:os';
import { standardValidation } from '../comparison/compare.ts';
import type { StudyRecord } from '../comparison/record.ts';
import { checkStudy, type Study } from '../comparison/study.ts';
import { UsageError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { parseGrid, printNotation } from '../model/notation.ts';
import { parseOptimizer } from '../optimizers/notation.ts';
import { type Body, defineCommand, type Zod } from './command.ts';
import { commandLine } from './command-line.ts';
import { conductStudies } from './conduct.ts';
import { dataOption, resolveData } from './data-option.ts';
import { seconds } from './format.ts';
import {
  count,
  engineAsked,
  fastMathOption,
  flag,
  keepBestOption,
  notationArgument,
  type Options,
  type OptionValues,
  patienceOption,
  type TrainingEngine,
  text,
  threadsOption,
  trainingEngineOption,
} from './options.ts';
import { onSaveErrorOption, outOption } from './run-folder.ts';
import { seedsOf, seedsOption } from './seeds-option.ts';
import { studySchema } from './study-schemas.ts';
import { studyText } from './study-text.ts';

/** What holds where neither the command line nor a study file says otherwise. */
const standards = {
  data: 'mnist',
  epochs: 1,
  batch: 32,
  optimizer: 'adam',
  seed: 0,
  seeds: 3,
  engine: 'auto',
} as const;

const options = {
  data: {
    ...dataOption,
    description: `${dataOption.description}; ${standards.data} by default`,
    default: undefined as string | undefined,
  },
  epochs: count(`passes over the training images; ${standards.epochs} by default`, { from: 1, to: 1_000_000 }),
  batch: count(`images a step; ${standards.batch} by default`, { from: 1, to: 65_536 }),
  optimizer: text(
    'notation',
    `sgd, adagrad or adam, with options as in "adam(0.002)"; ${standards.optimizer} by default`,
  ),
  seed: count(`the first seed; ${standards.seed} by default`, { value: 'number' }),
  seeds: seedsOption(standards.seeds),
  validation: count('training images that each seed sets aside to compare on; a tenth, at most 5,000', { to: 1e9 }),
  trainImages: count('how many of the other images to train on, drawn by the seed; all by default', { from: 1 }),
  engine: { ...trainingEngineOption, default: undefined as TrainingEngine | undefined },
  fastMath: fastMathOption,
  patience: patienceOption,
  keepBest: keepBestOption,
  threads: threadsOption,
  onSaveError: onSaveErrorOption,
  allMatrices: flag("print every architecture's confusion matrix"),
  out: outOption,
} satisfies Options;

type Input = OptionValues<typeof options>;

export const compare = defineCommand({
  name: 'compare',
  group: 'Train and compare',
  summary: 'train several architectures with several seeds, and say which is best, or that none is',
  examples: [
    'compare "conv + relu + pool" "conv(16) + relu + pool" --data mnist --seeds 5 --epochs 3',
    'compare "conv(filters=8|16|32) + relu + pool" --train-images 5000',
    'compare study.yaml',
  ],
  arguments: {
    architectures: {
      ...notationArgument,
      description:
        'each in the notation, conv(filters=8|16) for two at once; or one study file, JSON or YAML (see schema study)',
      variadic: true,
      files: true,
    },
  },
  options,
  output,
  async run(input, context) {
    const asked = await askedFor(input);
    const { threads = availableParallelism(), allMatrices = false, out } = asked;
    const architectures = asked.architectures
      .flatMap(parseGrid)
      .map((layers) => ({ name: printNotation(layers), layers }));
    const optimizer = parseOptimizer(asked.optimizer);
    const data = await (await resolveData(asked.data, context))();
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
      patience: asked.patience,
      keepBest: asked.keepBest,
      ...(asked.trainImages === undefined ? {} : { trainImages: asked.trainImages }),
      gradients: 'exact',
      compareBy: validation > 0 ? 'validation' : 'nothing',
    };
    checkStudy(study, data);
    const {
      seed: _,
      threads: __,
      allMatrices: ___,
      out: ____,
      onSaveError,
      ...chosen
    } = { ...asked, seeds, validation };
    const inOrder = Object.fromEntries(Object.keys(options).map((key) => [key, (chosen as Body)[key]]));
    const { run, folder } = await conductStudies(
      context,
      {
        command: 'compare',
        input: asked,
        line: commandLine('compare', asked.architectures, inOrder as Parameters<typeof commandLine>[2]),
        out,
        dataSets: { [data.name]: data },
        threads,
        engine: engineAsked(asked),
        onSaveError,
      },
      async (conduct) => {
        await conduct(study);
      },
    );
    const [{ closeUp: _closeUp, ...record }] = run.studies as [StudyRecord];
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

type Asked = Omit<Input, keyof typeof standards> & {
  readonly [name in keyof typeof standards]: NonNullable<Input[name]>;
} & { readonly architectures: readonly string[] };

/** The command line goes before the study file, where its only word is one, and that before the standards. */
async function askedFor({ architectures, ...given }: Input & { readonly architectures: readonly string[] }) {
  const typed = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== false));
  if (!architectures.some(isStudyFile)) return { ...standards, ...typed, architectures } as Asked;
  if (architectures.length > 1) {
    const words = architectures.join(', ');
    throw new UsageError(
      `compare takes one study file, or architectures, but gets ${words}. Put the architectures into the file.`,
    );
  }
  // Reading one takes a library that nothing else needs.
  const { readStudyFile } = await import('./study-file.ts');
  const [file] = architectures as [string];
  const study = await readStudyFile(file, options);
  try {
    study.architectures.forEach(parseGrid);
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${file}: ${error.message}`, { cause: error }) : error;
  }
  return { ...standards, ...study.options, ...typed, architectures: study.architectures } as Asked;
}

const isStudyFile = (word: string): boolean => /\.(json|ya?ml)$/i.test(word);

function output(zod: Zod) {
  return zod.strictObject({ ...studySchema(zod).shape, seconds: zod.number(), out: zod.string() });
}
