/** @file Runs a child process for prepare: nothing on stdout, ended together with its parent. */
import { spawn } from 'node:child_process';

/** An error that is printed as its message alone. */
export function expectedError(message) {
  return Object.assign(new Error(message), { expected: true });
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
    const stop = (signal) => {
      child.kill(signal);
      process.exit(signal === 'SIGINT' ? 130 : 143);
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    const done = () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    };
    child.once('error', (error) => {
      done();
      reject(error);
    });
    child.once('close', (code) => {
      done();
      resolve(code ?? 1);
    });
  });
}
