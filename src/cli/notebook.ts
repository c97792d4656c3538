/** @file `ocellus notebook`: the notebook's six architectures on MNIST, and the best of them on Fashion-MNIST. */
import { availableParallelism } from 'node:os';
import {
  bestOnFashion,
  bestOnMnistAgain,
  type NotebookOptions,
  needsMoreSeeds,
  printedWinnerBySeed,
  sixArchitectures,
} from '../comparison/notebook.ts';
import type { StudyRecord } from '../comparison/record.ts';
import { checkStudy } from '../comparison/study.ts';
import { catalogue } from '../data/catalogue.ts';
import type { DataSet } from '../data/data-set.ts';
import { type LoadOptions, loadDataSet, loadDirectory, loadIfPossible } from '../data/node/load.ts';
import { DataError, UsageError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { defineCommand, type Zod } from './command.ts';
import { commandLine } from './command-line.ts';
import { conductStudies } from './conduct.ts';
import type { Context } from './context.ts';
import { withDownloads } from './data-option.ts';
import { seconds } from './format.ts';
import type { KeptStudy } from './keep-run.ts';
import {
  count,
  engineAsked,
  fastMathOption,
  flag,
  seedOption,
  text,
  threadsOption,
  trainingEngineOption,
} from './options.ts';
import { onSaveErrorOption, outOption } from './run-folder.ts';
import { seedsOf, seedsOption } from './seeds-option.ts';
import { architectureSchema, bestSchema, runSchema, warningSchema } from './study-schemas.ts';
import { studyText } from './study-text.ts';

const standardValidation = 5000;
const quick = { validation: 1000, trainImages: 5000 };

export const notebook = defineCommand({
  name: 'notebook',
  summary: 'train six small architectures on MNIST, and the best of them on Fashion-MNIST',
  group: 'Train and compare',
  examples: ['notebook', 'notebook --quick', 'notebook --seeds 20 --validation 0', 'notebook --as-written'],
  options: {
    data: text('folder', 'MNIST as four IDX files, raw or .gz; without it, by its name'),
    fashion: text('folder', 'Fashion-MNIST as four IDX files, likewise'),
    asWritten: flag("the notebook's own gradients, all images, and the choice on the test set"),
    quick: flag(`a first look: ${formatCount(quick.trainImages)} training images`),
    seed: seedOption,
    seeds: seedsOption(1),
    validation: count(
      `training images set aside to choose the best on, ${formatCount(standardValidation)} by default; 0: nothing is chosen`,
      { to: 1e9 },
    ),
    trainImages: count('how many images to train on, drawn by the seed', { from: 1 }),
    engine: trainingEngineOption,
    fastMath: fastMathOption,
    threads: threadsOption,
    requireFashion: flag('stop before any training if Fashion-MNIST is not on this machine'),
    onSaveError: onSaveErrorOption,
    allMatrices: flag("print every architecture's confusion matrix"),
    out: outOption,
  },
  output,
  async run(input, context) {
    const { asWritten, threads = availableParallelism() } = input;
    if (asWritten && input.validation !== undefined) {
      throw new UsageError(
        '--as-written has no validation images: the notebook chose on the test set. Leave --validation out.',
      );
    }
    const trainImages = input.trainImages ?? (input.quick ? quick.trainImages : undefined);
    const options: NotebookOptions = {
      gradients: asWritten ? 'notebook' : 'exact',
      seeds: seedsOf(input.seeds ?? 1, input.seed),
      validation: asWritten ? 0 : (input.validation ?? (input.quick ? quick.validation : standardValidation)),
      ...(trainImages === undefined ? {} : { trainImages }),
    };
    const six = sixArchitectures(options);
    const second = asWritten ? 'mnist again' : six.compareBy === 'validation' ? 'fashion-mnist' : 'none';
    const { dataSets, missing } = await loadDataSets(input, second, context);
    for (const data of Object.values(dataSets)) checkStudy(six, data);

    const { seed: _, seeds: __, threads: ___, out, requireFashion: ____, allMatrices, onSaveError, ...chosen } = input;
    const line = commandLine('notebook', [], { ...chosen, seeds: options.seeds });
    let fashion: Fashion = { status: 'not chosen', data: null, runs: [] };
    const { run, folder } = await conductStudies(
      context,
      { command: 'notebook', input, line, out, dataSets, threads, engine: engineAsked(input), onSaveError },
      async (conduct) => {
        const { best } = (await conduct(six)).record;
        if (asWritten) {
          fashion = fashionOf('mnist', await conduct(bestOnMnistAgain(options, best!.name)));
          if (needsMoreSeeds(options)) await conduct(printedWinnerBySeed(options));
        } else if (best) {
          fashion = dataSets['fashion-mnist']
            ? fashionOf('fashion-mnist', await conduct(bestOnFashion(options, best.name)))
            : { status: 'missing', data: null, runs: [] };
        }
      },
    );
    const [first] = run.studies as [StudyRecord];
    return {
      body: {
        asWritten,
        seeds: options.seeds,
        validation: options.validation,
        trainImages: trainImages ?? null,
        architectures: first.architectures.map((each) => ({ ...each, parameters: each.cost.parameters })),
        best: first.best,
        conclusion: first.conclusion,
        warnings: run.studies.flatMap(({ warnings }) => warnings),
        fashion,
        seconds: run.seconds,
        out: folder,
      },
      text: (colors) =>
        [
          ...run.studies.map((study, place) => {
            // A third study is about luck alone.
            const matrices = place > 1 ? 'none' : allMatrices ? 'all' : 'best';
            return `${studyText(study, { colors, matrices })}\n`;
          }),
          ...(fashion.status === 'missing' && missing !== undefined ? [`${missingFashion(missing)}\n`] : []),
          `Total time: ${seconds(run.seconds)}. The report: ${folder}/report.html`,
        ].join('\n'),
    };
  },
});

interface Fashion {
  /** `missing`: the data is not on this machine; `not chosen`: there was no winner to train. */
  readonly status: 'done' | 'missing' | 'not chosen';
  /** What the winner was trained on: as written, MNIST again. */
  readonly data: 'fashion-mnist' | 'mnist' | null;
  readonly runs: StudyRecord['architectures'][0]['runs'];
}

function fashionOf(data: 'fashion-mnist' | 'mnist', { record }: KeptStudy): Fashion {
  return { status: 'done', data, runs: record.architectures[0]!.runs };
}

const missingFashion = (why: string): string => `The best was not trained on Fashion-MNIST. ${why}`;

/** Everything that will be needed, before anything is computed; of Fashion-MNIST, perhaps only why it is missing. */
async function loadDataSets(
  { data, fashion, requireFashion }: { data: string | undefined; fashion: string | undefined; requireFashion: boolean },
  second: 'fashion-mnist' | 'mnist again' | 'none',
  context: Context,
): Promise<{ dataSets: Record<string, DataSet>; missing: string | undefined }> {
  const load = <T>(one: (options: LoadOptions) => Promise<T>): Promise<T> =>
    withDownloads(context, (onDownload) => one({ offline: context.offline, onDownload, signal: context.signal }));
  const clothes =
    second !== 'fashion-mnist'
      ? undefined
      : fashion === undefined
        ? await load((options) => loadIfPossible('fashion-mnist', options))
        : calledBy('fashion-mnist', await loadDirectory(fashion));
  const missing = clothes && 'missing' in clothes ? clothes.missing : undefined;
  if (missing !== undefined && requireFashion) throw new DataError(missing);
  const mnist =
    data === undefined
      ? await load((options) => loadDataSet('mnist', options))
      : calledBy('mnist', await loadDirectory(data));
  // The notebook calls it Fashion-MNIST, too.
  const again = second === 'mnist again' ? { ...mnist, name: 'fashion-mnist' } : undefined;
  const other = clothes && !('missing' in clothes) ? clothes : again;
  return { dataSets: { mnist, ...(other ? { 'fashion-mnist': other } : {}) }, missing };
}

/** A set of the catalogue under the name that it is given here, for the guard to see; somebody's own keeps its name. */
function calledBy(name: string, data: DataSet): DataSet {
  return catalogue.some((entry) => entry.name === data.name) ? { ...data, name } : data;
}

function output(zod: Zod) {
  return zod.strictObject({
    asWritten: zod.boolean(),
    seeds: zod.array(zod.int().min(0)),
    validation: zod.int().min(0),
    trainImages: zod.int().min(1).nullable(),
    architectures: zod.array(zod.strictObject({ ...architectureSchema(zod).shape, parameters: zod.int().min(0) })),
    best: bestSchema(zod),
    conclusion: zod.string(),
    warnings: zod.array(warningSchema(zod)),
    fashion: zod.strictObject({
      status: zod.enum(['done', 'missing', 'not chosen']),
      data: zod.enum(['fashion-mnist', 'mnist']).nullable(),
      runs: zod.array(runSchema(zod)),
    }),
    seconds: zod.number(),
    out: zod.string().describe('the folder that the run is kept in'),
  });
}
