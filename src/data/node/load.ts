/**
 * @file Loads data sets: from a folder, from downloads that are kept, from an installed package, or by downloading them, in
 * this order.
 *
 * A file's content, not its place, says what it is: files with a catalogue entry's SHA-256 are that data set. Files of any
 * other content are a data set of the user's own, with the classes that `classes.txt` names or else those that its labels
 * use. Downloads are held to their SHA-256 each time they are loaded.
 */

import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { DataError } from '../../errors.ts';
import { type CatalogueEntry, catalogue, catalogueEntry } from '../catalogue.ts';
import { parseCifar } from '../cifar.ts';
import { parseClassList } from '../class-list.ts';
import { classNames, type DataSet, dataSet, imagesFrom } from '../data-set.ts';
import { type Idx, parseIdx } from '../idx.ts';
import { type Content, type FileContent, hasSizesOf, matchOf, readContent, readDownloads } from './content.ts';
import { type DownloadEvent, downloadDataSet, NoMirrorError } from './download.ts';
import { cacheFolderOf, isOffline, mirrorsOf, type Places } from './environment.ts';
import { type Location, locate, locateIn, locateInCache, locateInPackage, remedyFor } from './find.ts';
import { readWholeFile } from './read-file.ts';
import type { TimeLimits } from './time-limits.ts';

/** A data set, and where it came from. */
export interface LoadedDataSet extends DataSet {
  /** The folder; verified: every file has the SHA-256 that the catalogue promises. */
  readonly origin: { readonly path: string; readonly verified: boolean };
}

