/**
 * @file What a caller or the environment says about where data sets come from. `OCELLUS_CACHE`: the folder that keeps
 * downloads; `OCELLUS_OFFLINE`: any value but the empty one and 0 forbids them; `OCELLUS_MIRROR`: a folder on the web that
 * has all sets, each in a folder of its name, in place of the mirrors of the catalogue.
 */

import { join, resolve } from 'node:path';
import envPaths from 'env-paths';
import { UsageError } from '../../errors.ts';
import type { CatalogueEntry } from '../catalogue.ts';

/** Where data sets may come from; what is left out follows from the environment. */
export interface Places {
  /** The folder that keeps downloads. */
  readonly cacheDir?: string | undefined;
  /** Whether downloads are forbidden. */
  readonly offline?: boolean | undefined;
  /** Folders on the web that hold the set's packed files, in place of the catalogue's. */
  readonly mirrors?: readonly string[] | undefined;
}

/** The folder that keeps a set's downloads, which need not exist. */
export function cacheFolderOf({ name }: CatalogueEntry, { cacheDir }: Places): string {
  const cache = cacheDir ?? (process.env.OCELLUS_CACHE || envPaths('ocellus', { suffix: '' }).cache);
  return join(resolve(cache), 'data', name);
}

export function isOffline({ offline }: Places): boolean {
  return offline ?? !['', '0'].includes(process.env.OCELLUS_OFFLINE ?? '');
}

/**
 * The web folders that a set is downloaded from, in order.
 *
 * @throws UsageError if one is no address on the web
 */
export function mirrorsOf({ name, mirrors: known }: CatalogueEntry, { mirrors }: Places): URL[] {
  const own = process.env.OCELLUS_MIRROR;
  const chosen = mirrors ?? (own ? [`${withSlash(own)}${name}/`] : known);
  return chosen.map((address) => {
    const url = URL.parse(withSlash(address));
    if (url !== null && ['http:', 'https:'].includes(url.protocol)) return url;
    throw new UsageError(
      `A mirror needs to be an address on the web, such as https://example.org/data/, but is "${address}".`,
    );
  });
}

const withSlash = (address: string): string => (address.endsWith('/') ? address : `${address}/`);
