/** @file The public API that needs a file system: data sets and models by path. */
import { writeFileAtomically } from './data/node/atomic-file.ts';
import { type LoadedDataSet, type LoadOptions, loadDataSet } from './data/node/load.ts';
import { readWholeFile } from './data/node/read-file.ts';
import { load, save } from './export/model-file.ts';
import type { Trained } from './training/trained.ts';

export { type JobWatcher, jobPool, type PoolOptions } from './comparison/node/job-pool.ts';
export type { DownloadEvent } from './data/node/download.ts';
export { type FoundDataSet, findDataSet } from './data/node/find.ts';
export {
  type LoadedDataSet,
  type LoadOptions,
  loadDataSet,
  loadDirectory,
  loadIfPossible,
} from './data/node/load.ts';
export type { EngineChoice } from './engine/native/node/engines.ts';
export { autoEngine, fastAutoEngine, fastNativeEngine, nativeEngine } from './engine/native/node/index.ts';
export { type FolderStore, type FolderStoreOptions, folderStore } from './training/node/checkpoint-folder.ts';

/** MNIST: 60,000 + 10,000 digits of 28 × 28 × 1. Downloaded where this machine lacks it. @throws DataError */
export const mnist = (options: LoadOptions = {}): Promise<LoadedDataSet> => loadDataSet('mnist', options);

/** Fashion-MNIST: 60,000 + 10,000 clothes of 28 × 28 × 1. Downloaded where this machine lacks it. @throws DataError */
export const fashionMnist = (options: LoadOptions = {}): Promise<LoadedDataSet> =>
  loadDataSet('fashion-mnist', options);

/** KMNIST: 60,000 + 10,000 cursive syllables of 28 × 28 × 1. Downloaded where this machine lacks it. @throws DataError */
export const kmnist = (options: LoadOptions = {}): Promise<LoadedDataSet> => loadDataSet('kmnist', options);

/** CIFAR-10: 50,000 + 10,000 photographs of 32 × 32 × 3. Downloaded where this machine lacks it. @throws DataError */
export const cifar10 = (options: LoadOptions = {}): Promise<LoadedDataSet> => loadDataSet('cifar-10', options);

/** Saves a model under a path; an older file there stays whole until the new one is. @throws DataError */
export const saveModel = async (trained: Trained, path: string): Promise<void> =>
  writeFileAtomically(path, await save(trained));

/** @throws DataError */
export async function loadModel(path: string): Promise<Trained> {
  return load(await readWholeFile(path), path);
}
