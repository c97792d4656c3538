/** @file `classes.txt`: the names of the classes of somebody's own images, one a line, the first for label 0. */

import { DataError } from '../errors.ts';
import { formatCount } from '../format-number.ts';

/**
 * @param name the file's name, for messages
 * @throws DataError if there is no name, an empty one, or one twice
 */
export function parseClassList(text: string, name: string): string[] {
  const lines = text
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.trim());
  const places = new Map<string, number>();
  lines.forEach((line, place) => {
    const first = places.get(line);
    places.set(line, place);
    if (line !== '' && first === undefined) return;
    const received = line === '' ? 'is empty' : `is "${line}", as line ${formatCount(first! + 1)} is`;
    const need = 'each line needs the name of one class, and each class another';
    throw new DataError(`Line ${formatCount(place + 1)} of ${name} ${received}; ${need}. Mend the list.`);
  });
  return lines;
}
