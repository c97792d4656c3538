/** @file What `cold-start.ts` starts: the library as built, one image, and one step of W1. */
import { adagrad, cnn, dataSet, imagesFrom, maxPool, sharedConv, train } from '../dist/index.js';

const names = [...'0123456789'];
const images = imagesFrom(
  { name: 'image', shape: [1, 28, 28], values: Uint8Array.from({ length: 784 }, (_, at) => at % 251) },
  { name: 'label', shape: [1], values: Uint8Array.of(3) },
  names,
);
const data = dataSet('one image', names, images, images);
const { weightsSha256 } = await train(cnn([sharedConv(), maxPool()]), data, { optimizer: adagrad(), batchSize: 1 });
console.log(weightsSha256);
