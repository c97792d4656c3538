/** @file The runs that reports are tested with: many architectures and seeds, one of each, and a hundred classes. */
import type { Images } from '../src/data/data-set.ts';
import { loadDataSet } from '../src/data/node/load.ts';
import { blockData } from './block-data.ts';
import { makeRun } from './make-run.ts';

export const six = [
  'sharedConv + pool',
  'pool + sharedConv',
  'sharedConv + sharedConv',
  'sharedConv + sharedConv + pool',
  'sharedConv + sharedConv + sharedConv + pool',
  'conv(filters=12, kernelSize=5, padding=valid) + relu + pool + dense(units=32) + relu',
];

/** The first images of a part. */
function first({ shape, pixels, labels }: Images, count: number): Images {
  return {
    shape,
    count,
    pixels: pixels.subarray(0, count * (pixels.length / labels.length)),
    labels: labels.subarray(0, count),
  };
}

/** Two studies on MNIST: six architectures with three seeds, and one of them with warnings. */
export async function largeRun() {
  const { train, test, ...mnist } = await loadDataSet('mnist');
  const data = { ...mnist, name: 'MNIST', train: first(train, 500), test: first(test, 400) };
  const stated = { 'sharedConv + pool': 0.0891, 'sharedConv + sharedConv': 0.4 };
  return makeRun([
    {
      title: 'Six architectures',
      data,
      architectures: six,
      seeds: [1, 2, 30],
      epochs: 3,
      validation: 100,
      stated,
    },
    {
      title: 'One of them, long names,',
      data: { ...data, classes: data.classes.map((name) => `the digit ${name}`) },
      architectures: [six[5]!],
      seeds: [7],
      stated: { [six[5]!]: 0.00123 },
      warnings: [{ kind: 'overlap', message: '12 of the 400 test images are among the training images too.' }],
    },
  ]);
}

/** One architecture, one seed, one epoch, two classes, no validation; and no error. */
export const smallRun = () =>
  makeRun([{ title: 'Two blocks', data: blockData(2, 600, 20), architectures: [''], seeds: [5], epochs: 1 }]);

/** A hundred classes, two architectures, one seed, no validation. */
export const wideRun = () =>
  makeRun([
    {
      title: 'A hundred blocks',
      data: blockData(100, 400, 300, (k) => `block ${k}`),
      architectures: ['conv(filters=40)', ''],
      seeds: [1],
      epochs: 2,
    },
  ]);
