/** @file The WebAssembly engine: compiled formulas on plain SIMD128. */
import { simd128 } from '../../compiler/target.ts';
import { EngineError } from '../../errors.ts';
import { type Backend, createProgram } from '../arena-program.ts';
import type { Engine } from '../engine.ts';
import type { ThreadHooks } from '../thread-hooks.ts';
import { partsOf } from '../threads/share.js';
import { buildModule, hasRelaxedSimd } from './module.ts';

const backendOf = (name: 'wasm' | 'wasm+fast-math'): Backend => ({
  name,
  target: simd128,
  build: (program, shared) => compile(buildModule(program, { shared, contracts: name !== 'wasm' })),
  async open(code, memory, losses) {
    const { exports } = await WebAssembly.instantiate(code as WebAssembly.Module, { env: { memory } });
    return partsOf(exports, memory, losses);
  },
});
const backend = backendOf('wasm');
const fastBackend = backendOf('wasm+fast-math');

export const wasmEngine: Engine = {
  name: 'wasm',
  create: (graph, options) => createProgram(backend, graph, options),
};

/** With relaxed SIMD, where the machine has it: a program's `engine` says which it got. */
export const fastWasmEngine: Engine = {
  name: 'wasm+fast-math',
  create: (graph, options) => createProgram(hasRelaxedSimd() ? fastBackend : backend, graph, options),
};

/** The engine as a test changes it. */
export const disturbedEngine = (hooks: ThreadHooks): Engine => ({
  name: 'wasm',
  create: (graph, options) => createProgram(backend, graph, options, hooks),
});

/** @throws EngineError in a page whose Content-Security-Policy refuses WebAssembly */
async function compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    if (!/Content Security Policy|CSP/.test(String(cause))) throw cause;
    throw new EngineError(
      "WebAssembly needs this page's permission, but its Content-Security-Policy refuses it. Add 'wasm-unsafe-eval' to script-src.",
      { cause },
    );
  }
}
