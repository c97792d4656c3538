/** @file `ocellus notebook`: the notebook's six architectures on MNIST, and the best of them on Fashion-MNIST. */
import { availableParallelism } from 'node:os';
import {
  type ArchitectureResult,
  deviationOf,
  meanOf,
  type NotebookResult,
  printedFashionErrorRate,
  runNotebook,
} from '../comparison/notebook.ts';
import type { Trial, TrialResult } from '../comparison/trial.ts';
import { catalogue } from '../data/catalogue.ts';
import type { DataSet } from '../data/data-set.ts';
import { describeMissing, findDataSet } from '../data/node/find.ts';
import { loadDataSet, loadDirectory } from '../data/node/load.ts';
import { DataError, UsageError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { defineCommand, type Option, type Zod } from './command.ts';
import type { Colors, Context } from './context.ts';
import { confusionTable, percent, seconds, table } from './format.ts';
import { count, flag, parseCount, seedOption, text } from './options.ts';
import { type Progress, type Task, withProgress } from './progress.ts';
import { confusionMatrixSchema, rateSchema, sha256Schema } from './schema-parts.ts';
import { runTrials } from './trial-pool.ts';

const standardValidation = 5000;
const quick = { validation: 1000, trainImages: 5000 };
const mostSeeds = 10_000;

/** `20`: so many seeds from `--seed` on; `1,2,3`: these. */
const seedsOption: Option<number | readonly number[] | undefined> = {
  value: 'count|list',
  description: 'so many seeds from --seed on, or a list such as 1,2,3',
  default: undefined,
  parse: (given, name) => {
    if (!given.includes(',')) return parseCount(given, name, 1, mostSeeds);
    const list = given.split(',').map((one) => parseCount(one.trim(), name));
    if (new Set(list).size === list.length) return list;
    throw new UsageError(`${name} needs different seeds, but gets "${given}". Leave the repeated ones out.`);
  },
};

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
  },
  output,
  async run(input, context) {
    const { asWritten, seed, threads = availableParallelism() } = input;
    if (asWritten && input.validation !== undefined) {
      throw new UsageError(
        '--as-written has no validation images: the notebook chose on the test set. Leave --validation out.',
      );
    }
    const validation = asWritten ? 0 : (input.validation ?? (input.quick ? quick.validation : standardValidation));
    const trainImages = input.trainImages ?? (input.quick ? quick.trainImages : undefined);
    const seeds =
      typeof input.seeds === 'object'
        ? input.seeds
        : Array.from({ length: input.seeds ?? 1 }, (_, place) => seed + place);
    const dataSets = await loadDataSets(input, asWritten || validation === 0);
    const mnist = dataSets.mnist!;
    for (const { name, train } of Object.values(dataSets)) requireImages(name, train.count, validation, trainImages);

    const started = performance.now();
    const result = await withProgress(context, (progress) =>
      runNotebook(
        {
          gradients: asWritten ? 'notebook' : 'exact',
          seeds,
          validation,
          ...(trainImages === undefined ? {} : { trainImages }),
        },
        { input: mnist.train.shape, classes: mnist.classes.length },
        dataSets['fashion-mnist'] !== undefined,
        (trials) => runWithProgress(trials, dataSets, threads, context, progress),
      ),
    );
    const time = (performance.now() - started) / 1000;
    const options = { asWritten, seeds, validation, trainImages: trainImages ?? null };
    return {
      body: { ...options, ...result, seconds: time },
      text: (colors) => report(result, dataSets, { ...options, time, allMatrices: input.allMatrices }, colors),
    };
  },
});

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

function requireImages(name: string, images: number, validation: number, trainImages: number | undefined): void {
  const needed = validation + (trainImages ?? 1);
  if (needed <= images) return;
  throw new UsageError(
    `${name} has ${formatCount(images)} training images, but --validation and --train-images need ${formatCount(needed)}. Ask for fewer.`,
  );
}

async function runWithProgress(
  trials: readonly Trial[],
  dataSets: Readonly<Record<string, DataSet>>,
  workers: number,
  context: Context,
  progress: Progress,
): Promise<TrialResult[]> {
  const tasks: Task[] = [];
  return runTrials(trials, dataSets, {
    workers,
    signal: context.signal,
    onStart: (place) => {
      const { name, data, seed, validation, trainImages } = trials[place]!;
      const total = trainImages ?? dataSets[data]!.train.count - validation;
      tasks[place] = progress.task(`${data === 'mnist' ? '' : `${data}: `}${name}, seed ${seed}`, total);
    },
    onProgress: (place, report) => {
      if (report.kind === 'steps') tasks[place]!.update(report.examples, `loss ${report.loss.toFixed(3)}`);
    },
    onResult: (place, { testErrorRate, seconds: time }) => {
      tasks[place]!.done(`test error ${percent(testErrorRate)}, ${seconds(time)}`);
    },
  });
}

interface ReportOptions {
  readonly asWritten: boolean;
  readonly seeds: readonly number[];
  readonly validation: number;
  readonly trainImages: number | null;
  readonly time: number;
  readonly allMatrices: boolean;
}

