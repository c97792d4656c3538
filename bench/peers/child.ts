/** @file A peer as a child process that is asked and answers, a line of JSON each. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Command {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Child {
  /** @throws Error with the end of what it wrote to stderr when the process ends instead of answering */
  ask<Answer>(request: object): Promise<Answer>;
  end(): void;
}

const stderrKept = 2000;

export function startChild({ program, arguments: given, environment }: Command): Child {
  const child = spawn(program, given, { env: { ...process.env, ...environment }, stdio: 'pipe' });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-stderrKept);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => reject(new Error(`it ended with ${signal ?? code}: ${complaint.trim()}`)));
  });
  ended.catch(() => {});
  // Writing to a process that has ended is told by its end.
  child.stdin.on('error', () => {});
  return {
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await Promise.race([lines.next(), ended]);
      return done ? await ended : JSON.parse(value);
    },
    end() {
      child.stdin.end();
      child.kill();
    },
  };
}
