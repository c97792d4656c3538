/** @file What a layer is called in a close-up. */
import type { Network } from '../model/cnn.ts';
import { printNotation } from '../model/notation.ts';

/** In the notation; the layer that every network ends in, and no notation names, is `the head`. */
export function layerLabel({ layers }: Network, node: number): string {
  return node === layers.length - 1 ? 'the head' : printNotation([layers[node]!]);
}
