/** @file Loads the tiny data set in a process of its own, as commands do: `download-child.ts CACHE MIRROR`. */
import { createContext } from '../src/cli/context.ts';
import { withDownloads } from '../src/cli/data-option.ts';
import { fingerprint } from '../src/data/data-set.ts';
import { loadEntry } from '../src/data/node/load.ts';
import { tinyDownload } from './tiny-catalogue.ts';

const [cacheDir, mirror] = process.argv.slice(2) as [string, string];
const data = await withDownloads(
  createContext({ json: false, quiet: false, color: false, offline: false, config: undefined }),
  (onDownload) => loadEntry(tinyDownload().entry, { cacheDir, mirrors: [mirror], offline: false, onDownload }),
);
console.log(await fingerprint(data.train));
