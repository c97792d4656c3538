/** @file What a study has found as its record: estimates, verdicts and costs of every architecture. */
import type { DataSet } from '../data/data-set.ts';
import { describeDataSet } from '../data/describe.ts';
import { checkDataSet, type DataWarning } from '../data/guard.ts';
import { arithmeticOf } from '../engine/engine.ts';
import { readableNotation } from '../model/notation.ts';
import { keepsBest } from '../training/early-stopping.ts';
import type { ConfusionMatrix } from '../training/metrics.ts';
import { paretoFront } from './pareto.ts';
import type { ArchitectureRecord, Cost, ErrorEstimate, RunResult, StatedErrorRate, StudyRecord } from './record.ts';
import { conclusion } from './statistics/conclusion.ts';
import { estimateErrorRate } from './statistics/error-rate.ts';
import { wilson } from './statistics/wilson.ts';
import { type Architecture, checkStudy, type Findings, type Study, testErrors, validationErrors } from './study.ts';
import type { Score, TrainedTrial } from './trial.ts';

/**
 * The record of a study, but for the close look at its best architecture.
 * @param warnings of the data, where it has been checked already
 */
export async function recordStudy(
  study: Study,
  data: DataSet,
  findings: Findings,
  warnings?: readonly DataWarning[],
): Promise<Omit<StudyRecord, 'closeUp'>> {
  const { trials, scores, comparison } = findings;
  const sizes = checkStudy(study, data);
  const onTest = testErrors(scores, data).map((errors) => estimateErrorRate(errors, 'crossed'));
  const onValidation: (ErrorEstimate | null)[] =
    study.validation > 0
      ? validationErrors(trials, data).map((errors) => estimateErrorRate(errors, 'nested'))
      : study.architectures.map(() => null);
  const decisive =
    study.compareBy === 'test' ? onTest : onValidation.map((estimate, place) => estimate ?? onTest[place]!);
  const onFront = paretoFront(sizes.map(({ multiplyAdds }, place) => [multiplyAdds, decisive[place]!.mean]));
  const architectures = study.architectures.map((architecture, place): ArchitectureRecord => {
    const { parameters, multiplyAdds } = sizes[place]!;
    const runs = study.seeds.map((seed, run) => runResult(seed, trials[place]![run]!, scores[place]![run]!));
    return {
      name: architecture.name,
      layers: architecture.layers,
      cost: { parameters, multiplyAdds, modelBytes: 4 * parameters, ...timesOf(trials[place]!, scores[place]!) },
      onParetoFront: onFront[place]!,
      validation: onValidation[place]!,
      test: onTest[place]!,
      verdict: comparison?.verdicts[place] ?? 'not compared',
      againstBest: comparison?.comparisons[place] ?? null,
      stated: statedOf(architecture, runs),
      confusionMatrix: sumOf(runs.map(({ confusionMatrix }) => confusionMatrix)),
      runs,
    };
  });
  const names = study.architectures.map(({ name }) => name);
  const description = await describeDataSet(data);
  return {
    title: `${study.title} on ${description.title}`,
    settings: settingsOf(study, data),
    data: description,
    warnings: warnings ?? (await checkDataSet(data)),
    choice: {
      by: study.compareBy,
      testImages: study.compareBy === 'test' ? 'read for the choice' : 'read once, after the choice',
    },
    architectures,
    best: comparison ? { name: names[comparison.best]! } : null,
    conclusion: conclusion(names.map(readableNotation), comparison),
  };
}

function settingsOf(study: Study, { train }: DataSet): StudyRecord['settings'] {
  const { seeds, epochs, batchSize, optimizer, validation, trainImages = train.count - validation, gradients } = study;
  const { patience = null } = study;
  const common = { seeds, epochs, batchSize, optimizer, validation, trainImages, gradients };
  return { ...common, patience, keepBest: keepsBest(study) };
}

function runResult(seed: number, { trained, validation }: TrainedTrial, score: Score): RunResult {
  const wrong = score.count - score.confusionMatrix.reduce((right, row, truth) => right + row[truth]!, 0);
  return {
    seed,
    validationErrorRate: validation?.errorRate ?? null,
    testErrorRate: score.errorRate,
    testInterval: wilson(wrong, score.count),
    testLoss: score.loss,
    confusionMatrix: score.confusionMatrix,
    history: trained.history,
    bestEpoch: trained.bestEpoch ?? null,
    seconds: trained.seconds,
    weightsSha256: trained.weightsSha256,
    arithmetic: arithmeticOf(trained.engine),
  };
}

function timesOf(
  trials: readonly TrainedTrial[],
  scores: readonly Score[],
): Pick<Cost, 'epochSeconds' | 'imageMicroseconds'> {
  return {
    // Of epochs, of which one training may have fewer than another.
    epochSeconds:
      sumOver(trials, ({ trained }) => trained.seconds) / sumOver(trials, ({ trained }) => trained.history.length),
    imageMicroseconds: (1e6 * sumOver(scores, ({ seconds }) => seconds)) / sumOver(scores, ({ count }) => count),
  };
}

function statedOf({ stated }: Architecture, runs: readonly RunResult[]): StatedErrorRate | null {
  if (!stated) return null;
  const seedsAtOrBelow = runs.filter(({ testErrorRate }) => testErrorRate <= stated.errorRate).length;
  return { ...stated, seedsAtOrBelow, seeds: runs.length };
}

function sumOf(matrices: readonly ConfusionMatrix[]): ConfusionMatrix {
  return matrices.reduce((sum, matrix) =>
    sum.map((row, truth) => row.map((count, guess) => count + matrix[truth]![guess]!)),
  );
}

function sumOver<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((sum, one) => sum + of(one), 0);
}
