/**
 * @file What a study leaves behind, as data: `run.json`. A report shows nothing but what stands here, and the pictures
 * beside it.
 *
 * Rates are fractions of images, times are seconds (microseconds where the name says so). What depends on the clock stands
 * under `startedAt` and under names that end in `seconds`, `Seconds` or `Microseconds`; all else is the same for the same
 * study on any machine.
 */
import type { DataSetDescription } from '../data/describe.ts';
import type { DataWarning } from '../data/guard.ts';
import type { Layer } from '../layers/layer.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import type { Shape } from '../shape.ts';
import type { ConfusionMatrix } from '../training/metrics.ts';
import type { EpochRecord } from '../training/trained.ts';
import type { Interval } from './statistics/interval.ts';

export interface RunRecord {
  readonly schema: 'ocellus/run/1';
  /** The command line that gives this record again. */
  readonly command: { readonly name: string; readonly line: string };
  readonly startedAt: string;
  readonly seconds: number;
  readonly versions: { readonly ocellus: string; readonly node: string; readonly numericsVersion: number };
  /** One study or several, one after the other: the first is what was asked, the others follow from it. */
  readonly studies: readonly StudyRecord[];
}

/** Architectures trained on one data set, with the same seeds, splits and orders. */
export interface StudyRecord {
  /** As a heading: `Six architectures on MNIST`. */
  readonly title: string;
  readonly settings: StudySettings;
  readonly data: DataSetDescription;
  readonly warnings: readonly DataWarning[];
  /** What the architectures are compared by, and how often the test images were looked at. */
  readonly choice: {
    readonly by: 'validation' | 'test' | 'nothing';
    /** `once, after the choice`, or that the choice itself was made on it. */
    readonly testImages: 'read once, after the choice' | 'read for the choice';
  };
  readonly architectures: readonly ArchitectureRecord[];
  /** The lowest mean error of those compared; null where nothing was compared. */
  readonly best: { readonly name: string } | null;
  /** Whether one is better than all others at the level of 0.05, in words. */
  readonly conclusion: string;
  readonly closeUp: CloseUp | null;
}

export interface StudySettings {
  readonly seeds: readonly number[];
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: Optimizer;
  /** Images that a seed sets aside to compare on. */
  readonly validation: number;
  readonly trainImages: number;
  readonly gradients: 'exact' | 'notebook';
  /** Epochs without a better one after which training ended; null: it did not end early. */
  readonly patience: number | null;
  /** Whether each training ended with the weights of its best epoch on the images set aside. */
  readonly keepBest: boolean;
}

/** Mean over the seeds. */
export interface ErrorEstimate {
  readonly mean: number;
  /** Standard deviation over the seeds; null for one seed. */
  readonly sd: number | null;
  /** 95 %: Wilson's for one seed, a two-level bootstrap over seeds and images for more. */
  readonly interval: Interval;
}

export type Verdict = 'best' | 'not distinguishable from the best' | 'worse' | 'too few to tell' | 'not compared';

/** One architecture beside the best one, on the images that they are compared by. */
export interface AgainstBest {
  /** Its mean error less the best one's. */
  readonly difference: number;
  /** 95 %, of the difference; null for one seed. */
  readonly interval: Interval | null;
  readonly pValue: number;
  /** By Holm, over all pairs of architectures: the best one was found by looking at all of them. */
  readonly adjustedPValue: number;
  readonly method: 'two-level bootstrap' | 'exact McNemar';
}

export interface ArchitectureRecord {
  /** In the notation: `conv(filters=16) + relu + pool`. */
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly cost: Cost;
  /** Whether no other is both cheaper (in multiply-adds) and better. */
  readonly onParetoFront: boolean;
  readonly validation: ErrorEstimate | null;
  readonly test: ErrorEstimate;
  readonly verdict: Verdict;
  readonly againstBest: AgainstBest | null;
  /** An error rate that somebody else states for it. */
  readonly stated: StatedErrorRate | null;
  /** Sum over the seeds, on the test images. */
  readonly confusionMatrix: ConfusionMatrix;
  readonly runs: readonly RunResult[];
}

