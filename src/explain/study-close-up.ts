/** @file A study's record with the close look at its best architecture's first seed. */
import type { StudyRecord } from '../comparison/record.ts';
import type { Findings, Study } from '../comparison/study.ts';
import { recordStudy } from '../comparison/study-record.ts';
import type { DataSet } from '../data/data-set.ts';
import type { DataWarning } from '../data/guard.ts';
import type { Trained } from '../training/trained.ts';
import { closeUp } from './close-up.ts';
import type { Pictures } from './picture.ts';

export interface RecordedStudy {
  readonly record: StudyRecord;
  readonly pictures: Pictures;
  /** Whom the close look is at: of the best, or the first where nothing is chosen. */
  readonly trained: Trained;
}

/** @param warnings of the data, where it has been checked already */
export async function recordWithCloseUp(
  study: Study,
  data: DataSet,
  findings: Findings,
  warnings?: readonly DataWarning[],
): Promise<RecordedStudy> {
  const place = findings.comparison?.best ?? 0;
  const { trained } = findings.trials[place]![0]!;
  const subject = { name: study.architectures[place]!.name, seed: study.seeds[0]! };
  const { record, pictures } = await closeUp(trained, data.test, findings.scores[place]![0]!, subject);
  return { record: { ...(await recordStudy(study, data, findings, warnings)), closeUp: record }, pictures, trained };
}
