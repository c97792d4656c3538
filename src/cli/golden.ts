/** @file `ocellus golden`: replays recorded trajectories of the notebook's networks and says how far it strays. */
import { access } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type ArchitectureResult, type Deviations, replayGolden } from '../comparison/golden.ts';
import { catalogueEntry } from '../data/catalogue.ts';
import { describeIdx, type Idx, parseIdx } from '../data/idx.ts';
import { parseJson } from '../data/json.ts';
import { locate } from '../data/node/find.ts';
import { readIdxFile, readWholeFile } from '../data/node/read-file.ts';
import { engines } from '../engine/native/node/engines.ts';
import { DataError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { defineCommand, type Zod } from './command.ts';
import { small, table } from './format.ts';
import { engineOption, text } from './options.ts';
import { withProgress } from './progress.ts';

const goldenFormat = 'mnist-cnn-golden-1';

export const golden = defineCommand({
  name: 'golden',
  summary: 'replay a golden trajectory of the notebook’s networks',
  group: 'Understand and check',
  examples: ['golden test/golden/exact-gradients.json --engine reference', 'golden FILE --data DIR --json'],
  arguments: { file: { description: `a recording in the format ${goldenFormat}`, files: true } },
  options: {
    data: text('folder', 'the folder with MNIST’s IDX files, raw or .gz; the installed MNIST by default'),
    engine: engineOption,
  },
  output,
  async run({ file, data, engine: engineName }, context) {
    const document = parseDocument(await readWholeFile(file), file);
    const folder = data ?? (await locate(catalogueEntry('mnist'))).folder;
    const images = await readNamed(document, 'images', folder, file);
    const labels = await readNamed(document, 'labels', folder, file);
    requireMnistShape(images, labels);
    const engine = engines[engineName];
    const result = await withProgress(context, async (progress) => {
      const task = progress.task(basename(file), 1);
      const replayed = await replayGolden(document, images.values as Uint8Array, labels.values as Uint8Array, engine, {
        needsAll: true,
        onProgress: ({ architecture, step, steps }) => task.update(step / steps, architecture),
      });
      task.done();
      return replayed;
    });
    const { mode, tolerance, passed, deviations, architectures } = result;
    return {
      exitCode: passed ? 0 : 1,
      body: { file, mode, engine: engineName, tolerance, passed, deviations, architectures },
      text: (colors) => {
        const verdict = (each: Deviations): string =>
          isWithin(each, tolerance) ? colors.green('within') : colors.red('BEYOND');
        const rows = architectures.flatMap((each) => architectureRows(each, verdict));
        return [
          `${mode} gradients on the ${engineName} engine; deviations may be up to ${small(tolerance)}`,
          '',
          table(
            ['architecture', 'steps', 'loss', 'probabilities', 'summaries', 'adagrad', 'final', ''],
            [...rows, ['largest', '', ...deviationCells(deviations), verdict(deviations)]],
            { colors, align: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'left'] },
          ),
          '',
          passed ? 'passed' : colors.red('failed'),
          ...(passed || engineName === 'reference' ? [] : [float32Remark]),
        ].join('\n');
      },
    };
  },
});

const float32Remark =
  'In float32, values in a window of a pool that are nearly equal can change places; a step then differs by more than ' +
  'rounding.\nThat is one cause among others: --engine reference shows whether the rules are right, not whether this is it.';

function architectureRows(
  { name, judgedSteps, steps, deviations, laterDeviations }: ArchitectureResult,
  verdict: (deviations: Deviations) => string,
): string[][] {
  const judged = [name, `1–${judgedSteps}`, ...deviationCells(deviations), verdict(deviations)];
  if (!laterDeviations) return [judged];
  return [judged, ['', `${judgedSteps + 1}–${steps}`, ...deviationCells(laterDeviations), 'not judged']];
}

const deviationCells = ({ loss, probabilities, summaries, adagrad, final }: Deviations): string[] =>
  [loss, probabilities, summaries, adagrad, final].map(small);

const isWithin = (deviations: Deviations, tolerance: number): boolean =>
  Object.values(deviations).every((deviation) => deviation === null || deviation <= tolerance);

/** @throws DataError */
export function parseDocument(bytes: Uint8Array, file: string): unknown {
  const document = parseJson(bytes, (problem, cause) => {
    const detail = cause instanceof SyntaxError ? ` (${cause.message})` : '';
    return new DataError(`${file} ${problem}${detail}. Give a golden document.`, { cause });
  });
  if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document;
  const received = Array.isArray(document) ? `a list of ${document.length}` : JSON.stringify(document).slice(0, 40);
  throw new DataError(
    `${file} is not a golden document: it needs an object with the format ${goldenFormat}, but is ${received}. ` +
      'Give a recording such as test/golden/exact-gradients.json.',
  );
}

/** The IDX file that the document names. @throws DataError */
async function readNamed(document: unknown, part: 'images' | 'labels', folder: string, file: string): Promise<Idx> {
  const { format, data } = document as { format?: unknown; data?: Record<string, unknown> | null };
  if (format !== goldenFormat) {
    throw new DataError(
      `${file} is not a golden document: its format needs to be ${goldenFormat}, but is ${JSON.stringify(format) ?? 'missing'}.`,
    );
  }
  const name = data?.[part];
  // A name only: a document may not point elsewhere.
  if (typeof name !== 'string' || !/^[\w.-]*idx\d[\w.-]*$/.test(name)) {
    throw new DataError(
      `${file} is not a golden document: its data.${part} needs the name of an IDX file, such as ` +
        `train-${part}-idx${part === 'images' ? 3 : 1}-ubyte, but is ${JSON.stringify(name) ?? 'missing'}.`,
    );
  }
  const raw = name.replace(/\.gz$/, '');
  const spellings = [raw, raw.replace('-idx', '.idx')].flatMap((each) => [each, `${each}.gz`]);
  for (const spelling of spellings) {
    const path = join(folder, spelling);
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return parseIdx(await readIdxFile(path), path);
  }
  throw new DataError(
    `${resolve(folder)} has no ${raw} or ${raw}.gz, which ${basename(file)} names. Give --data the folder with MNIST’s files.`,
  );
}

/** @throws DataError */
function requireMnistShape(images: Idx, labels: Idx): void {
  const [count, ...size] = images.shape;
  if (!(images.values instanceof Uint8Array) || String(size) !== '28,28') {
    throw new DataError(
      `${images.name} needs images of 28 × 28 bytes, but has ${describeIdx(images.shape)}. Give MNIST’s files.`,
    );
  }
  if (!(labels.values instanceof Uint8Array) || labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new DataError(
      `${labels.name} needs ${formatCount(count, 'label')}, a byte each, but has ${describeIdx(labels.shape)}. ` +
        'Take both files from one set.',
    );
  }
}

function output(zod: Zod) {
  const deviations = zod.strictObject({
    loss: zod.number(),
    probabilities: zod.number(),
    summaries: zod.number(),
    adagrad: zod.number(),
    final: zod.number().nullable(),
  });
  return zod.strictObject({
    file: zod.string(),
    mode: zod.enum(['notebook', 'exact']),
    engine: zod.string(),
    tolerance: zod.number(),
    passed: zod.boolean(),
    deviations,
    architectures: zod.array(
      zod.strictObject({
        name: zod.string(),
        steps: zod.int().min(1),
        judgedSteps: zod.int().min(1),
        deviations,
        laterDeviations: deviations.optional(),
      }),
    ),
  });
}
