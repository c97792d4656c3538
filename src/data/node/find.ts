/**
 * @file Where a data set's files are on this machine: in a given folder, among the downloads that are kept, or in an installed
 * package, in this order.
 *
 * A folder's IDX files go by MNIST's names, `train-images-idx3-ubyte` and so on: raw or .gz, `-idx3-` or `.idx3-`, `test` for
 * `t10k`, any rank and type (QMNIST's `idx2-int`) and any prefix (EMNIST's `emnist-balanced-`). CIFAR's binary files, or
 * their archive, go by their own names.
 */

import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { DataError } from '../../errors.ts';
import { formatMegabytes } from '../../format-number.ts';
import { type CatalogueEntry, catalogueEntry, downloadsOf, type SetOf } from '../catalogue.ts';
import { cifarFiles } from '../cifar.ts';
import { isThere } from './download.ts';
import { cacheFolderOf, isOffline, mirrorsOf, type Places } from './environment.ts';

/** Where a data set would be loaded from. */
export interface FoundDataSet {
  readonly name: string;
  readonly title: string;
  /** Whether it is on this machine: nothing has to be downloaded. */
  readonly found: boolean;
  /** The folder with the files; null if not found. */
  readonly path: string | null;
  /** What provides it; if not found, how to get it. */
  readonly how: string;
}

/** The files of a data set, and the folder that holds them. */
export interface Location {
  readonly folder: string;
  readonly files: LocatedFiles;
  /** A list of class names beside them. */
  readonly classList: string | null;
  /** What provides them. */
  readonly how: string;
  /** Whether they were downloaded, and so can be again. */
  readonly isCache: boolean;
}

/** Paths. */
export type LocatedFiles =
  | { readonly format: 'idx'; readonly paths: SetOf<string> }
  | { readonly format: 'cifar'; readonly train: readonly string[]; readonly test: readonly string[] }
  | { readonly format: 'cifar archive'; readonly path: string };

/**
 * Says where a data set would be loaded from, without loading it.
 *
 * @throws UsageError if no data set has that name
 */
export async function findDataSet(name: string, options: { dataDir?: string } & Places = {}): Promise<FoundDataSet> {
  const entry = catalogueEntry(name);
  const { title } = entry;
  try {
    const { folder, how } = await locate(entry, options);
    return { name: entry.name, title, found: true, path: folder, how };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const canDownload = options.dataDir === undefined && !isOffline(options);
    const megabytes = formatMegabytes(downloadsOf(entry).reduce((sum, { bytes }) => sum + bytes, 0));
    const how = canDownload ? `download of ${megabytes} from ${mirrorsOf(entry, options)[0]?.host}` : error.message;
    return { name: entry.name, title, found: false, path: null, how };
  }
}

/**
 * How to get a data set, as the end of the sentence "Get it with".
 *
 * @param option what gives its folder on the command line
 */
export function describeMissing(name: string, option = '--data'): string {
  const entry = catalogueEntry(name);
  return `${entry.package?.install ?? `ocellus data get ${entry.name}`}, or ${giveFolder(entry, option)}`;
}

/**
 * Looks in `dataDir` if given; else among the downloads, and then in the entry's package.
 *
 * @throws DataError, saying how to get the data set, if a file is missing
 */
export async function locate(entry: CatalogueEntry, options: { dataDir?: string } & Places = {}): Promise<Location> {
  if (options.dataDir !== undefined) return locateIn(options.dataDir);
  const found = (await locateInCache(entry, options)) ?? (await locateInPackage(entry));
  if (found) return found;
  const forbidden = isOffline(options) ? ', and downloads are off (--offline, or OCELLUS_OFFLINE)' : '';
  throw new DataError(`${entry.title} is not on this machine${forbidden}. ${remedyFor(entry, options)}`);
}

/** The downloads that are kept, if they are complete. */
export async function locateInCache(entry: CatalogueEntry, places: Places): Promise<Location | null> {
  const folder = cacheFolderOf(entry, places);
  for (const file of downloadsOf(entry)) if (!(await isThere(folder, file))) return null;
  // The downloads by their names, whatever else there is.
  const path = (name: string): string => join(folder, `${name}.gz`);
  const files: LocatedFiles =
    entry.format === 'cifar'
      ? { format: 'cifar archive', path: join(folder, entry.archive.name) }
      : { format: 'idx', paths: mapFiles(entry.files, ({ name }) => path(name)) };
  return { folder, files, classList: null, how: 'cache', isCache: true };
}

