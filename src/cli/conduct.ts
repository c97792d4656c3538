/**
 * @file Conducts studies: trains on worker threads, shows progress, keeps a folder with all that came of it, and the report.
 */

import { type JobWatcher, jobPool } from '../comparison/node/job-pool.ts';
import { predictionsOf } from '../comparison/predictions.ts';
import type { RunRecord, StudyRecord } from '../comparison/record.ts';
import { runStudy, type Study } from '../comparison/study.ts';
import type { DataSets, Job } from '../comparison/trial.ts';
import type { DataSet } from '../data/data-set.ts';
import { checkDifferent, type DataWarning } from '../data/guard.ts';
import { recordWithCloseUp } from '../explain/study-close-up.ts';
import type { Context } from './context.ts';
import { percent, seconds } from './format.ts';
import { type KeptStudy, keepRun } from './keep-run.ts';
import { type Progress, withProgress } from './progress.ts';
import { createRunFolder, type RunFolder } from './run-folder.ts';

export interface RunPlan {
  readonly command: string;
  /** The command line that gives the same results. */
  readonly line: string;
  readonly out: string | undefined;
  readonly dataSets: DataSets;
  /** How many threads run at once. */
  readonly threads: number;
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
  const folder = await createRunFolder(plan.out, plan.command);
  folder.event('started', { line: plan.line });
  const kept: KeptStudy[] = [];
  await withProgress(context, (progress) => {
    return studies(async (study) => {
      const data = plan.dataSets[study.data]!;
      await folder.checkSpace(study, data);
      folder.event('study', { title: study.title });
      const runJobs = jobPool(plan.dataSets, {
        threads: plan.threads,
        signal: context.signal,
        onStart: (job) => watch(job, plan, progress, folder),
      });
      const findings = await runStudy(study, data, runJobs);
      const { record: found, ...others } = await recordWithCloseUp(study, data, findings);
      const before = kept.map(({ record }) => record.data.name);
      const record = { ...found, warnings: await withSameAsBefore(found.warnings, data, before, plan.dataSets) };
      folder.event('compared', { by: record.choice.by, best: record.best?.name ?? null });
      kept.push({ ...others, record, predictions: predictionsOf(record.title, study, data, findings) });
      return record;
    });
  });
  return { run: await keepRun(folder, plan, kept), folder: folder.path };
}

/** Warns if data that is new to the run is the same as what was there before; that says more than that its name is wrong. */
async function withSameAsBefore(
  warnings: readonly DataWarning[],
  data: DataSet,
  before: readonly string[],
  all: DataSets,
): Promise<readonly DataWarning[]> {
  if (before.includes(data.name)) return warnings;
  const others = Object.values(all).filter(({ name }) => before.includes(name));
  const same = (await Promise.all(others.map((other) => checkDifferent(other, data)))).flat();
  return same.length === 0 ? warnings : [...same, ...warnings.filter(({ kind }) => kind !== 'same data')];
}

/** Shows a job as a task, and writes its end down. */
function watch(job: Job, { dataSets }: RunPlan, progress: Progress, folder: RunFolder): JobWatcher {
  if (job.kind === 'score') return {};
  const { name, data, seed, epochs, validation, trainImages } = job.trial;
  const images = trainImages ?? dataSets[data]!.train.count - validation;
  const task = progress.task(`${name} on ${data}, seed ${seed}`, images * epochs);
  let done = 0;
  return {
    onProgress(report) {
      if (report.kind === 'steps') task.update(done + report.examples, `loss ${report.loss.toFixed(3)}`);
      else done += images;
    },
    onResult(result) {
      if (!('trained' in result)) return;
      const { trained, validation: part } = result;
      const { seconds: time, weightsSha256 } = trained;
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
        seconds: time,
      });
    },
  };
}
