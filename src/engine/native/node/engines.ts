/** @file The engines of Node by the names that people, and messages between threads, call them. */
import type { Engine } from '../../engine.ts';
import { referenceEngine } from '../../reference.ts';
import { wasmEngine } from '../../wasm/index.ts';
import { autoEngine, nativeEngine } from './index.ts';

export const engines = {
  auto: autoEngine,
  wasm: wasmEngine,
  native: nativeEngine,
  reference: referenceEngine,
} as const satisfies Record<string, Engine>;

export type EngineChoice = keyof typeof engines;

/** What it computes in; those of one precision give the same bits. */
export const precisionOf = (engine: EngineChoice): 'float32' | 'float64' =>
  engine === 'reference' ? 'float64' : 'float32';
