/** @file `ocellus data`: which data sets there are, and to get, verify and show them. */
import { encode } from 'fast-png';
import { catalogue, catalogueEntry, dataSetNames, downloadsOf, titleOf } from '../data/catalogue.ts';
import { classCounts } from '../data/describe.ts';
import { checkWritable, writeFileAtomically } from '../data/node/atomic-file.ts';
import { findDataSet } from '../data/node/find.ts';
import { download, type LoadedDataSet } from '../data/node/load.ts';
import { type Verification, verifyDataSet } from '../data/node/verify.ts';
import { UsageError } from '../errors.ts';
import { formatCount, formatMegabytes } from '../format-number.ts';
import { formatShape } from '../shape.ts';
import { type BodyOf, defineCommand, type Outcome, type Zod } from './command.ts';
import type { Colors, Context } from './context.ts';
import { describeData, isDataName, resolveData, withDownloads } from './data-option.ts';
import { contactSheet } from './data-sheet.ts';
import { table } from './format.ts';
import { text } from './options.ts';
import { dataSchema, sha256Schema, shapeSchema } from './schema-parts.ts';
import { warningSchema } from './study-schemas.ts';

export const data = defineCommand({
  name: 'data',
  group: 'This machine',
  summary: 'list, download, verify and show data sets',
  examples: ['data list', 'data get fashion-mnist kmnist', 'data verify', 'data show ./my-images --out sheet.png'],
  arguments: {
    action: {
      description: 'what to do: list, get (download), verify (by SHA-256) or show (classes, and a picture)',
      choices: {
        list: 'which data sets there are, and where',
        get: 'download what is not on this machine',
        verify: 'hash what is there, and look for what is wrong',
        show: 'count classes, and draw a few images of each',
      },
    },
    names: {
      description: 'names of data sets, for verify and show folders too; all by default, but for get and show',
      words: () => dataSetNames,
      optional: true,
      variadic: true,
    },
  },
  options: { out: text('file', 'where show writes its picture; NAME.png by default') },
  output,
  run({ action, names, out }, context) {
    if (names.length === 0 && (action === 'get' || action === 'show')) {
      throw new UsageError(`ocellus data ${action} needs names, such as "ocellus data ${action} fashion-mnist".`);
    }
    if (out !== undefined && (action !== 'show' || names.length > 1)) {
      throw new UsageError('--out is for ocellus data show of one data set. Leave it out.');
    }
    return { list, get, verify, show }[action](names, context, out);
  },
});

type Action = (
  names: readonly string[],
  context: Context,
  out: string | undefined,
) => Promise<Outcome<BodyOf<typeof output>>>;

const list: Action = async (names, { offline }) => {
  const entries = names.length === 0 ? catalogue : names.map(catalogueEntry);
  const dataSets = await Promise.all(
    entries.map(async (entry) => {
      const { name, title, aliases, shape, classes, trainImages, testImages, licence, source } = entry;
      const bytes = downloadsOf(entry).reduce((sum, file) => sum + file.bytes, 0);
      const { found, path, how } = await findDataSet(name, { offline });
      return {
        name,
        title,
        aliases,
        trainImages,
        testImages,
        shape,
        classes,
        bytes,
        licence,
        source,
        found,
        path,
        how,
      };
    }),
  );
  return {
    body: { action: 'list', dataSets },
    text: (colors) =>
      table(
        ['name', 'title', 'images', 'of', 'classes', 'download', 'licence', 'where'],
        dataSets.map(({ name, title, trainImages, testImages, shape, classes, bytes, licence, found, how }) => [
          name,
          title,
          `${formatCount(trainImages)} + ${formatCount(testImages)}`,
          formatShape(shape),
          classes.length,
          formatMegabytes(bytes),
          licence,
          found ? how : offline ? 'not here' : 'to download',
        ]),
        { colors, align: ['left', 'left', 'right', 'left', 'right', 'right'] },
      ),
  };
};

const get: Action = async (names, context) => {
  const { offline, signal } = context;
  const dataSets: { name: string; title: string; path: string; how: string; downloaded: boolean }[] = [];
  for (const each of names) {
    const entry = catalogueEntry(each);
    const before = await findDataSet(entry.name, { offline });
    if (!before.found) {
      await withDownloads(context, (onDownload) => download(entry, { offline, onDownload, signal }));
    }
    const { name, title, path, how } = before.found ? before : await findDataSet(entry.name, { offline });
    dataSets.push({ name, title, path: path!, how, downloaded: !before.found });
  }
  return {
    body: { action: 'get', dataSets },
    text: () =>
      dataSets
        .map(({ title, path, how, downloaded }) =>
          downloaded ? `${title} is in ${path}, verified.` : `${title} was here already: ${path} (${how}).`,
        )
        .join('\n'),
  };
};

