/** @file Numbers as messages and tables print them: in English, whatever the machine's locale. */

const english = new Intl.NumberFormat('en-US');

/** `60,000`, or with a noun `60,000 images`, `1 image`, `10 classes`. */
export function formatCount(count: number | bigint, noun?: string): string {
  const digits = english.format(count);
  if (noun === undefined) return digits;
  if (count === 1) return `${digits} ${noun}`;
  return `${digits} ${noun}${noun.endsWith('s') ? 'es' : 's'}`;
}

/** `30.9 MB`: millions of bytes; below 0.1 MB thousands of them, `4.5 KB`. */
export function formatMegabytes(bytes: number): string {
  if (bytes < 1e5) return `${(bytes / 1e3).toFixed(1)} KB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
