/** @file Shapes of tensors: lists of extents, the last axis contiguous (C order). */

/** Extents of a tensor's axes, outermost first; an image is `[height, width, channels]`. */
export type Shape = readonly number[];

/** The number of elements; 1 for a scalar's shape `[]`. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((size, extent) => size * extent, 1);
}

/** Elements between neighbours along each axis, in C order. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** `28 × 28 × 1`, as tables and errors print a shape. */
export function formatShape(shape: Shape): string {
  return shape.length === 0 ? 'a number' : shape.join(' × ');
}
