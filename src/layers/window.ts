/** @file Where windows over an image lie: sizes and offsets shared by convolutions and pools. */
import { ShapeError } from '../errors.ts';
import { formatShape, type Shape } from '../shape.ts';
import { type LayerRule, wholeNumber } from './layer.ts';

export type Padding = 'same' | 'valid';

/** Window y covers rows stride*y - offset … + size - 1; there are `count` of them. */
export interface Windows {
  readonly count: number;
  readonly offset: number;
}

/**
 * Windows along one axis. `valid` keeps them inside; `same` gives ceil(extent / stride) of them, with the zeros that
 * this needs before and after, the odd one after (as TensorFlow and Keras pad).
 */
export function windowsOf(extent: number, size: number, stride: number, padding: Padding): Windows {
  if (padding === 'valid') return { count: Math.floor((extent - size) / stride) + 1, offset: 0 };
  const count = Math.ceil(extent / stride);
  return { count, offset: Math.floor(Math.max(0, (count - 1) * stride + size - extent) / 2) };
}

/** @throws ShapeError unless the input is an image of at least size × size */
export function requireImage(input: Shape, size: number): asserts input is readonly [number, number, number] {
  const fits = input.length === 3 && input[0]! >= size && input[1]! >= size;
  if (!fits) {
    const least = size > 1 ? ` of at least ${size} × ${size}` : '';
    throw new ShapeError(`needs an image${least}, but gets ${formatShape(input)}`);
  }
}

export const poolOptions = {
  poolSize: wholeNumber(2, 1, 64),
  /** 0 stands for the pool's own size: windows side by side. */
  stride: wholeNumber(0, 0, 64),
};

/** The windows of a pool, all inside the image: window [y, x] has the elements [s*y+i, s*x+j]. @throws ShapeError */
export function poolWindows(
  { poolSize, stride }: { readonly poolSize: number; readonly stride: number },
  input: Shape,
): Required<Pick<LayerRule, 'output' | 'constants' | 'axes'>> {
  requireImage(input, poolSize);
  const [height, width, channels] = input;
  const s = stride === 0 ? poolSize : stride;
  const rows = windowsOf(height, poolSize, s, 'valid');
  const columns = windowsOf(width, poolSize, s, 'valid');
  return { output: [rows.count, columns.count, channels], constants: { s }, axes: { i: poolSize, j: poolSize } };
}
