/** @file The engines of Node by the names that people, and messages between threads, call them. */
import type { Engine } from '../../engine.ts';
import { referenceEngine } from '../../reference.ts';
import { fastWasmEngine, wasmEngine } from '../../wasm/index.ts';
import { autoEngine, fastAutoEngine, fastNativeEngine, nativeEngine } from './index.ts';

export const engines = {
  auto: autoEngine,
  wasm: wasmEngine,
  native: nativeEngine,
  reference: referenceEngine,
  'auto+fast-math': fastAutoEngine,
  'wasm+fast-math': fastWasmEngine,
  'native+fast-math': fastNativeEngine,
} as const satisfies Record<string, Engine>;

export type EngineChoice = keyof typeof engines;
