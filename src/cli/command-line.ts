/** @file The command line that gives a result again: what was asked for, without what only says how to show or store it. */

type Value = string | number | boolean | undefined | readonly number[];

/** `ocellus compare "conv + pool" --seeds 0,1,2`; switches that are off, and what was left out, are not there. */
export function commandLine(
  command: string,
  words: readonly string[],
  options: Readonly<Record<string, Value>>,
): string {
  const written = Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    const option = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return value === true ? [option] : [option, quote(String(value))];
  });
  return ['ocellus', command, ...words.map(quote), ...written].join(' ');
}

/** What goes on with a run in this folder. A path that starts with a dash is not to be taken for an option. */
export const resumeLine = (path: string): string =>
  commandLine('resume', [path.startsWith('-') ? `./${path}` : path], {});

/** As a POSIX shell reads it. */
function quote(word: string): string {
  if (/^[\w./,:=@%-]+$/.test(word)) return word;
  return /["$`\\!]/.test(word) ? `'${word.replaceAll("'", "'\\''")}'` : `"${word}"`;
}
