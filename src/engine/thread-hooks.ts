/** @file What tests may change in a program and its threads. Apart, since types of WebAssembly are not known wherever engines are. */
import type { SparseOptions } from '../compiler/program.ts';

/**
 * For tests: workers of their own, and what these get; how long a thread may be silent; whether memory is poisoned; which
 * sums walk live elements.
 */
export interface ThreadHooks {
  readonly file?: URL;
  readonly hook?: unknown;
  readonly silence?: number;
  readonly poisons?: boolean;
  readonly sparse?: SparseOptions;
}
