/** @file A run as CSV, a row for each architecture and seed. Format: RFC 4180. Numbers are unrounded. */
import type { ArchitectureRecord, RunRecord, RunResult, StudyRecord } from '../comparison/record.ts';

type Cell = string | number | null;

const columns: Readonly<
  Record<string, (study: StudyRecord, architecture: ArchitectureRecord, run: RunResult) => Cell>
> = {
  study: ({ title }) => title,
  data: ({ data }) => data.name,
  architecture: (_, { name }) => name,
  seed: (_, __, { seed }) => seed,
  epochs: ({ settings }) => settings.epochs,
  parameters: (_, { cost }) => cost.parameters,
  multiplyAdds: (_, { cost }) => cost.multiplyAdds,
  modelBytes: (_, { cost }) => cost.modelBytes,
  validationErrorRate: (_, __, run) => run.validationErrorRate,
  testErrorRate: (_, __, run) => run.testErrorRate,
  testErrorRateLow: (_, __, run) => run.testInterval.low,
  testErrorRateHigh: (_, __, run) => run.testInterval.high,
  testLoss: (_, __, run) => run.testLoss,
  seconds: (_, __, run) => run.seconds,
  weightsSha256: (_, __, run) => run.weightsSha256,
  arithmetic: (_, __, run) => run.arithmetic,
};

/** @returns lines that end in CR LF, the first with the names of the columns; what is not known is empty */
export function csvReport(run: RunRecord): string {
  const rows = run.studies.flatMap((study) =>
    study.architectures.flatMap((architecture) =>
      architecture.runs.map((one) => Object.values(columns).map((cell) => cell(study, architecture, one))),
    ),
  );
  return [Object.keys(columns), ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(cell: Cell): string {
  const text = String(cell ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
