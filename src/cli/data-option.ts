/** @file `--data`: a data set of the catalogue by its name, or a folder with IDX files. */
import { stat } from 'node:fs/promises';
import { catalogue } from '../data/catalogue.ts';
import { type LoadedDataSet, loadDataSet, loadDirectory } from '../data/node/load.ts';
import { UsageError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { dataSetNames } from './notation-help.ts';
import { text } from './options.ts';

export const dataOption = {
  ...text('name|folder', 'a data set by its name, or a folder with four IDX files', 'mnist'),
  words: dataSetNames,
};

/**
 * Says whether `--data` is a known name or a folder, before anything is loaded. A name goes before a folder of that name.
 * @throws UsageError if it is neither
 */
export async function resolveData(data: string): Promise<() => Promise<LoadedDataSet>> {
  const names = catalogue.flatMap(({ name, aliases }) => [name, ...aliases]);
  if (names.includes(data.toLowerCase())) return () => loadDataSet(data);
  const isPath = /[/\\]/.test(data) || data === '.' || data === '..';
  if (isPath || (await isFolder(data))) return () => loadDirectory(data);
  throw new UsageError(
    `There is no data set "${data}"${didYouMean(data, names)} There are ${names.join(', ')}; ` +
      'or give a folder with four IDX files, ./FOLDER.',
  );
}

/** @throws UsageError, DataError */
export async function loadData(data: string): Promise<LoadedDataSet> {
  return (await resolveData(data))();
}

/** What documents say of a data set. */
export function describeData({ name, classes, train, test, origin }: LoadedDataSet) {
  const { path, verified } = origin;
  return { name, path, verified, shape: train.shape, classes, trainImages: train.count, testImages: test.count };
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
