/**
 * @file Progress on stderr: bars on a terminal, lines elsewhere (one when a task is done, and one each ten seconds of a
 * long one), nothing under `--quiet`. Several tasks may run at once.
 */
import cliProgress from 'cli-progress';
import type { Context } from './context.ts';

export interface Progress {
  /** Starts a task of `total` units. */
  task(label: string, total: number): Task;
  /** Prints a line that stays. */
  say(line: string): void;
  /** Takes the bars away. The process cannot end before. */
  stop(): void;
}

export interface Task {
  update(done: number, note?: string): void;
  done(note?: string): void;
}

/** Milliseconds between lines of one task. */
const lineInterval = 10_000;
/** Milliseconds between drawings of the bars. */
const drawInterval = 100;

export function createProgress(context: Pick<Context, 'quiet' | 'stderr'>): Progress {
  if (context.quiet) return silent;
  const isTerminal = context.stderr.isTTY === true && process.env.TERM !== 'dumb';
  return isTerminal ? createBars(context.stderr) : createLines(context.stderr);
}

/** Runs `work` with a progress that is stopped however it ends. */
export async function withProgress<T>(context: Context, work: (progress: Progress) => T | Promise<T>): Promise<T> {
  const progress = createProgress(context);
  try {
    return await work(progress);
  } finally {
    progress.stop();
  }
}

const silent: Progress = { task: () => ({ update: () => {}, done: () => {} }), say: () => {}, stop: () => {} };

function createLines(stream: NodeJS.WritableStream): Progress {
  return {
    task(label, total) {
      let last = performance.now();
      const line = (...parts: (string | undefined)[]): void => {
        stream.write(`${label}: ${parts.filter((part) => part !== undefined && part !== '').join(', ')}\n`);
      };
      return {
        update(done, note) {
          if (performance.now() - last < lineInterval) return;
          last = performance.now();
          line(`${Math.floor((100 * done) / total)} %`, note);
        },
        done: (note) => line(note ?? 'done'),
      };
    },
    say: (line) => {
      stream.write(`${line}\n`);
    },
    stop: () => {},
  };
}

function createBars(stream: NodeJS.WritableStream): Progress {
  const bars = new cliProgress.MultiBar({
    stream,
    format: '{label} {bar} {percentage} % {note}',
    barsize: 24,
    barCompleteChar: '━',
    barIncompleteChar: '╌',
    clearOnComplete: true,
    // Lines are cut to the terminal's width; the terminal's own modes stay as they are if the process is killed.
    linewrap: true,
    hideCursor: false,
    // It would keep Ctrl-C from ending a process that does not listen for it.
    gracefulExit: false,
    fps: 1000 / drawInterval,
  });
  let drawn = 0;
  let width = 0;
  return {
    task(label, total) {
      width = Math.max(width, label.length);
      const bar = bars.create(total, 0, { label: label.padEnd(width), note: '' });
      return {
        update(done, note) {
          bar.update(done, note === undefined ? {} : { note });
          // Timers do not run while something computes without a pause.
          if (performance.now() - drawn < drawInterval) return;
          drawn = performance.now();
          bars.update();
        },
        done: () => {
          bars.remove(bar);
        },
      };
    },
    say: (line) => bars.log(`${line}\n`),
    stop: () => bars.stop(),
  };
}
