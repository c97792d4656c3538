/** @file The public API that runs anywhere. */
export type { DataSet, Images } from './data/data-set.ts';
export type { Engine, Program } from './engine/engine.ts';
export { referenceEngine } from './engine/reference.ts';
export { wasmEngine } from './engine/wasm/index.ts';
export { DataError, EngineError, OcellusError, ShapeError, UsageError } from './errors.ts';
export { load, save } from './export/model-file.ts';
export * from './layers/index.ts';
export type { Layer } from './layers/layer.ts';
export { cnn, type Model } from './model/cnn.ts';
export { parseNotation, printNotation } from './model/notation.ts';
export { explain, summarize } from './model/summary.ts';
export { numericsVersion } from './numerics-version.ts';
export { adagrad, adam, sgd } from './optimizers/index.ts';
export type { Optimizer } from './optimizers/optimizer.ts';
export type { Shape } from './shape.ts';
export { type EvaluateOptions, type Evaluation, evaluate } from './training/evaluate.ts';
export { type Progress, type TrainOptions, train } from './training/train.ts';
export type { EpochRecord, Trained, Weights } from './training/trained.ts';