/** The entry's package, if it is installed. */
export async function locateInPackage(entry: CatalogueEntry): Promise<Location | null> {
  const folder = packageFolder(entry);
  if (folder === null) return null;
  try {
    return { ...(await locateIn(folder)), how: `package ${entry.package!.name}` };
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
}

/**
 * Finds the files in a folder.
 *
 * @throws DataError if the folder cannot be read, or a file is missing or there twice
 */
export async function locateIn(dataDir: string): Promise<Location> {
  const folder = resolve(dataDir);
  const names = await namesIn(folder);
  const list = names.find((name) => name.toLowerCase() === 'classes.txt');
  const classList = list === undefined ? null : join(folder, list);
  return {
    folder,
    files: cifarIn(folder, names) ?? idxIn(folder, names),
    classList,
    how: 'given folder',
    isCache: false,
  };
}

function cifarIn(folder: string, names: readonly string[]): LocatedFiles | undefined {
  const all = [...cifarFiles.train, ...cifarFiles.test];
  const missing = all.filter((name) => !names.includes(name));
  const paths = (files: readonly string[]): string[] => files.map((name) => join(folder, name));
  if (missing.length === 0) return { format: 'cifar', train: paths(cifarFiles.train), test: paths(cifarFiles.test) };
  const archive = names.find((name) => name === 'cifar-10-binary.tar.gz');
  if (archive !== undefined) return { format: 'cifar archive', path: join(folder, archive) };
  if (missing.length === all.length) return undefined;
  throw new DataError(`${folder} lacks ${missing.join(', ')}. CIFAR-10 needs all six of its binary files.`);
}

function idxIn(folder: string, names: readonly string[]): LocatedFiles {
  const missing: string[] = [];
  const pathOf = (part: string, canonical: string): string => {
    const pattern = new RegExp(`^(.+-)?(${part})[-.]idx\\d+-\\w+(\\.gz)?$`, 'i');
    const matches = names.filter((name) => pattern.test(name));
    const raw = matches.filter((name) => !/\.gz$/i.test(name));
    const candidates = raw.length > 0 ? raw : matches;
    if (candidates.length > 1) {
      throw new DataError(
        `${folder} holds more than one of a kind: ${candidates.sort().join(', ')}. Keep one data set in a folder.`,
      );
    }
    if (candidates.length === 0) missing.push(canonical);
    return join(folder, candidates[0] ?? canonical);
  };
  const paths = {
    train: {
      images: pathOf('train-images', 'train-images-idx3-ubyte'),
      labels: pathOf('train-labels', 'train-labels-idx1-ubyte'),
    },
    test: {
      images: pathOf('(t10k|test)-images', 't10k-images-idx3-ubyte'),
      labels: pathOf('(t10k|test)-labels', 't10k-labels-idx1-ubyte'),
    },
  };
  if (missing.length > 0) {
    const need = 'A data folder needs four IDX files, raw or .gz';
    throw new DataError(`${folder} lacks ${missing.join(', ')}. ${need}, named as MNIST's.`);
  }
  return { format: 'idx', paths };
}

/** The same for each of the four files. */
function mapFiles<From, To>({ train, test }: SetOf<From>, map: (file: From) => To): SetOf<To> {
  return {
    train: { images: map(train.images), labels: map(train.labels) },
    test: { images: map(test.images), labels: map(test.labels) },
  };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const problems: Record<string, string> = { ENOENT: 'does not exist', ENOTDIR: 'is not a folder' };
    const problem = problems[code] ?? `cannot be read (${message})`;
    throw new DataError(`${folder} ${problem}. Give the folder that holds the IDX files.`, { cause });
  }
}

/** Null if the package is not installed. An npm package is only looked up: its code never runs. */
function packageFolder(entry: CatalogueEntry): string | null {
  if (entry.package === null) return null;
  const { name, folder } = entry.package;
  if (isAbsolute(folder)) return folder;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), folder);
  } catch {
    return null;
  }
}

/** How to get a data set by hand. */
export function remedyFor(entry: CatalogueEntry, places: Places): string {
  const files = downloadsOf(entry).map(({ name }) => name);
  const put = `put ${files.join(', ')} from ${entry.mirrors[0]} into ${cacheFolderOf(entry, places)}`;
  const first = entry.package === null ? `P${put.slice(1)}` : `Get it with ${entry.package.install}; or ${put}`;
  return `${first}; or ${giveFolder(entry, '--data')}.`;
}

const giveFolder = ({ format }: CatalogueEntry, option: string): string =>
  `give ${option} DIR with its ${format === 'idx' ? 'four IDX files (raw or .gz)' : 'binary files, or their archive'}`;
