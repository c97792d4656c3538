/** @file Files that the user names on the command line. */
import { readFile, stat } from 'node:fs/promises';
import { checkWritable } from '../data/node/atomic-file.ts';
import { DataError } from '../errors.ts';

/** @throws DataError if the file cannot be read */
export async function readInputFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const problems: Record<string, string> = {
      ENOENT: 'it does not exist. Check the name.',
      EISDIR: 'it is a folder. Give the name of a file.',
      EACCES: 'this user may not read it. Change its permissions.',
    };
    throw new DataError(`${path} cannot be read: ${problems[code] ?? message}`, { cause });
  }
}

/** @throws DataError if no file can be written there */
export async function requireWritable(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  // Writing renames a new file over the old name: that would take the place of a device.
  if (found && !found.isFile() && !found.isDirectory()) {
    throw new DataError(`${path} cannot be written: it is a device or a pipe. Give the name of a file.`);
  }
  await checkWritable(path);
}