function report(
  { architectures, best, fashion }: NotebookResult,
  dataSets: Readonly<Record<string, DataSet>>,
  options: ReportOptions,
  colors: Colors,
): string {
  const { asWritten, seeds, validation, trainImages } = options;
  const mnist = dataSets.mnist!;
  const images = trainImages ?? mnist.train.count - validation;
  const many = seeds.length > 1;
  const how = asWritten ? "the notebook's own gradients and tie rule" : 'true gradients';
  const lines = [
    `Six architectures on ${titleOf(mnist)}: one epoch of per-example Adagrad on ${formatCount(images)} images, ${how}, ` +
      `${many ? `${seeds.length} seeds (mean ± standard deviation)` : `seed ${seeds[0]}`}.`,
    '',
    architectureTable(architectures, validation > 0, best?.name, colors),
    '',
  ];
  const winner = architectures.find(({ name }) => name === best?.name);
  if (winner) {
    const chosen = asWritten
      ? 'on the test set itself, as the notebook did, so its error is too good by luck'
      : `by its error on the ${formatCount(validation)} validation images`;
    lines.push(`Best: ${colors.bold(winner.name)}, chosen ${chosen}.`, '');
  } else {
    lines.push('Nothing is chosen: no images were set aside to choose on.', '');
  }
  for (const architecture of options.allMatrices ? architectures : winner ? [winner] : []) {
    const title = `${architecture.name} on ${titleOf(mnist)}`;
    lines.push(matrix(title, architecture.runs, mnist.classes, many, colors), '');
  }
  lines.push(...fashionReport(fashion, best?.name, dataSets, asWritten, many, colors));
  lines.push(`Total time: ${seconds(options.time)}.`);
  if (fashion.status === 'missing') {
    lines.push('', `The best was not trained on Fashion-MNIST. ${missingFashion()}.`);
  }
  return lines.join('\n');
}

function architectureTable(
  architectures: readonly ArchitectureResult[],
  hasValidation: boolean,
  best: string | undefined,
  colors: Colors,
): string {
  const headings = [
    'architecture',
    'parameters',
    ...(hasValidation ? ['validation error'] : []),
    'test error',
    'time',
    'notebook printed',
  ];
  const rows = architectures.map(({ name, parameters, printedErrorRate, runs }) => [
    name === best ? colors.bold(name) : name,
    formatCount(parameters),
    ...(hasValidation ? [spread(runs.map(({ validationErrorRate }) => validationErrorRate!))] : []),
    spread(runs.map(({ testErrorRate }) => testErrorRate)),
    seconds(meanOf(runs.map((run) => run.seconds))),
    percent(printedErrorRate),
  ]);
  return table(headings, rows, { colors, align: ['left', ...headings.slice(1).map(() => 'right' as const)] });
}

/** `8.42 %`, or `8.42 ± 0.17 %` for several. */
function spread(rates: readonly number[]): string {
  if (rates.length === 1) return percent(rates[0]);
  return `${(100 * meanOf(rates)).toFixed(2)} ± ${percent(deviationOf(rates))}`;
}

function matrix(
  title: string,
  runs: readonly TrialResult[],
  classes: readonly string[],
  many: boolean,
  colors: Colors,
): string {
  const [first] = runs as [TrialResult];
  const error = spread(runs.map(({ testErrorRate }) => testErrorRate));
  const which = many ? `; the matrix is that of seed ${first.seed}` : '';
  return `${title}: test error ${error}${which}\n${confusionTable(first.confusionMatrix, classes, { colors })}`;
}

function fashionReport(
  { status, data, runs }: NotebookResult['fashion'],
  best: string | undefined,
  dataSets: Readonly<Record<string, DataSet>>,
  asWritten: boolean,
  many: boolean,
  colors: Colors,
): string[] {
  if (status !== 'done') return [];
  const trainedOn = dataSets[data!]!;
  const title = `${best} on ${titleOf(trainedOn)}, trained anew`;
  const printed = asWritten
    ? [
        `The notebook's "Fashion" run loads ${titleOf(trainedOn)} again: so does this one, with other initial weights. ` +
          `The notebook printed ${percent(printedFashionErrorRate)}.`,
      ]
    : [];
  return [...printed, matrix(title, runs, trainedOn.classes, many, colors), ''];
}

/** Its name as people write it; a folder's own data goes by the folder's name. */
function titleOf({ name }: DataSet): string {
  return catalogue.find((entry) => entry.name === name)?.title ?? name;
}

function output(zod: Zod) {
  const runs = zod.array(
    zod.strictObject({
      seed: zod.int().min(0),
      validationErrorRate: rateSchema(zod).nullable(),
      testErrorRate: rateSchema(zod),
      confusionMatrix: confusionMatrixSchema(zod),
      seconds: zod.number(),
      weightsSha256: sha256Schema(zod),
    }),
  );
  return zod.strictObject({
    asWritten: zod.boolean(),
    seeds: zod.array(zod.int().min(0)),
    validation: zod.int().min(0),
    trainImages: zod.int().min(1).nullable(),
    architectures: zod.array(
      zod.strictObject({
        name: zod.string(),
        parameters: zod.int().min(0),
        printedErrorRate: rateSchema(zod),
        runs,
      }),
    ),
    best: zod.strictObject({ name: zod.string() }).nullable(),
    fashion: zod.strictObject({
      status: zod.enum(['done', 'missing', 'not chosen']),
      data: zod.enum(['fashion-mnist', 'mnist']).nullable(),
      runs,
    }),
    seconds: zod.number(),
  });
}
