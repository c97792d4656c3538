/**
 * @file Records of runs for tests of reports, made by really training. Intervals and p-values are the simplest that there
 * are (normal approximation, sign test); what a report does with them does not depend on how they came about.
 */
import type {
  AgainstBest,
  ArchitectureRecord,
  ErrorEstimate,
  PartRecord,
  RunRecord,
  RunResult,
  StudyRecord,
} from '../src/comparison/record.ts';
import type { Interval } from '../src/comparison/statistics/interval.ts';
import { type DataSet, fingerprint, type Images } from '../src/data/data-set.ts';
import type { DataWarning } from '../src/data/guard.ts';
import { closeUp } from '../src/explain/close-up.ts';
import type { Pictures } from '../src/explain/picture.ts';
import { save } from '../src/export/model-file.ts';
import { buildNetwork, cnn } from '../src/model/cnn.ts';
import { parseNotation } from '../src/model/notation.ts';
import { summarize } from '../src/model/summary.ts';
import { numericsVersion } from '../src/numerics-version.ts';
import { adam } from '../src/optimizers/index.ts';
import { type Evaluation, evaluate } from '../src/training/evaluate.ts';
import type { ConfusionMatrix } from '../src/training/metrics.ts';
import { train } from '../src/training/train.ts';
import type { Trained } from '../src/training/trained.ts';

export interface StudyPlan {
  readonly title: string;
  readonly data: DataSet;
  readonly architectures: readonly string[];
  readonly seeds: readonly number[];
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly validation?: number;
  readonly trainImages?: number;
  /** By name of the architecture. */
  readonly stated?: Readonly<Record<string, number>>;
  readonly warnings?: readonly DataWarning[];
}

interface Score {
  readonly trained: Trained;
  readonly evaluation: Evaluation;
  readonly result: RunResult;
  readonly imageMicroseconds: number;
  /** Of each test image. */
  readonly isWrong: readonly boolean[];
}

export async function makeRun(
  plans: readonly StudyPlan[],
): Promise<{ run: RunRecord; pictures: Pictures[]; trained: Trained[] }> {
  const startedAt = new Date().toISOString();
  const started = performance.now();
  const made = [];
  for (const plan of plans) made.push(await makeStudy(plan));
  const run: RunRecord = {
    schema: 'ocellus/run/1',
    command: { name: 'compare', line: "ocellus compare 'conv + pool' --seeds 3" },
    startedAt,
    seconds: (performance.now() - started) / 1000,
    versions: { ocellus: '0.1.0', node: process.version, numericsVersion },
    studies: made.map(({ study }) => study),
  };
  return { run, pictures: made.map(({ pictures }) => pictures), trained: made.map(({ trained }) => trained) };
}

async function makeStudy(plan: StudyPlan) {
  const { title, data, seeds, epochs = 1, batchSize = 16, validation = 0, stated = {} } = plan;
  const optimizer = adam({ learningRate: 0.003 });
  const trainImages = plan.trainImages ?? data.train.count - validation;
  const scores: Score[][] = [];
  for (const name of plan.architectures) {
    const own: Score[] = [];
    for (const seed of seeds) {
      const options = { seed, epochs, batchSize, validation, trainImages, optimizer };
      own.push(await score(await train(cnn(parseNotation(name)), data, options), data, seed));
    }
    scores.push(own);
  }
  const by = validation > 0 ? 'validation' : 'test';
  const means = scores.map((own) => mean(own.map(({ result }) => errorOf(result, by))));
  const isCompared = plan.architectures.length > 1;
  const best = means.indexOf(Math.min(...means));
  const costs = plan.architectures.map((name) =>
    summarize(buildNetwork({ layers: parseNotation(name) }, { input: data.train.shape, classes: data.classes.length })),
  );
  const architectures = plan.architectures.map((name, place): ArchitectureRecord => {
    const own = scores[place]!;
    const against =
      isCompared && place !== best ? againstBest(own, scores[best]!, by, plan.architectures.length) : null;
    const claim = stated[name];
    const { parameters, multiplyAdds } = costs[place]!;
    const worse = against !== null && against.adjustedPValue < 0.05;
    const isBeaten = costs.some(
      (other, at) => at !== place && other.multiplyAdds <= multiplyAdds && means[at]! < means[place]!,
    );
    return {
      name,
      layers: parseNotation(name),
      cost: {
        parameters,
        multiplyAdds,
        modelBytes: save(own[0]!.trained).length,
        epochSeconds: mean(own.map(({ trained }) => trained.seconds / epochs)),
        imageMicroseconds: mean(own.map(({ imageMicroseconds }) => imageMicroseconds)),
      },
      onParetoFront: !isBeaten,
      validation: validation > 0 ? estimate(own, 'validation', validation) : null,
      test: estimate(own, 'test', data.test.count),
      verdict: !isCompared
        ? 'not compared'
        : place === best
          ? 'best'
          : worse
            ? 'worse'
            : 'not distinguishable from the best',
      againstBest: against,
      stated:
        claim === undefined
          ? null
          : {
              by: 'the notebook',
              errorRate: claim,
              seedsAtOrBelow: own.filter(({ result }) => result.testErrorRate <= claim).length,
              seeds: seeds.length,
            },
      confusionMatrix: sumOf(own.map(({ evaluation }) => evaluation.confusionMatrix)),
      runs: own.map(({ result }) => result),
    };
  });
  const { trained, evaluation } = scores[best]![0]!;
  const name = plan.architectures[best]!;
  const looked = await closeUp(trained, data.test, evaluation, { name, seed: seeds[0]! });
  const rivals = architectures.filter(({ verdict }) => verdict === 'not distinguishable from the best');
  const study: StudyRecord = {
    title,
    settings: { seeds, epochs, batchSize, optimizer, validation, trainImages, gradients: 'exact' },
    data: {
      name: data.name,
      title: data.name,
      shape: data.train.shape,
      classes: data.classes,
      train: await part(data.train, data.classes.length),
      test: await part(data.test, data.classes.length),
    },
    warnings: plan.warnings ?? [],
    choice: {
      by: isCompared ? by : 'nothing',
      testImages: isCompared && by === 'test' ? 'read for the choice' : 'read once, after the choice',
    },
    architectures,
    best: isCompared ? { name } : null,
    conclusion: !isCompared
      ? `${name} was trained alone; nothing was compared.`
      : rivals.length === 0
        ? `${name} is better than all others at the level of 0.05.`
        : `${name} has the lowest mean error, but ${rivals.map((rival) => rival.name).join(' and ')} cannot be told from it at the level of 0.05.`,
    closeUp: looked.record,
  };
  return { study, pictures: looked.pictures, trained };
}

