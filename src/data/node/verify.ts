/** @file Verifies the files of a data set where they are: nothing is downloaded, and nothing removed. */

import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { DataError } from '../../errors.ts';
import { type CatalogueEntry, catalogueEntry, titleOf } from '../catalogue.ts';
import { checkDataSet, type DataWarning } from '../guard.ts';
import type { Places } from './environment.ts';
import { type LocatedFiles, type Location, locate, locateIn, locateInPackage } from './find.ts';
import { findIncomplete } from './incomplete.ts';
import { loadLocated } from './load.ts';
import { sha256OfFile } from './part-file.ts';

export interface Verification {
  readonly name: string;
  readonly title: string;
  /** The folder; null if there is none. */
  readonly path: string | null;
  /** What provides the files. */
  readonly how: string | null;
  /**
   * verified: every file has the SHA-256 that the catalogue promises; unknown: the catalogue promises nothing, as for
   * somebody's own images.
   */
  readonly state: 'verified' | 'unknown' | 'damaged' | 'missing';
  /** What is damaged or missing, and what to do. */
  readonly problem: string | null;
  /** The files that are there, packed or not. */
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  readonly warnings: readonly DataWarning[];
}

/**
 * Verifies a data set of the catalogue by its name, or a folder.
 *
 * @throws UsageError if no data set has that name
 */
export async function verifyDataSet(
  named: { readonly name: string } | { readonly dataDir: string },
  places: Places = {},
): Promise<Verification> {
  const entry = 'name' in named ? catalogueEntry(named.name) : null;
  const own = 'name' in named ? named.name : basename(named.dataDir);
  const nothing = {
    name: entry?.name ?? own,
    title: entry?.title ?? own,
    path: null,
    how: null,
    files: [],
    warnings: [],
  };
  const incomplete = entry === null ? null : await findIncomplete(entry, places);
  if (incomplete !== null) {
    const { folder: path, held } = incomplete;
    const problem = `${path} is incomplete: ${incomplete.problem}. ${await remedyForIncomplete(entry!)}`;
    // One that cannot be read has no hash to list.
    const files = await lookAtAll(held).catch(() => []);
    return { ...nothing, path, how: 'cache', state: 'damaged', problem, files };
  }
  let location: Location;
  try {
    location = 'name' in named ? await locate(entry!, places) : await locateIn(named.dataDir);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return { ...nothing, state: 'missing', problem: error.message };
  }
  const found = { ...nothing, path: location.folder, how: location.how };
  try {
    const files = await lookAtAll(pathsOf(location.files));
    try {
      const data = await loadLocated(entry, location);
      const { name, origin } = data;
      const state = origin.verified ? 'verified' : 'unknown';
      return { ...found, name, title: titleOf(name), files, state, problem: null, warnings: await checkDataSet(data) };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      return { ...found, files, state: 'damaged', problem: error.message };
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    return { ...found, state: 'damaged', problem: `${location.folder} cannot be read (${error.message}).` };
  }
}

function pathsOf(files: LocatedFiles): readonly string[] {
  if (files.format === 'cifar archive') return [files.path];
  if (files.format === 'cifar') return [...files.train, ...files.test];
  const { train, test } = files.paths;
  return [train.images, train.labels, test.images, test.labels];
}

function lookAtAll(paths: readonly string[]): Promise<Verification['files']> {
  return Promise.all(
    paths.map(async (path) => ({
      name: basename(path),
      bytes: (await stat(path)).size,
      sha256: await sha256OfFile(path),
    })),
  );
}

async function remedyForIncomplete(entry: CatalogueEntry): Promise<string> {
  const other = await locateInPackage(entry);
  return other === null
    ? `Get what is missing with ocellus data get ${entry.name}.`
    : `Remove the folder: ${other.how} has all of ${entry.title}.`;
}
