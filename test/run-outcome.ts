/** @file What a run comes to, but for times: equal for runs that were stopped and resumed, and for those that were not. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CliResult } from './run-cli.ts';

/** What a command printed, and left behind, but for times. */
const timeless = (text: string): string =>
  text
    .replace(/Started .*/, '')
    .replace(/(\d+:\d\d|[\d.]+)\s(s|ms|µs|min|h)\b/g, 'TIME')
    .replace(/ {2,}|─+/g, ' ')
    .replaceAll(/runs\/[a-z0-9-]+/g, 'RUN');

export type Outcome = Awaited<ReturnType<typeof outcomeOf>>;

/** @param folder the run's */
export async function outcomeOf(folder: string, result: CliResult) {
  const read = (file: string) => readFile(join(folder, file), 'utf8');
  const { studies } = JSON.parse(await read('run.json'));
  const record = JSON.stringify(studies, (key, value) => (/(s|S)econds$/.test(key) ? 0 : value));
  return {
    code: result.code,
    table: timeless(result.stdout),
    record,
    predictions: await read('predictions.json'),
    report: timeless(await read('report.md')),
  };
}
