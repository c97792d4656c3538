/**
 * @file Where a data set's files are on this machine: in a given folder, or in an installed package.
 *
 * A folder's files go by MNIST's names, `train-images-idx3-ubyte` and so on: raw or .gz, `-idx3-` or `.idx3-`, `test` for
 * `t10k`, any rank and type (QMNIST's `idx2-int`) and any prefix (EMNIST's `emnist-balanced-`).
 */

import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { DataError } from '../../errors.ts';
import { type CatalogueEntry, catalogueEntry, type SetOf } from '../catalogue.ts';

/** Where a data set would be loaded from. */
export interface FoundDataSet {
  readonly name: string;
  readonly title: string;
  readonly found: boolean;
  /** The folder with the files; null if not found. */
  readonly path: string | null;
  /** What provides it; if not found, how to get it. */
  readonly how: string;
}

/** The four files of a data set, and the folder that holds them. */
export interface Location {
  readonly folder: string;
  readonly paths: SetOf<string>;
  /** What provides them. */
  readonly how: string;
}

/**
 * Says where a data set would be loaded from, without loading it.
 *
 * @throws UsageError if no data set has that name
 */
export async function findDataSet(name: string, options: { dataDir?: string } = {}): Promise<FoundDataSet> {
  const entry = catalogueEntry(name);
  const { title } = entry;
  try {
    const { folder, how } = await locate(entry, options.dataDir);
    return { name: entry.name, title, found: true, path: folder, how };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return { name: entry.name, title, found: false, path: null, how: error.message };
  }
}

/**
 * How to get a data set, as the end of a sentence.
 *
 * @param option what gives its folder on the command line
 */
export function describeMissing(name: string, option = '--data'): string {
  return remedyFor(catalogueEntry(name), option);
}

/**
 * Looks in `dataDir` if given, else in the entry's package.
 *
 * @throws DataError, saying how to get the data set, if a file is missing
 */
export async function locate(entry: CatalogueEntry, dataDir?: string): Promise<Location> {
  if (dataDir !== undefined) return locateIn(dataDir);
  const folder = packageFolder(entry);
  if (folder !== null) {
    try {
      return { ...(await locateIn(folder)), how: `package ${entry.package.name}` };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
    }
  }
  throw new DataError(`${entry.title} is not on this machine. Get it with ${remedyFor(entry)}.`);
}

/**
 * Finds the four files in a folder.
 *
 * @throws DataError if the folder cannot be read, or a file is missing or there twice
 */
export async function locateIn(dataDir: string): Promise<Location> {
  const folder = resolve(dataDir);
  const names = await namesIn(folder);
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
  return { folder, paths, how: 'given folder' };
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
  const { name, folder } = entry.package;
  if (isAbsolute(folder)) return folder;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), folder);
  } catch {
    return null;
  }
}

function remedyFor(entry: CatalogueEntry, option = '--data'): string {
  return `${entry.package.install}, or give ${option} DIR with its four IDX files (raw or .gz)`;
}
