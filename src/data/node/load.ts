/**
 * @file Loads data sets from disk.
 *
 * A file's content, not its place, says what it is: files with a catalogue entry's SHA-256 are that data set. Files of any
 * other content are a data set of the user's own, with the classes that its labels use.
 */

import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { DataError } from '../../errors.ts';
import { type CatalogueEntry, catalogue, catalogueEntry, type PinnedFile, type SetOf } from '../catalogue.ts';
import { classNames, type DataSet, dataSet, imagesFrom } from '../data-set.ts';
import { type Idx, parseIdx } from '../idx.ts';
import { type Location, locate, locateIn } from './find.ts';
import { readIdxFile } from './read-file.ts';

/** A data set, and where it came from. */
export interface LoadedDataSet extends DataSet {
  /** The folder; verified: every file has the SHA-256 that the catalogue promises. */
  readonly origin: { readonly path: string; readonly verified: boolean };
}

/** Options of `loadDataSet`. */
export interface LoadOptions {
  /** A folder with the four files; otherwise an installed package provides them. */
  dataDir?: string;
  /** Whether to compare SHA-256 (default true; 0.1 s for MNIST). */
  verify?: boolean;
}

/** A file's name and uncompressed content. */
interface Content {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Loads a data set of the catalogue. Four files in `dataDir` of other sizes than the catalogue's are taken as a data set
 * of the user's own, as by `loadDirectory`.
 *
 * @param name a name or alias in the catalogue
 * @throws UsageError if no data set has that name
 * @throws DataError if a file is missing, damaged, or not what it claims to be
 */
export async function loadDataSet(name: string, options: LoadOptions = {}): Promise<LoadedDataSet> {
  const entry = catalogueEntry(name);
  const location = await locate(entry, options.dataDir);
  const contents = await read(location);
  if (options.dataDir !== undefined && !hasSizesOf(entry, contents)) return ownDataSet(location, contents);
  const verified = options.verify ?? true;
  if (verified) verify(entry, contents);
  return assemble(location, contents, entry.name, entry.classes, verified);
}

/**
 * Loads a folder of four IDX files of any origin. If they are a data set of the catalogue, it gets that one's name and
 * classes; otherwise the folder's name, and the classes `'0'` up to the largest label.
 * Four files of a catalogue set's sizes of which only some have its content are refused.
 *
 * @throws DataError if a file is missing or damaged, or they do not fit together
 */
export async function loadDirectory(dataDir: string): Promise<LoadedDataSet> {
  const location = await locateIn(dataDir);
  const contents = await read(location);
  const entry = catalogue.find((each) => hasSizesOf(each, contents) && mismatchOf(each, contents) === undefined);
  if (entry) return assemble(location, contents, entry.name, entry.classes, true);
  // Files as large as MNIST's of which some are MNIST's: the others are damaged, not somebody's own.
  const meant = catalogue.find((each) => hasSizesOf(each, contents) && pairs(each, contents).some(isPinned));
  if (meant) verify(meant, contents);
  return ownDataSet(location, contents);
}

function ownDataSet(location: Location, contents: SetOf<Content>): LoadedDataSet {
  const classes = classNames(idxOf(contents.train.labels), idxOf(contents.test.labels));
  return assemble(location, contents, basename(location.folder), classes, false);
}

function assemble(
  location: Location,
  { train, test }: SetOf<Content>,
  name: string,
  classes: readonly string[],
  verified: boolean,
): LoadedDataSet {
  const trainImages = imagesFrom(idxOf(train.images), idxOf(train.labels), classes);
  const testImages = imagesFrom(idxOf(test.images), idxOf(test.labels), classes);
  return { ...dataSet(name, classes, trainImages, testImages), origin: { path: location.folder, verified } };
}

async function read({ paths }: Location): Promise<SetOf<Content>> {
  const content = async (path: string): Promise<Content> => ({ name: basename(path), bytes: await readIdxFile(path) });
  // The small files first: what is wrong with them shows at once.
  const [trainLabels, testLabels] = [await content(paths.train.labels), await content(paths.test.labels)];
  const [testImages, trainImages] = [await content(paths.test.images), await content(paths.train.images)];
  return {
    train: { images: trainImages, labels: trainLabels },
    test: { images: testImages, labels: testLabels },
  };
}

function idxOf({ bytes, name }: Content): Idx {
  return parseIdx(bytes, name);
}

function hasSizesOf(entry: CatalogueEntry, contents: SetOf<Content>): boolean {
  return pairs(entry, contents).every(([pinned, { bytes }]) => pinned.bytes === bytes.length);
}

/** @throws DataError naming the first file whose content is not the catalogue's */
function verify(entry: CatalogueEntry, contents: SetOf<Content>): void {
  const mismatch = mismatchOf(entry, contents);
  if (!mismatch) return;
  const [{ sha256 }, { name, bytes }] = mismatch;
  const received = sha256Of(bytes);
  const other = catalogue.find((each) => pairs(each, contents).some(([pinned]) => pinned.sha256 === received));
  const own = pairs(entry, contents).some(isPinned)
    ? ''
    : ' Or, if these are images of your own, load the folder without naming a data set.';
  const remedy = other ? `It is ${other.title}'s: ask for ${other.name}.` : `Get the file again.${own}`;
  throw new DataError(
    `${name} is not ${entry.title}'s: its SHA-256 is ${received}, and should be ${sha256}. ${remedy}`,
  );
}

function mismatchOf(entry: CatalogueEntry, contents: SetOf<Content>): [PinnedFile, Content] | undefined {
  return pairs(entry, contents).find((pair) => !isPinned(pair));
}

function isPinned([{ sha256 }, { bytes }]: [PinnedFile, Content]): boolean {
  return sha256 === sha256Of(bytes);
}

function pairs({ files }: CatalogueEntry, { train, test }: SetOf<Content>): [PinnedFile, Content][] {
  return [
    [files.train.labels, train.labels],
    [files.test.labels, test.labels],
    [files.test.images, test.images],
    [files.train.images, train.images],
  ];
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
