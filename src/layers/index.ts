/** @file The one list of layers. A new layer is a file beside this one, a line here, and its test. */
import { averagePool } from './average-pool.ts';
import { conv } from './conv.ts';
import { dense } from './dense.ts';
import type { LayerFactory } from './layer.ts';
import { maxPool } from './max-pool.ts';
import { relu } from './relu.ts';
import { sharedConv } from './shared-conv.ts';

export const layers = { conv, sharedConv, maxPool, averagePool, dense, relu } as const;

export const layerFactories = Object.values(layers) as unknown as readonly LayerFactory[];

export { averagePool, conv, dense, maxPool, relu, sharedConv };
