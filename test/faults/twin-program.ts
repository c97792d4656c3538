/** @file The built program with one file replaced: a known-bad twin that runs as the real one does. */
import { copyFile, cp, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { program } from '../run-cli.ts';

/**
 * @param folder where it is made
 * @returns what to run
 */
export async function twinProgram(folder: string, replaced: string, by: string): Promise<string> {
  const root = dirname(dirname(dirname(program)));
  await mkdir(folder);
  await cp(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  for (const name of ['node_modules', 'package.json']) await symlink(join(root, name), join(folder, name));
  await copyFile(join(root, by), join(folder, 'dist', replaced));
  return join(folder, 'dist/cli/main.js');
}
