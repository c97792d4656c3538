/** @file The content of a data set's files, and whether it is what the catalogue promises. */

import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { DataError } from '../../errors.ts';
import {
  type CatalogueEntry,
  catalogue,
  downloadsOf,
  type IdxEntry,
  type PinnedFile,
  type SetOf,
} from '../catalogue.ts';
import { type CifarFile, cifarRecordBytes, unpackCifar } from '../cifar.ts';
import { inflateIdx } from '../gzip.ts';
import type { LocatedFiles } from './find.ts';
import { readIdxContent, readWholeFile } from './read-file.ts';

/** A data set's files, uncompressed. */
export type Content = IdxContent | CifarContent;

export interface IdxContent {
  readonly format: 'idx';
  readonly files: SetOf<FileContent>;
}

export interface CifarContent {
  readonly format: 'cifar';
  readonly train: readonly CifarFile[];
  readonly test: readonly CifarFile[];
  /** SHA-256 of the archive; null for files without one. */
  readonly archiveSha256: string | null;
}

/** A file's uncompressed content. */
export interface FileContent {
  /** Its path, for messages. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The file as it is, if it is packed. */
  readonly packed: Uint8Array | null;
}

/** @throws DataError if a file cannot be read, or is damaged */
export async function readContent(files: LocatedFiles): Promise<Content> {
  if (files.format === 'cifar archive') {
    const bytes = await readWholeFile(files.path);
    return unpackPinned(bytes, files.path);
  }
  if (files.format === 'cifar') {
    const read = (paths: readonly string[]) =>
      Promise.all(paths.map(async (path) => ({ name: basename(path), bytes: await readWholeFile(path) })));
    return { format: 'cifar', train: await read(files.train), test: await read(files.test), archiveSha256: null };
  }
  const { train, test } = files.paths;
  const content = async (path: string): Promise<FileContent> => ({ name: path, ...(await readIdxContent(path)) });
  // The small files first: what is wrong with them shows at once.
  const [trainLabels, testLabels] = [await content(train.labels), await content(test.labels)];
  const [testImages, trainImages] = [await content(test.images), await content(train.images)];
  return {
    format: 'idx',
    files: { train: { images: trainImages, labels: trainLabels }, test: { images: testImages, labels: testLabels } },
  };
}

/** An archive is known by its hash before anything of it is inflated. */
async function unpackPinned(bytes: Uint8Array, name: string): Promise<CifarContent> {
  const archiveSha256 = sha256Of(bytes);
  const known = catalogue.filter((entry) => entry.format === 'cifar');
  if (!known.some(({ archive }) => archive.sha256 === archiveSha256)) {
    const promised = known.map(({ title, archive }) => `${title}'s ${archive.sha256}`).join(' or ');
    throw new DataError(`${name} has the SHA-256 ${archiveSha256}, and should have ${promised}. Get the file again.`);
  }
  return { format: 'cifar', ...(await unpackCifar(bytes, name)), archiveSha256 };
}

/** Whether the files have the lengths that the entry's have. */
export function hasSizesOf(entry: CatalogueEntry, content: Content): boolean {
  if (entry.format === 'idx') {
    return (
      content.format === 'idx' && pairs(entry, content).every(([pinned, { bytes }]) => pinned.bytes === bytes.length)
    );
  }
  if (content.format === 'idx') return false;
  const records = (files: readonly CifarFile[]): number =>
    files.reduce((sum, { bytes }) => sum + bytes.length / cifarRecordBytes, 0);
  return records(content.train) === entry.trainImages && records(content.test) === entry.testImages;
}

/** `yes`, `no`, or `unknown` where only other forms of the file have a known hash. */
export type Match = 'yes' | 'no' | 'unknown';

/** Whether the files are the entry's, and the first that is not. */
export function matchOf(
  entry: CatalogueEntry,
  content: Content,
): { readonly match: Match; readonly wrong?: DataError; readonly someRight: boolean } {
  if (entry.format === 'cifar' || content.format === 'cifar') {
    const isPinned = isArchiveOf(entry, content);
    return { match: isPinned ? 'yes' : 'unknown', someRight: isPinned };
  }
  const matches = pairs(entry, content).map(([pinned, file]) => ({ pinned, file, match: matchOfFile(pinned, file) }));
  const someRight = matches.some(({ match }) => match === 'yes');
  const wrong = matches.find(({ match }) => match === 'no');
  if (!wrong) return { match: matches.every(({ match }) => match === 'yes') ? 'yes' : 'unknown', someRight };
  return { match: 'no', wrong: mismatch(entry, wrong.pinned, wrong.file, content, someRight), someRight };
}

function isArchiveOf(entry: CatalogueEntry, content: Content): boolean {
  return entry.format === 'cifar' && content.format === 'cifar' && content.archiveSha256 === entry.archive.sha256;
}

function matchOfFile({ sha256, packed }: PinnedFile, file: FileContent): Match {
  if (sha256 !== null) return sha256 === sha256Of(file.bytes) ? 'yes' : 'no';
  // Of another .gz it cannot be told whether the content differs, or the packing.
  return file.packed !== null && sha256Of(file.packed) === packed.sha256 ? 'yes' : 'unknown';
}

function mismatch(
  entry: IdxEntry,
  { sha256 }: PinnedFile,
  { name, bytes }: FileContent,
  content: IdxContent,
  someRight: boolean,
): DataError {
  const received = sha256Of(bytes);
  const other = catalogue
    .filter((each) => each.format === 'idx')
    .find((each) => pairs(each, content).some(([pinned]) => pinned.sha256 === received));
  const own = someRight ? '' : ' Or, if these are images of your own, load the folder without naming a data set.';
  const remedy = other ? `It is ${other.title}'s: ask for ${other.name}.` : `Get the file again.${own}`;
  return new DataError(
    `${name} is not ${entry.title}'s: its SHA-256 is ${received}, and should be ${sha256}. ${remedy}`,
  );
}

function pairs({ files }: IdxEntry, { files: { train, test } }: IdxContent): [PinnedFile, FileContent][] {
  return [
    [files.train.labels, train.labels],
    [files.test.labels, test.labels],
    [files.test.images, test.images],
    [files.train.images, train.images],
  ];
}

/**
 * The content of downloads, each held to the hash of the packed file.
 *
 * @returns the paths of the files that are not the ones that are promised, if there are any
 * @throws DataError if a file cannot be read
 */
export async function readDownloads(
  entry: CatalogueEntry,
  folder: string,
): Promise<Content | { readonly damaged: readonly string[] }> {
  const packed = new Map<string, Uint8Array>();
  const damaged: string[] = [];
  for (const { name, sha256 } of downloadsOf(entry)) {
    const path = join(folder, name);
    const bytes = await readWholeFile(path);
    if (sha256Of(bytes) !== sha256) damaged.push(path);
    packed.set(name, bytes);
  }
  if (damaged.length > 0) return { damaged };
  if (entry.format === 'cifar') {
    const { name, sha256 } = entry.archive;
    const files = await unpackCifar(packed.get(name)!, join(folder, name));
    return { format: 'cifar', ...files, archiveSha256: sha256 };
  }
  const content = async ({ packed: { name } }: PinnedFile): Promise<FileContent> => {
    const [bytes, path] = [packed.get(name)!, join(folder, name)];
    return { name: path, bytes: await inflateIdx(bytes, path), packed: bytes };
  };
  const { train, test } = entry.files;
  return {
    format: 'idx',
    files: {
      train: { images: await content(train.images), labels: await content(train.labels) },
      test: { images: await content(test.images), labels: await content(test.labels) },
    },
  };
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
