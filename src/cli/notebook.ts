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
import type { DataSet } from '../data/data-set.ts';
import { describeMissing, findDataSet } from '../data/node/find.ts';
import { loadDataSet, loadDirectory } from '../data/node/load.ts';
import { DataError, UsageError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { defineCommand, type Zod } from './command.ts';
import { commandLine } from './command-line.ts';
import { conductStudies } from './conduct.ts';
import { seconds } from './format.ts';
import { count, flag, seedOption, text } from './options.ts';
import { outOption } from './run-folder.ts';
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
    data: text('folder', 'MNIST as four IDX files, raw or .gz; without it, where this machine has MNIST'),
    fashion: text('folder', 'Fashion-MNIST as four IDX files, likewise'),
    asWritten: flag("the notebook's own gradients, all images, and the choice on the test set"),
    quick: flag(`a first look: ${formatCount(quick.trainImages)} training images`),
    seed: seedOption,
    seeds: seedsOption,
    validation: count('training images set aside to choose the best on; 0: nothing is chosen', { to: 1e9 }),
    trainImages: count('how many images to train on, drawn by the seed', { from: 1 }),
    threads: count('how many trials run side by side; the cores of this machine', { from: 1, to: 1024 }),
    requireFashion: flag('stop before any training if Fashion-MNIST is not on this machine'),
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
    const dataSets = await loadDataSets(input, six.compareBy !== 'validation');
    for (const data of Object.values(dataSets)) checkStudy(six, data);

    const { seed: _, seeds: __, threads: ___, out, requireFashion: ____, allMatrices, ...chosen } = input;
    const line = commandLine('notebook', [], { ...chosen, seeds: options.seeds });
    let fashion: Fashion = { status: 'not chosen', data: null, runs: [] };
    const { run, folder } = await conductStudies(
      context,
      { command: 'notebook', line, out, dataSets, workers: threads },
      async (conduct) => {
        const { best } = await conduct(six);
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
          ...(fashion.status === 'missing'
            ? [`The best was not trained on Fashion-MNIST. ${missingFashion()}.\n`]
            : []),
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

function fashionOf(data: 'fashion-mnist' | 'mnist', { architectures }: StudyRecord): Fashion {
  return { status: 'done', data, runs: architectures[0]!.runs };
}

const missingFashion = (): string =>
  `Fashion-MNIST is not on this machine. Get it with ${describeMissing('fashion-mnist', '--fashion')}`;

/** Everything that will be needed, before anything is computed; Fashion-MNIST may be missing. */
async function loadDataSets(
  input: { readonly data: string | undefined; readonly fashion: string | undefined; readonly requireFashion: boolean },
  withoutFashion: boolean,
): Promise<Record<string, DataSet>> {
  const found = await findDataSet('fashion-mnist', input.fashion === undefined ? {} : { dataDir: input.fashion });
  if (!found.found && input.fashion !== undefined) throw new DataError(found.how);
  if (!found.found && input.requireFashion) throw new DataError(`${missingFashion()}.`);
  const mnist = await (input.data === undefined ? loadDataSet('mnist') : loadDirectory(input.data));
  if (withoutFashion || !found.found) return { mnist };
  const fashion = await (input.fashion === undefined ? loadDataSet('fashion-mnist') : loadDirectory(input.fashion));
  return { mnist, 'fashion-mnist': fashion };
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
