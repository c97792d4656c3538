/** @file Runs for tests of reports, made by really training and comparing. */
import type { RunRecord, StudyRecord } from '../src/comparison/record.ts';
import { runStudy, type Study } from '../src/comparison/study.ts';
import { type Job, runJob } from '../src/comparison/trial.ts';
import type { DataSet } from '../src/data/data-set.ts';
import type { DataWarning } from '../src/data/guard.ts';
import type { Pictures } from '../src/explain/picture.ts';
import { recordWithCloseUp } from '../src/explain/study-close-up.ts';
import { parseNotation } from '../src/model/notation.ts';
import { numericsVersion } from '../src/numerics-version.ts';
import { adam } from '../src/optimizers/index.ts';
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
    studies: made.map(({ record }) => record),
  };
  return { run, pictures: made.map(({ pictures }) => pictures), trained: made.map(({ trained }) => trained) };
}

async function makeStudy(plan: StudyPlan) {
  const { title, data, architectures, stated = {}, validation = 0, warnings = [] } = plan;
  const study: Study = {
    title,
    architectures: architectures.map((name) => ({
      name,
      layers: parseNotation(name),
      ...(stated[name] === undefined ? {} : { stated: { by: 'the notebook', errorRate: stated[name] } }),
    })),
    data: data.name,
    seeds: plan.seeds,
    epochs: plan.epochs ?? 1,
    batchSize: plan.batchSize ?? 16,
    optimizer: adam({ learningRate: 0.003 }),
    validation,
    ...(plan.trainImages === undefined ? {} : { trainImages: plan.trainImages }),
    gradients: 'exact',
    compareBy: validation > 0 ? 'validation' : architectures.length > 1 ? 'test' : 'nothing',
  };
  const findings = await runStudy(study, data, <J extends Job>(jobs: readonly J[]) =>
    Promise.all(jobs.map((job) => runJob(job, { [data.name]: data }))),
  );
  const { record, ...made } = await recordWithCloseUp(study, data, findings);
  const warned: StudyRecord = { ...record, warnings: [...record.warnings, ...warnings] };
  return { ...made, record: warned };
}
