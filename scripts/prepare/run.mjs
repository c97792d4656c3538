/** @file Runs a child process for prepare: nothing on stdout, stopped when its parent is. */
import { spawn } from 'node:child_process';

/** An error that is printed as its message alone, and what to exit with. */
export function expectedError(message, exitCode = 1) {
  return Object.assign(new Error(message), { exitCode });
}

/**
 * Runs a program to its end and returns its exit code (1 when a signal ended it). Its stderr is ours; its stdout goes to
 * our stderr or nowhere, since stdout belongs to the command that prepare runs before.
 */
export function run(program, parameters, { cwd, limitSeconds = 0, stdout = 'stderr', shell = false }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, {
      cwd,
      shell,
      stdio: ['ignore', stdout === 'stderr' ? 2 : 'ignore', 2],
      timeout: limitSeconds * 1000,
    });
    let interruptedBy;
    const stop = (signal) => {
      interruptedBy = signal;
      child.kill(signal);
    };
    const finish = (settle, value) => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      settle(value);
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    child.once('error', (error) => finish(reject, error));
    child.once('close', (code) => {
      // Only now: while the child is ending it still changes files, and the caller's lock must be held.
      if (interruptedBy) finish(reject, expectedError('interrupted', interruptedBy === 'SIGINT' ? 130 : 143));
      else finish(resolve, code ?? 1);
    });
  });
}
