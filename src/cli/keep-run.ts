/** @file Writes down what came of a run: its record, predictions, one model, and the report. */
import type { StudyPredictions } from '../comparison/predictions.ts';
import type { RunRecord } from '../comparison/record.ts';
import type { RecordedStudy } from '../explain/study-close-up.ts';
import { save } from '../export/model-file.ts';
import { numericsVersion } from '../numerics-version.ts';
import { csvReport } from '../report/csv-report.ts';
import { htmlReport } from '../report/html-report.ts';
import { markdownReport } from '../report/markdown-report.ts';
import type { RunFolder } from './run-folder.ts';
import { recordName } from './run-plan.ts';
import { version } from './version.ts';

/** A study with all that a run keeps of it. */
export interface KeptStudy extends RecordedStudy {
  readonly predictions: StudyPredictions;
}

/** @throws DataError if something cannot be written */
export async function keepRun(folder: RunFolder, command: string, studies: readonly KeptStudy[]): Promise<RunRecord> {
  const run: RunRecord = {
    schema: 'ocellus/run/1',
    command: { name: command, line: folder.line },
    startedAt: folder.startedAt.toISOString(),
    seconds: folder.seconds(),
    versions: { ocellus: version(), node: process.versions.node, numericsVersion },
    studies: studies.map(({ record }) => record),
  };
  const predictions = { schema: 'ocellus/predictions/1', studies: studies.map((study) => study.predictions) };
  const pictures = studies.map((study) => study.pictures);
  await folder.write('model.safetensors', await save(studies[0]!.trained));
  await folder.write('predictions.json', `${JSON.stringify(predictions)}\n`);
  await folder.write('report.html', htmlReport(run, pictures));
  await folder.write('report.md', markdownReport(run));
  await folder.write('report.csv', csvReport(run));
  // What is there tells that the run has finished.
  await folder.write(recordName, `${JSON.stringify(run, null, 2)}\n`);
  folder.event('finished');
  return run;
}
