/** @file A data set as a record: counts and fingerprints. */
import { catalogue } from './catalogue.ts';
import { type DataSet, fingerprint, type Images } from './data-set.ts';
/** What a record says of a data set. */
export async function describeDataSet(data: DataSet) {
  const part = async (images: Images) => {
    const classCounts = new Array<number>(data.classes.length).fill(0);
    for (const label of images.labels) classCounts[label]!++;
    return { images: images.count, classCounts, fingerprint: await fingerprint(images) };
  };
  const title = catalogue.find(({ name }) => name === data.name)?.title ?? data.name;
  return {
    name: data.name,
    title,
    shape: data.train.shape,
    classes: data.classes,
    train: await part(data.train),
    test: await part(data.test),
  };
}
