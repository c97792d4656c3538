/** @file A data set small enough for any test: three classes of 12 × 12 images, a bright bar at another height for each. */
import { type DataSet, dataSet, type Images } from '../src/data/data-set.ts';
import { randomStream } from '../src/random.ts';

const side = 12;
const classes = ['top', 'middle', 'bottom'];

export function tinyImages(count: number, seed: number): Images {
  const random = randomStream(seed, 'tiny data');
  const pixels = new Uint8Array(count * side * side);
  const labels = new Uint8Array(count);
  for (let image = 0; image < count; image++) {
    const label = image % classes.length;
    labels[image] = label;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const isBar = y >= 4 * label && y < 4 * label + 3;
        pixels[(image * side + y) * side + x] = random.integer(96) + (isBar ? 96 : 0);
      }
    }
  }
  return { shape: [side, side, 1], count, pixels, labels };
}

export const tinyData = (train = 90, test = 30): DataSet =>
  dataSet('tiny', classes, tinyImages(train, 1), tinyImages(test, 2));