export interface StatedErrorRate {
  /** Who states it: `the notebook`. */
  readonly by: string;
  readonly errorRate: number;
  /** With how many of our seeds the test error is as low, or lower. */
  readonly seedsAtOrBelow: number;
  readonly seeds: number;
}

export interface Cost {
  readonly parameters: number;
  /** Of one image, forwards. */
  readonly multiplyAdds: number;
  /** Of its parameters, in float32. */
  readonly modelBytes: number;
  readonly epochSeconds: number;
  /** Of one image in batches, forwards. */
  readonly imageMicroseconds: number;
}

/** One architecture with one seed. */
export interface RunResult {
  readonly seed: number;
  readonly validationErrorRate: number | null;
  readonly testErrorRate: number;
  /** Wilson, 95 %. */
  readonly testInterval: Interval;
  readonly testLoss: number;
  readonly confusionMatrix: ConfusionMatrix;
  readonly history: readonly EpochRecord[];
  /** Whose weights these are; null where the last epoch's were kept, whether or not it was the best. */
  readonly bestEpoch: number | null;
  readonly seconds: number;
  readonly weightsSha256: string;
  /** `float32`, `float64`, or an engine with fast math: hashes of other arithmetic than this are not to be compared with its own. */
  readonly arithmetic: string;
}

/** The best architecture's first seed, looked at closely. Its pictures have names: see the parts. */
export interface CloseUp {
  readonly name: string;
  readonly seed: number;
  /** Pairs of classes that are taken for each other most often, on the test images. */
  readonly confusedPairs: readonly ConfusedPair[];
  /** How many test images are wrong. */
  readonly errors: number;
  /** Those of them that the network is surest of, the surest first: pictures `mistake-0`, `mistake-1`, … */
  readonly mistakes: readonly Mistake[];
  /** Of each class the first test image that is right, or the first at all: pictures `example-TRUTH`. */
  readonly examples: readonly Example[];
  /** What each layer with kernels has learnt: a picture `filters-PLACE` for each. */
  readonly filters: readonly FilterRecord[];
  /** What the layers make of the first examples: pictures `maps-PLACE-TRUTH`. */
  readonly featureMaps: readonly FeatureMapRecord[];
  /** How many of the examples went through the layers. */
  readonly mappedExamples: number;
}

export interface ConfusedPair {
  readonly truth: number;
  readonly prediction: number;
  readonly count: number;
}

export interface Mistake {
  /** Among the test images. */
  readonly image: number;
  readonly truth: number;
  readonly prediction: number;
  /** Of the prediction. */
  readonly probability: number;
}

export interface Example {
  readonly image: number;
  readonly truth: number;
  readonly prediction: number;
  readonly probability: number;
}

/** The kernels of one layer: a tile for each filter and input channel, with a color for less than 0 and one for more. */
export interface FilterRecord {
  /** Of the layer, counted from 1; the head is the last. */
  readonly place: number;
  /** In the notation: `conv(filters=16)`; the last is `the head`. */
  readonly layer: string;
  /** Of one tile: height and width. */
  readonly shape: Shape;
  readonly filters: number;
  /** Input channels for which a filter has a kernel of its own. */
  readonly channels: number;
  /** How many of both are shown, the first ones. */
  readonly shownFilters: number;
  readonly shownChannels: number;
  /** The least and the largest weight that is shown. */
  readonly low: number;
  readonly high: number;
}

/** The output of one layer: a tile for each channel, `low` black and `high` white. */
export interface FeatureMapRecord {
  readonly place: number;
  readonly layer: string;
  /** The whole output's. */
  readonly shape: Shape;
  readonly channels: number;
  readonly shownChannels: number;
  /** The least and the largest value that is shown, over all examples. */
  readonly low: number;
  readonly high: number;
}
