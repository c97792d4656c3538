/** @file What a record says of a data set: its sizes, its classes, and fingerprints to know it by. */

import type { Shape } from '../shape.ts';
import { titleOf } from './catalogue.ts';
import { type DataSet, fingerprint, type Images } from './data-set.ts';

export interface DataSetDescription {
  readonly name: string;
  readonly title: string;
  /** One image: `[height, width, channels]`. */
  readonly shape: Shape;
  readonly classes: readonly string[];
  readonly train: PartDescription;
  readonly test: PartDescription;
}

export interface PartDescription {
  readonly images: number;
  /** Images of each class. */
  readonly classCounts: readonly number[];
  /** SHA-256 over shape, pixels and labels. */
  readonly fingerprint: string;
}

export async function describeDataSet({ name, classes, train, test }: DataSet): Promise<DataSetDescription> {
  const part = async (images: Images): Promise<PartDescription> => ({
    images: images.count,
    classCounts: classCounts(images, classes.length),
    fingerprint: await fingerprint(images),
  });
  return { name, title: titleOf(name), shape: train.shape, classes, train: await part(train), test: await part(test) };
}

/** How many images each class has. */
export function classCounts({ labels }: Images, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]!++;
  return counts;
}
