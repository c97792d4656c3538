/** @file The one document that `--json` prints. Rates are fractions. */
import { numericsVersion } from '../numerics-version.ts';

/** `command` is null where the command line does not get as far as one. */
export function document(
  command: string | null,
  exitCode: number,
  body: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return { schema: `ocellus/${command ?? 'error'}/1`, command, numericsVersion, exitCode, ...body };
}

export function printDocument(value: Record<string, unknown>): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
