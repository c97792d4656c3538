/** @file Trains in a worker of the page, and posts what came of it. */
import { type DataSet, dataSet, type Images, imagesFrom, readIdx, train } from 'ocellus';
import { model, options, shared, sharing } from './training.js';

const classes = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

async function fetchIdx(name: string) {
  const response = await fetch(`/data/${name}`);
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  return readIdx(new Uint8Array(await response.arrayBuffer()), name);
}

async function fetchImages(part: 'train' | 't10k'): Promise<Images> {
  const [images, labels] = await Promise.all([
    fetchIdx(`${part}-images-idx3-ubyte`),
    fetchIdx(`${part}-labels-idx1-ubyte`),
  ]);
  return imagesFrom(images, labels, classes);
}

async function run(): Promise<object> {
  const data: DataSet = dataSet('mnist', classes, await fetchImages('train'), await fetchImages('t10k'));
  const { weightsSha256, history } = await train(model, data, options);
  const { weightsSha256: withThreads } = await train(shared, data, sharing);
  const where = self.constructor.name;
  return { weightsSha256, withThreads, epochs: history.length, where, isolated: crossOriginIsolated };
}

run().then(
  (result) => postMessage(result),
  (error) => postMessage({ error: String(error) }),
);
