/**
 * @file Conducts studies: trains on worker threads, shows progress, keeps a folder with all that came of it, and the report.
 */

import { type JobWatcher, jobPool } from '../comparison/node/job-pool.ts';
import { predictionsOf } from '../comparison/predictions.ts';
import type { RunRecord, StudyRecord } from '../comparison/record.ts';
import { runStudy, type Study } from '../comparison/study.ts';
import type { DataSets, Job } from '../comparison/trial.ts';
import { checkDataSet, checkDifferent, type DataWarning } from '../data/guard.ts';
import type { EngineChoice } from '../engine/native/node/engines.ts';
import { recordWithCloseUp } from '../explain/study-close-up.ts';
import type { Body } from './command.ts';
import type { Context } from './context.ts';
import { percent, seconds } from './format.ts';
import { type KeptStudy, keepRun } from './keep-run.ts';
import { KeptTrials } from './kept-trials.ts';
import { type Progress, withProgress } from './progress.ts';
import { type OnSaveError, placeOf, resumable, warnOfSave } from './resumable.ts';
import { createRunFolder, type RunFolder } from './run-folder.ts';

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
  readonly onSaveError: OnSaveError;
}

export type Conduct = (study: Study) => Promise<StudyRecord>;

/**
 * Does what `studies` asks for, one study after the other, and writes it all down.
 * @returns the run's record, and the folder that it is kept in
 */
export async function conductStudies(
  context: Context,
  plan: RunPlan,
  studies: (conduct: Conduct) => Promise<void>,
): Promise<{ readonly run: RunRecord; readonly folder: string }> {
  const folder = await createRunFolder(plan.out, plan, context);
  const run = await resumable(context, folder, async () => {
    const trials = await KeptTrials.in(folder, context, plan.dataSets);
    const kept: KeptStudy[] = [];
    const studied = new Set<string>();
    await withProgress(context, (progress) => {
      const conducting: Conducting = { context, plan, folder, trials, progress };
      return studies(async (study) => {
        const conducted = await conductStudy(study, studied, conducting);
        kept.push(conducted);
        return conducted.record;
      });
    });
    return keepRun(folder, plan.command, kept);
  });
  return { run, folder: folder.path };
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
  const pool = jobPool(plan.dataSets, {
    threads: plan.threads,
    engine: plan.engine,
    signal: context.signal,
    checkpointOf: async (job) =>
      job.kind === 'train' ? { folder: folder.root, name: `${await trials.nameOf(job.trial)}-checkpoint` } : undefined,
    onStart: (job) => watch(job, conducting),
  });
  const warnings = await withSameAsBefore(await checkDataSet(data), study.data, studied, plan.dataSets);
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

/** Shows a job as a task, and writes down what it comes to. */
function watch(job: Job, { context, plan, progress, folder, trials }: Conducting): JobWatcher {
  if (job.kind === 'score') return {};
  const { name, data, seed, epochs, validation, trainImages } = job.trial;
  const images = trainImages ?? plan.dataSets[data]!.train.count - validation;
  const task = progress.task(`${name} on ${data}, seed ${seed}`, images * epochs);
  return {
    onProgress(report) {
      if (report.kind === 'epoch') return;
      task.update(images * (report.epoch - 1) + report.examples, `loss ${report.loss.toFixed(3)}`);
    },
    onSave: (standing) => folder.event('saved', { name, data, seed, ...placeOf(standing) }),
    onWarning: context.warn,
    ...(plan.onSaveError === 'continue' ? { onSaveError: (error) => warnOfSave(error, context) } : {}),
    onResult(result) {
      if (!('trained' in result)) return;
      trials.keep(job.trial, result);
      const { trained, validation: part } = result;
      const { seconds: time, weightsSha256, engine } = trained;
      const error = part
        ? `validation error ${percent(part.errorRate)}`
        : `loss ${trained.history.at(-1)!.trainLoss.toFixed(3)}`;
      task.done(`${error}, ${seconds(time)}`);
      folder.event('trained', {
        name,
        data,
        seed,
        validationErrorRate: part?.errorRate ?? null,
        weightsSha256,
        engine,
        seconds: time,
      });
    },
  };
}
