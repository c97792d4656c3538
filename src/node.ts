/** @file The public API that needs a file system: data sets and models by path. */
import type { DataSet } from './data/data-set.ts';
import { writeFileAtomically } from './data/node/atomic-file.ts';
import { loadDataSet } from './data/node/load.ts';
import { readWholeFile } from './data/node/read-file.ts';
import { load, save } from './export/model-file.ts';
import type { Trained } from './training/trained.ts';

export { loadDataSet, loadDirectory } from './data/node/load.ts';

/** MNIST, from a folder or from where this machine has it. @throws DataError */
export const mnist = (options: { dataDir?: string } = {}): Promise<DataSet> => loadDataSet('mnist', options);

/** Fashion-MNIST, from a folder or from where this machine has it. @throws DataError */
export const fashionMnist = (options: { dataDir?: string } = {}): Promise<DataSet> =>
  loadDataSet('fashion-mnist', options);

/** Saves a model under a path; an older file there stays whole until the new one is. @throws DataError */
export const saveModel = (trained: Trained, path: string): Promise<void> => writeFileAtomically(path, save(trained));

/** @throws DataError */
export async function loadModel(path: string): Promise<Trained> {
  return load(await readWholeFile(path), path);
}
