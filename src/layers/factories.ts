/** @file The factories of all layers, for what looks a layer up by its kind or its notation. */
import * as layers from './index.ts';
import type { LayerFactory } from './layer.ts';

export const layerFactories = Object.values(layers) as unknown as readonly LayerFactory[];
