/** @file Uses 'ocellus' as someone would who installed it, without Node's types. Type-checked, and run. */
import {
  adam,
  classNames,
  cnn,
  conv,
  type DataSet,
  dataSet,
  dense,
  evaluate,
  imagesFrom,
  load,
  maxPool,
  type Progress,
  parseIdx,
  relu,
  save,
  type Trained,
  train,
} from 'ocellus';

/** Idx files of `count` images of 6 × 6 in two classes, one dark, one bright. */
function tinyData(count: number): DataSet {
  const header = (...extents: number[]) => [0, 0, 8, extents.length, ...extents.flatMap((extent) => [0, 0, 0, extent])];
  const pixels = Array.from({ length: count * 36 }, (_, at) => (Math.floor(at / 36) % 2) * 200 + (at % 7));
  const labels = Array.from({ length: count }, (_, image) => image % 2);
  const images = parseIdx(Uint8Array.from([...header(count, 6, 6), ...pixels]), 'images');
  const classes = parseIdx(Uint8Array.from([...header(count), ...labels]), 'labels');
  const part = imagesFrom(images, classes, classNames(classes));
  return dataSet('tiny', classNames(classes), part, part);
}

const epochs: number[] = [];
const onProgress = (progress: Progress): void => {
  if (progress.kind === 'epoch') epochs.push(progress.record.epoch);
};
const data = tinyData(40);
const model = cnn([conv({ filters: 4 }), relu(), maxPool(), dense({ units: 8 })]);
const optimizer = adam({ learningRate: 0.01 });
const trained: Trained = await train(model, data, { epochs: 3, batchSize: 4, optimizer, onProgress });
const again = await load(await save(trained), 'the same model');
const { errorRate } = await evaluate(again, data.test);

// Were the types not found, everything would be `any`, and these would be no errors.
// @ts-expect-error a number is needed
export const wrongOption = () => conv({ filters: '4' });
// @ts-expect-error a string
export const wrongResult: number = trained.weightsSha256;

export const report = { epochs, errorRate, same: again.weightsSha256 === trained.weightsSha256 };
