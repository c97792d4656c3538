/** @file `--data`: a data set of the catalogue by its name, or a folder; and what is told of downloads and of what is loaded. */
import { stat } from 'node:fs/promises';
import { dataSetNames } from '../data/catalogue.ts';
import { checkDataSet } from '../data/guard.ts';
import type { DownloadEvent } from '../data/node/download.ts';
import { type LoadedDataSet, loadDataSet, loadDirectory } from '../data/node/load.ts';
import { UsageError } from '../errors.ts';
import { formatMegabytes } from '../format-number.ts';
import { didYouMean } from '../nearest.ts';
import type { Context } from './context.ts';
import { text } from './options.ts';
import { createProgress, type Progress, type Task } from './progress.ts';

export const dataOption = {
  ...text('name|folder', 'a data set by its name, or a folder with its files', 'mnist'),
  words: () => dataSetNames,
};

/**
 * Says whether `--data` is a known name or a folder, before anything is loaded. A name goes before a folder of that name.
 * What it gives loads the data, downloads it if need be, and warns of what is wrong with it.
 * @throws UsageError if it is neither
 */
export async function resolveData(data: string, context: Context): Promise<() => Promise<LoadedDataSet>> {
  const isName = await isDataName(data);
  return async () => {
    if (isName)
      return withDownloads(context, (onDownload) => loadDataSet(data, { offline: context.offline, onDownload }));
    const loaded = await loadDirectory(data);
    // What has the catalogue's hashes is as it should be.
    if (!loaded.origin.verified) for (const { message } of await checkDataSet(loaded)) context.warn(message);
    return loaded;
  };
}

/** Whether it is a name of the catalogue. @throws UsageError if it is no folder either */
export async function isDataName(data: string): Promise<boolean> {
  if (dataSetNames.includes(data.toLowerCase())) return true;
  const isPath = /[/\\]/.test(data) || data === '.' || data === '..';
  if (isPath || (await isFolder(data))) return false;
  throw new UsageError(
    `There is no data set "${data}"${didYouMean(data, dataSetNames)} There are ${dataSetNames.join(', ')}; ` +
      'or give a folder with its files, ./FOLDER.',
  );
}

/** Runs `load`; what it tells of downloads goes to stderr: the size before the first byte, and then how far it is. */
export async function withDownloads<T>(
  context: Context,
  load: (onDownload: (event: DownloadEvent) => void) => Promise<T>,
): Promise<T> {
  let progress: Progress | undefined;
  let task: Task | undefined;
  try {
    return await load((event) => {
      switch (event.kind) {
        case 'start':
          context.note(
            `Downloading ${event.title} (${formatMegabytes(event.bytes)}) from ${event.from} to ${event.to}.`,
          );
          progress ??= createProgress(context);
          task = progress.task(event.title, event.bytes);
          break;
        case 'progress':
          task?.update(event.received, `of ${formatMegabytes(event.bytes)}`);
          break;
        case 'trouble':
          context.note(`${event.url} ${event.problem}.`);
          break;
        case 'wait':
          context.note(`Another process is downloading ${event.path}: waiting for it.`);
          break;
        case 'damaged':
          context.warn(`${event.path} was damaged, and is removed.`);
          break;
        case 'done':
          task?.done('downloaded and verified');
          break;
      }
    });
  } finally {
    progress?.stop();
  }
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
