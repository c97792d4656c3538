/** @file What is wrong with downloads that are kept, as far as the names and sizes of the files tell. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatCount } from '../../format-number.ts';
import { type CatalogueEntry, downloadsOf } from '../catalogue.ts';
import { cacheFolderOf, type Places } from './environment.ts';

/** Some of a data set's files, but not all, or not as long as they should be. */
export interface IncompleteDownloads {
  readonly folder: string;
  /** Each file that is missing or wrong, and why; the end of a sentence. */
  readonly problem: string;
  /** The paths of the files that are there, of whatever size. */
  readonly held: readonly string[];
}

/** Null if the downloads that are kept are complete, or none of their files is there. */
export async function findIncomplete(entry: CatalogueEntry, places: Places): Promise<IncompleteDownloads | null> {
  const folder = cacheFolderOf(entry, places);
  const held: string[] = [];
  const wrong: string[] = [];
  let isThereAny = false;
  for (const { name, bytes } of downloadsOf(entry)) {
    const found = await stat(join(folder, name)).catch(() => null);
    isThereAny ||= found !== null;
    if (found?.isFile()) held.push(join(folder, name));
    if (found === null) wrong.push(`${name} is missing`);
    else if (!found.isFile()) wrong.push(`${name} is not a file`);
    else if (found.size !== bytes) {
      wrong.push(`${name} has ${formatCount(found.size, 'byte')}, and should have ${formatCount(bytes)}`);
    }
  }
  return isThereAny && wrong.length > 0 ? { folder, problem: wrong.join('; '), held } : null;
}
