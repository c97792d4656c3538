/** @file Keeps a training's checkpoints in its run's folder, and says how a run that was stopped goes on. */
import { DataError } from '../errors.ts';
import type { Standing } from '../training/checkpoint.ts';
import { folderStore } from '../training/node/checkpoint-folder.ts';
import type { CheckpointOptions } from '../training/resume.ts';
import { commandLine } from './command-line.ts';
import { type Context, Interruption } from './context.ts';
import type { RunFolder } from './run-folder.ts';

/** Stop where it is left out. */
export type OnSaveError = 'stop' | 'continue' | undefined;

/** The checkpoints of a run's one training. */
export function checkpointsIn(folder: RunFolder, onSaveError: OnSaveError, context: Context): CheckpointOptions {
  return {
    store: folderStore(folder.root, { onWarning: context.warn }),
    onSave: (standing) => folder.event('saved', placeOf(standing)),
    ...(onSaveError === 'continue' ? { onSaveError: (error) => warnOfSave(error, context) } : {}),
  };
}

export const placeOf = ({ epoch, position }: Standing) => ({ epoch, images: position });

/** For runs that go on without a checkpoint. */
export function warnOfSave(error: unknown, context: Context): void {
  const { message } = error as Error;
  context.warn(`no checkpoint was saved; the one before stays. ${message}`);
}

/** Runs what may be stopped and resumed, and gives the folder back at its end. */
export async function resumable<T>(
  context: Context,
  folder: RunFolder | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const result = await work();
    await folder?.finish();
    return result;
  } catch (error) {
    const isStopped = error instanceof Interruption || error instanceof DataError;
    if (folder && isStopped) context.stderr.write(`Go on with: ${commandLine('resume', [folder.path], {})}\n`);
    throw error;
  } finally {
    await folder?.close();
  }
}
