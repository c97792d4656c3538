/**
 * @file Conducts studies: trains on worker threads, shows progress, keeps a folder with all that came of it, and the report.
 */

import { type JobWatcher, jobPool } from '../comparison/node/job-pool.ts';
import { predictionsOf } from '../comparison/predictions.ts';
import type { RunRecord } from '../comparison/record.ts';
import { runStudy, type Study } from '../comparison/study.ts';
import type { DataSets, Job } from '../comparison/trial.ts';
import { fingerprint } from '../data/data-set.ts';
import { checkDataSet, checkDifferent, type DataWarning } from '../data/guard.ts';
import { isFastMath } from '../engine/engine.ts';
import type { EngineChoice } from '../engine/native/node/engines.ts';
import { DataError } from '../errors.ts';
import { recordWithCloseUp } from '../explain/study-close-up.ts';
import type { Trained } from '../training/trained.ts';
import type { Body } from './command.ts';
import { resumeLine } from './command-line.ts';
import { type Context, Interruption } from './context.ts';
import { type KeptStudy, keepRun } from './keep-run.ts';
import { KeptTrials } from './kept-trials.ts';
import { type Progress, withProgress } from './progress.ts';
import { createRunFolder, type OnSaveError, type RunFolder } from './run-folder.ts';
import type { DataPrints } from './run-plan.ts';
import { type ShowTrial, taskForTrial } from './trial-progress.ts';

export interface RunPlan {
  readonly command: string;
  /** What the command was given, and the command line that gives the same results. */
  readonly input: Body;
  readonly line: string;
  readonly out: string | undefined;
  readonly dataSets: DataSets;
  /** How many threads run at once. */
  readonly threads: number;
  readonly engine: EngineChoice;
  /** Whether each epoch's record has the SHA-256 of the weights. */
  readonly hashEpochs?: boolean;
  readonly onSaveError: OnSaveError;
  /** How a training shows; as one task by default. */
  readonly show?: ShowTrial;
}

export type Conduct = (study: Study) => Promise<KeptStudy>;

/**
 * Does what `studies` asks for, one study after the other, and writes it all down.
 * @returns the run's record, the folder that it is kept in, and the network that it keeps
 */
export async function conductStudies(
  context: Context,
  plan: RunPlan,
  studies: (conduct: Conduct) => Promise<void>,
): Promise<{ readonly run: RunRecord; readonly folder: string; readonly trained: Trained }> {
  // From here on a signal stops the run in order.
  context.signal.throwIfAborted();
  const data = await fingerprintsOf(plan.dataSets);
  const folder = await createRunFolder(plan.out, { ...plan, data }, context);
  return resumable(context, folder, async () => {
    const trials = new KeptTrials(folder, context, data);
    const kept: KeptStudy[] = [];
    const studied = new Set<string>();
    await withProgress(context, (progress) => {
      const conducting: Conducting = { context, plan, folder, trials, progress };
      return studies(async (study) => {
        const conducted = await conductStudy(study, studied, conducting);
        kept.push(conducted);
        return conducted;
      });
    });
    const run = await keepRun(folder, plan.command, kept);
    if (isFastMath(plan.engine) && !isFastMath(kept[0]!.trained.engine)) {
      context.note("Without fast math: this machine's WebAssembly has no relaxed SIMD.");
    }
    return { run, folder: folder.path, trained: kept[0]!.trained };
  });
}

async function fingerprintsOf(dataSets: DataSets): Promise<DataPrints> {
  const prints = Object.entries(dataSets).map(
    async ([name, { train, test }]) =>
      [name, { train: await fingerprint(train), test: await fingerprint(test) }] as const,
  );
  return Object.fromEntries(await Promise.all(prints));
}

interface Conducting {
  readonly context: Context;
  readonly plan: RunPlan;
  readonly folder: RunFolder;
  readonly trials: KeptTrials;
  readonly progress: Progress;
}

/** @param studied the data sets of this run's studies so far */
async function conductStudy(study: Study, studied: Set<string>, conducting: Conducting): Promise<KeptStudy> {
  const { context, plan, folder, trials } = conducting;
  const data = plan.dataSets[study.data]!;
  await folder.checkSpace(study, data);
  folder.event('study', { title: study.title });
  const { dataSets, threads, engine, hashEpochs = false } = plan;
  const pool = jobPool(dataSets, {
    ...{ threads, engine, hashEpochs, signal: context.signal },
    checkpointOf: async (job) => (job.kind === 'train' ? trials.checkpointOf(job.trial) : undefined),
    onStart: (job) => watch(job, conducting),
  });
  const warnings = await withSameAsBefore(await checkDataSet(data), study.data, studied, dataSets);
  for (const { message } of warnings) context.warn(message);
  studied.add(study.data);
  const findings = await runStudy(study, data, trials.runMissing(pool));
  const { record, ...others } = await recordWithCloseUp(study, data, findings, warnings);
  folder.event('compared', { by: record.choice.by, best: record.best?.name ?? null });
  return { ...others, record, predictions: predictionsOf(record.title, study, data, findings) };
}

/** Warns if data that is new to the run is the same as what was there before; that says more than that its name is wrong. */
async function withSameAsBefore(
  warnings: readonly DataWarning[],
  data: string,
  before: ReadonlySet<string>,
  all: DataSets,
): Promise<readonly DataWarning[]> {
  if (before.has(data)) return warnings;
  const same = (await Promise.all([...before].map((other) => checkDifferent(all[other]!, all[data]!)))).flat();
  return same.length === 0 ? warnings : [...same, ...warnings.filter(({ kind }) => kind !== 'same data')];
}

/** Shows how a job goes on, and writes down what it comes to. */
function watch(job: Job, { context, plan, progress, folder, trials }: Conducting): JobWatcher {
  if (job.kind === 'score') return {};
  const goesOn = plan.onSaveError === 'continue';
  const warnOf = (what: string) => (error: Error) => context.warn(`${what} ${error.message}`);
  const { trial } = job;
  const { name, data, seed, validation, trainImages } = trial;
  const images = trainImages ?? plan.dataSets[data]!.train.count - validation;
  const shown = (plan.show ?? taskForTrial)(progress, trial, images);
  return {
    onProgress: shown.onProgress,
    onSave: ({ epoch, position }) => folder.event('saved', { name, data, seed, epoch, images: position }),
    onWarning: context.warn,
    ...(goesOn ? { onSaveError: warnOf('no checkpoint was saved; the one before stays.') } : {}),
    async onResult(result) {
      if (!('trained' in result)) return;
      shown.onResult(result);
      const { seconds, weightsSha256, engine } = result.trained;
      const validationErrorRate = result.validation?.errorRate ?? null;
      folder.event('trained', { name, data, seed, validationErrorRate, weightsSha256, engine, seconds });
      const kept = trials.keep(trial, result);
      await (goesOn ? kept.catch(warnOf(`${name}, seed ${seed}, would be trained again by a resumed run.`)) : kept);
    },
  };
}

/** Runs what may be stopped and resumed, and gives the folder back at its end. */
async function resumable<T>(context: Context, folder: RunFolder, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    await folder.finish();
    return result;
  } catch (error) {
    const { name, message } = error as Error;
    folder.event('ended', { error: { name, message } });
    const isStopped = error instanceof Interruption || error instanceof DataError;
    if (isStopped) context.stderr.write(`Go on with: ${resumeLine(folder.path)}\n`);
    throw error;
  } finally {
    await folder.close();
  }
}