/** Options of `loadDataSet`. */
export interface LoadOptions extends Places {
  /** A folder with the files; nothing is looked for elsewhere. */
  dataDir?: string;
  /** Whether to compare SHA-256 of files in a folder or a package (default true; 0.1 s for MNIST). */
  verify?: boolean;
  /** Gets what happens while the set is downloaded; the first event comes before the first byte. */
  onDownload?: ((event: DownloadEvent) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Time limits of downloads. */
  limits?: TimeLimits;
}

/**
 * Loads a data set of the catalogue, and downloads it if it is not on this machine. Files in `dataDir` of other sizes than
 * the catalogue's are taken as a data set of the user's own, as by `loadDirectory`.
 *
 * @param name a name or alias in the catalogue
 * @throws UsageError if no data set has that name
 * @throws DataError if a file is missing and cannot be downloaded, is damaged, or not what it claims to be
 */
export async function loadDataSet(name: string, options: LoadOptions = {}): Promise<LoadedDataSet> {
  return loadEntry(catalogueEntry(name), options);
}

/** Loads a data set by its entry. @throws DataError */
export async function loadEntry(entry: CatalogueEntry, options: LoadOptions = {}): Promise<LoadedDataSet> {
  const { dataDir } = options;
  if (dataDir !== undefined) return loadGiven(entry, await locateIn(dataDir), options.verify ?? true);
  const kept = await loadDownloads(entry, options);
  if (kept) return kept;
  const inPackage = await locateInPackage(entry);
  if (inPackage) return loadGiven(entry, inPackage, options.verify ?? true);
  // What was there already may turn out to be damaged.
  for (let round = 0; round < 2; round++) {
    await download(entry, options);
    const downloaded = await loadDownloads(entry, options);
    if (downloaded) return downloaded;
  }
  const folder = cacheFolderOf(entry, options);
  throw new DataError(`${entry.title} was damaged in ${folder} right after its download. Check the disk.`);
}

/**
 * Downloads a data set, unless its files are kept already.
 *
 * @throws DataError if it cannot be downloaded, or written
 */
export async function download(entry: CatalogueEntry, options: LoadOptions = {}): Promise<void> {
  const { signal, onDownload, limits } = options;
  // Says what is missing, and how to get it.
  if (isOffline(options)) await locate(entry, options);
  const folder = cacheFolderOf(entry, options);
  try {
    const mirrors = mirrorsOf(entry, options);
    await downloadDataSet(entry, { folder, mirrors, signal, onDownload, ...(limits === undefined ? {} : { limits }) });
  } catch (cause) {
    if (!(cause instanceof NoMirrorError)) throw cause;
    const problem = `${entry.title} is not on this machine, and cannot be downloaded: ${cause.message}`;
    throw new DataError(`${problem}. Check the network. ${remedyFor(entry, options)}`, { cause });
  }
}

/**
 * Loads a data set of the catalogue as `loadDataSet` does; where it is not on this machine and cannot be downloaded, says
 * why instead of failing.
 *
 * @throws UsageError if no data set has that name; DataError if a file in `dataDir` is missing or damaged
 */
export async function loadIfPossible(
  name: string,
  options: LoadOptions = {},
): Promise<LoadedDataSet | { readonly missing: string }> {
  try {
    return await loadDataSet(name, options);
  } catch (error) {
    if (options.dataDir !== undefined || !(error instanceof DataError)) throw error;
    return { missing: error.message };
  }
}

/**
 * Loads a folder of IDX files, or of CIFAR's binary files, of any origin. If they are a data set of the catalogue, it gets
 * that one's name and classes; otherwise the folder's name, and the classes of `classes.txt`, one a line, or else `'0'` up
 * to the largest label. Four files of a catalogue set's sizes of which only some have its content are refused.
 *
 * @throws DataError if a file is missing or damaged, or they do not fit together
 */
export async function loadDirectory(dataDir: string): Promise<LoadedDataSet> {
  return loadUnnamed(await locateIn(dataDir));
}

/**
 * Loads what was found, and verifies it; nothing is removed or downloaded.
 *
 * @param entry whose files they should be; null: to be told by their content
 * @throws DataError if a file is missing, damaged, or not what it claims to be
 */
export async function loadLocated(entry: CatalogueEntry | null, location: Location): Promise<LoadedDataSet> {
  if (entry === null) return loadUnnamed(location);
  if (!location.isCache) return loadGiven(entry, location, true);
  const content = await readDownloads(entry, location.folder);
  if (!('damaged' in content)) return assemble(location, content, entry.name, entry.classes, true);
  const files = content.damaged.map((path) => basename(path)).join(', ');
  const remedy = `It is downloaded again when it is needed, or by ocellus data get ${entry.name} once it is removed`;
  throw new DataError(`In ${location.folder}, ${files} is not what was downloaded. ${remedy}.`);
}

async function loadUnnamed(location: Location): Promise<LoadedDataSet> {
  const content = await readContent(location.files);
  for (const entry of catalogue) {
    if (!hasSizesOf(entry, content)) continue;
    const { match, wrong, someRight } = matchOf(entry, content);
    if (match === 'yes') return assemble(location, content, entry.name, entry.classes, true);
    // Files as large as MNIST's of which some are MNIST's: the others are damaged, not somebody's own.
    if (wrong && someRight) throw wrong;
  }
  return ownDataSet(location, content);
}

/** Files of which it is said whose they are. */
async function loadGiven(entry: CatalogueEntry, location: Location, verify: boolean): Promise<LoadedDataSet> {
  const content = await readContent(location.files);
  if (location.how === 'given folder' && !hasSizesOf(entry, content)) return ownDataSet(location, content);
  if (!verify) return assemble(location, content, entry.name, entry.classes, false);
  const { match, wrong } = matchOf(entry, content);
  if (wrong) throw wrong;
  return assemble(location, content, entry.name, entry.classes, match === 'yes');
}

/** Null if they are not complete; what is damaged is removed first. */
async function loadDownloads(entry: CatalogueEntry, options: LoadOptions): Promise<LoadedDataSet | null> {
  const location = await locateInCache(entry, options);
  if (!location) return null;
  const content = await readDownloads(entry, location.folder);
  if (!('damaged' in content)) return assemble(location, content, entry.name, entry.classes, true);
  for (const path of content.damaged) {
    options.onDownload?.({ kind: 'damaged', path });
    await rm(path, { force: true }).catch(() => {});
  }
  return null;
}

async function ownDataSet(location: Location, content: Content): Promise<LoadedDataSet> {
  const classes = (await listedClasses(location)) ?? classesInUse(content);
  return assemble(location, content, basename(location.folder), classes, false);
}

async function listedClasses({ classList }: Location): Promise<string[] | undefined> {
  if (classList === null) return undefined;
  return parseClassList((await readWholeFile(classList)).toString('utf8'), classList);
}

function classesInUse(content: Content): readonly string[] {
  if (content.format === 'cifar') return catalogueEntry('cifar-10').classes;
  return classNames(idxOf(content.files.train.labels), idxOf(content.files.test.labels));
}

function assemble(
  location: Location,
  content: Content,
  name: string,
  classes: readonly string[],
  verified: boolean,
): LoadedDataSet {
  const images = (part: 'train' | 'test') =>
    content.format === 'cifar'
      ? parseCifar(content[part], classes)
      : imagesFrom(idxOf(content.files[part].images), idxOf(content.files[part].labels), classes);
  return { ...dataSet(name, classes, images('train'), images('test')), origin: { path: location.folder, verified } };
}

function idxOf({ bytes, name }: FileContent): Idx {
  return parseIdx(bytes, name);
}
