/** @file The one list of layers. A new layer is a file beside this one, a line here, and its test. */
export { averagePool } from './average-pool.ts';
export { conv } from './conv.ts';
export { dense } from './dense.ts';
export { maxPool } from './max-pool.ts';
export { relu } from './relu.ts';
export { sharedConv } from './shared-conv.ts';
export { tanh } from './tanh.ts';
