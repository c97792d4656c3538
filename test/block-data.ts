/** @file A data set with as many classes as are wanted, up to 100: each a bright block at a place of its own, in noise. */
import { type DataSet, dataSet, type Images } from '../src/data/data-set.ts';
import { randomStream } from '../src/random.ts';

const side = 22;

function blockImages(classes: number, count: number, seed: number): Images {
  const random = randomStream(seed, 'block data');
  const pixels = new Uint8Array(count * side * side);
  const labels = Uint8Array.from({ length: count }, (_, image) => image % classes);
  for (const [image, label] of labels.entries()) {
    const [top, left] = [2 * Math.floor(label / 10), 2 * (label % 10)];
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const isBlock = y >= top && y < top + 3 && x >= left && x < left + 3;
        pixels[(image * side + y) * side + x] = isBlock ? 255 - random.integer(64) : random.integer(128);
      }
    }
  }
  return { shape: [side, side, 1], count, pixels, labels };
}

export function blockData(
  classes: number,
  train: number,
  test: number,
  names = (k: number): string => `${k}`,
): DataSet {
  return dataSet(
    'blocks',
    Array.from({ length: classes }, (_, k) => names(k)),
    blockImages(classes, train, 1),
    blockImages(classes, test, 2),
  );
}
