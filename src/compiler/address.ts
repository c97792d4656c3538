/** @file Where an element lies: bytes from the start of the arena, affine in the variables of a nest. */
import type { Read } from '../formula/expression.ts';
import { chunkAxis } from './kernel.ts';
import type { Buffer } from './layout.ts';
import { batchAxis } from './lower.ts';
import { chunkVariable, firstInChunkVariable, firstVariable } from './nest.ts';

/** An address that is being put together. */
export class Place {
  base: number;
  readonly terms = new Map<string, number>();

  constructor(base = 0) {
    this.base = base;
  }

  /** Moves on by so many bytes for each step of a variable. */
  add(variable: string, bytes: number): void {
    const sum = (this.terms.get(variable) ?? 0) + bytes;
    if (sum === 0) this.terms.delete(variable);
    else this.terms.set(variable, sum);
  }
}

/** @param isLooped whether an axis is a loop of the nest; the batch and the chunks need not be */
export function addressIn(node: Read, isLooped: (axis: string) => boolean, buffer: Buffer): Place {
  const place = new Place(buffer.address + buffer.origin * buffer.elementBytes);
  for (const [dimension, index] of node.index.entries()) {
    const stride = buffer.strides[dimension]! * buffer.elementBytes;
    place.base += index.constant.value * stride;
    for (const { axis, coefficient } of index.terms) {
      const bytes = coefficient.value * stride;
      if (axis === batchAxis) place.add(buffer.slots === 'chunk' ? firstInChunkVariable : firstVariable, bytes);
      if (isLooped(axis)) place.add(axis, bytes);
      else if (axis === chunkAxis) place.add(chunkVariable, bytes);
    }
  }
  return place;
}