const verify: Action = async (names, context) => {
  const { offline } = context;
  const dataSets: Verification[] = [];
  for (const each of names.length > 0 ? names : catalogue.map(({ name }) => name)) {
    const verified = await verifyDataSet((await isDataName(each)) ? { name: each } : { dataDir: each }, { offline });
    // Of those that nobody asked for, only what is there.
    if (names.length > 0 || verified.state !== 'missing') dataSets.push(verified);
  }
  for (const { warnings } of dataSets) for (const { message } of warnings) context.warn(message);
  const isBad = dataSets.some(({ state }) => state === 'damaged' || state === 'missing');
  return {
    exitCode: isBad ? 3 : 0,
    body: { action: 'verify', dataSets },
    text: (colors) =>
      dataSets.map((each) => verificationText(each, colors)).join('\n\n') || 'There is nothing to verify.',
  };
};

function verificationText({ title, path, how, state, problem, files }: Verification, colors: Colors): string {
  const verdict = {
    verified: colors.green('verified'),
    unknown: 'no hashes are known for it',
    damaged: colors.red('DAMAGED'),
    missing: colors.red('MISSING'),
  }[state];
  const where = path === null ? '' : `, ${path} (${how})`;
  const rows = files.map(({ name, bytes, sha256 }) => [name, formatCount(bytes), sha256]);
  return [
    `${colors.bold(title)}${where}: ${verdict}`,
    ...(problem === null ? [] : [problem]),
    ...(rows.length === 0 ? [] : [table(['file', 'bytes', 'SHA-256'], rows, { colors })]),
  ].join('\n');
}

const show: Action = async (names, context, out) => {
  const shown: { data: LoadedDataSet; picture: string; classesShown: number }[] = [];
  const loads = [];
  for (const each of names) loads.push(await resolveData(each, context));
  for (const load of loads) {
    const loaded = await load();
    const picture = out ?? `${loaded.name}.png`;
    await checkWritable(picture);
    const { classes, ...sheet } = contactSheet(loaded);
    await writeFileAtomically(picture, encode(sheet));
    shown.push({ data: loaded, picture, classesShown: classes });
  }
  const counts = ({ classes, train, test }: LoadedDataSet) =>
    [train, test].map((part) => classCounts(part, classes.length)) as [number[], number[]];
  return {
    body: {
      action: 'show',
      dataSets: shown.map(({ data: loaded, picture, classesShown }) => {
        const [train, test] = counts(loaded);
        return { ...describeData(loaded), classCounts: { train, test }, picture, classesShown };
      }),
    },
    text: (colors) =>
      shown
        .map(({ data: loaded, picture, classesShown }) => {
          const { name, classes, train, test } = loaded;
          const [ofTrain, ofTest] = counts(loaded);
          const rows = classes.map((each, label) => [
            label,
            each,
            formatCount(ofTrain[label]!),
            formatCount(ofTest[label]!),
          ]);
          const some = classesShown < classes.length ? ` of the first ${formatCount(classesShown, 'class')}` : '';
          return [
            `${colors.bold(titleOf(name))}: ${formatCount(train.count)} training and ${formatCount(test.count)} test images of ${formatShape(train.shape)}`,
            '',
            table(['label', 'class', 'train', 'test'], rows, { colors, align: ['right', 'left', 'right', 'right'] }),
            '',
            `Training images${some} are in ${picture}.`,
          ].join('\n');
        })
        .join('\n\n'),
  };
};

function output(zod: Zod) {
  const named = { name: zod.string(), title: zod.string() };
  const listed = zod.strictObject({
    ...named,
    aliases: zod.array(zod.string()),
    trainImages: zod.int().min(1),
    testImages: zod.int().min(1),
    shape: shapeSchema(zod),
    classes: zod.array(zod.string()),
    bytes: zod.int().min(1).describe('to download'),
    licence: zod.string(),
    source: zod.string(),
    found: zod.boolean(),
    path: zod.string().nullable(),
    how: zod.string(),
  });
  const got = zod.strictObject({ ...named, path: zod.string(), how: zod.string(), downloaded: zod.boolean() });
  const verified = zod.strictObject({
    ...named,
    path: zod.string().nullable(),
    how: zod.string().nullable(),
    state: zod.enum(['verified', 'unknown', 'damaged', 'missing']),
    problem: zod.string().nullable(),
    files: zod.array(zod.strictObject({ name: zod.string(), bytes: zod.int().min(0), sha256: sha256Schema(zod) })),
    warnings: zod.array(warningSchema(zod)),
  });
  const counts = zod.array(zod.int().min(0));
  const shown = zod.strictObject({
    ...dataSchema(zod).shape,
    classCounts: zod.strictObject({ train: counts, test: counts }),
    picture: zod.string(),
    classesShown: zod.int().min(0),
  });
  return zod.strictObject({
    action: zod.enum(['list', 'get', 'verify', 'show']),
    dataSets: zod.array(zod.union([listed, got, verified, shown])),
  });
}