async function score(trained: Trained, data: DataSet, seed: number): Promise<Score> {
  const started = performance.now();
  const evaluation = await evaluate(trained, data.test);
  const imageMicroseconds = ((performance.now() - started) * 1000) / data.test.count;
  const result: RunResult = {
    seed,
    validationErrorRate: trained.history.at(-1)!.validationErrorRate ?? null,
    testErrorRate: evaluation.errorRate,
    testInterval: around(evaluation.errorRate, Math.sqrt(variance(evaluation.errorRate) / data.test.count)),
    testLoss: evaluation.loss,
    confusionMatrix: evaluation.confusionMatrix,
    history: trained.history,
    seconds: trained.seconds,
    weightsSha256: trained.weightsSha256,
  };
  const isWrong = Array.from(data.test.labels, (label, image) => label !== evaluation.predictions[image]);
  return { trained, evaluation, result, imageMicroseconds, isWrong };
}

const errorOf = (result: RunResult, by: 'validation' | 'test'): number =>
  by === 'validation' ? result.validationErrorRate! : result.testErrorRate;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (rate: number): number => rate * (1 - rate);
const deviation = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1));

const around = (middle: number, error: number): Interval => ({
  low: Math.max(0, middle - 1.96 * error),
  high: Math.min(1, middle + 1.96 * error),
});

function estimate(scores: readonly Score[], part: 'validation' | 'test', images: number): ErrorEstimate {
  const errors = scores.map(({ result }) => errorOf(result, part));
  const sd = errors.length > 1 ? deviation(errors) : null;
  const ofImages = variance(mean(errors)) / images;
  const error = Math.sqrt(ofImages + (sd === null ? 0 : (sd * sd) / errors.length));
  return { mean: mean(errors), sd, interval: around(mean(errors), error) };
}

function againstBest(
  own: readonly Score[],
  best: readonly Score[],
  by: 'validation' | 'test',
  rivals: number,
): AgainstBest {
  const differences = own.map(({ result }, seed) => errorOf(result, by) - errorOf(best[seed]!.result, by));
  const isMany = differences.length > 1;
  const [ours, theirs] = [own[0]!, best[0]!];
  const signs = isMany ? differences : discordant(ours.isWrong, theirs.isWrong);
  const pValue = signTest(signs.filter((one) => one > 0).length, signs.filter((one) => one < 0).length);
  const difference = mean(differences);
  const error = 1.96 * (isMany ? deviation(differences) / Math.sqrt(differences.length) : 0);
  return {
    difference,
    interval: isMany ? { low: difference - error, high: difference + error } : null,
    pValue,
    adjustedPValue: Math.min(1, (pValue * rivals * (rivals - 1)) / 2),
    method: isMany ? 'two-level bootstrap' : 'exact McNemar',
  };
}

/** 1 for images that only the first gets wrong, -1 for those that only the second does. */
const discordant = (first: readonly boolean[], second: readonly boolean[]): number[] =>
  first.flatMap((isWrong, image) => (isWrong === second[image] ? [] : [isWrong ? 1 : -1]));

/** Two-sided and exact. */
function signTest(more: number, fewer: number): number {
  const n = more + fewer;
  let tail = 0;
  let weight = 1;
  for (let k = 0; k <= Math.min(more, fewer); k++) {
    tail += weight;
    weight = (weight * (n - k)) / (k + 1);
  }
  return Math.min(1, (2 * tail) / 2 ** n);
}

function sumOf(matrices: readonly ConfusionMatrix[]): ConfusionMatrix {
  return matrices[0]!.map((row, truth) => row.map((_, k) => matrices.reduce((sum, one) => sum + one[truth]![k]!, 0)));
}

async function part(images: Images, classes: number): Promise<PartRecord> {
  const classCounts = new Array<number>(classes).fill(0);
  for (const label of images.labels) classCounts[label]!++;
  return { images: images.count, classCounts, fingerprint: await fingerprint(images) };
}
