/** @file The workers of one program, seen from the thread that runs it: started together, ended together. */
import { EngineError } from '../../errors.ts';
import { type Losses, type Parts, runShare } from './share.js';
import { spawn, type Thread } from './spawn.ts';
import { controlBytes, type Job, Team } from './team.js';

export interface WorkersOptions {
  /** What each makes the program's parts of. */
  readonly code: unknown;
  readonly memory: WebAssembly.Memory;
  readonly losses: Losses | undefined;
  /** This one included. */
  readonly threads: number;
  /** Milliseconds without a sign of life after which a thread has failed. */
  readonly silence: number;
  /** What they run, if it is not the WebAssembly engine's worker. */
  readonly file?: URL;
  /** For tests: what a worker of their own gets. */
  readonly hook?: unknown;
}

/** A machine may be busy, but not for ever. */
const longestStart = 20_000;

export class Workers {
  readonly #team: Team;
  readonly #count: number;
  readonly #threads: Thread[] = [];
  #isClosed = false;

  private constructor(team: Team) {
    this.#team = team;
    this.#count = team.threads - 1;
  }

  /** @throws EngineError if one of them does not start */
  static async start({ code, memory, losses, threads, silence, file, hook }: WorkersOptions): Promise<Workers> {
    const control = new SharedArrayBuffer(controlBytes);
    const team = new Team(control, memory.buffer as SharedArrayBuffer, 0, threads, silence);
    const workers = new Workers(team);
    const started = Array.from({ length: threads - 1 }, (_, place) => {
      const thread = place + 1;
      const start = {
        code,
        memory,
        losses,
        control,
        thread,
        threads,
        silence,
        ...(hook === undefined ? {} : { hook }),
      };
      return new Promise<void>((resolve) => {
        const ended = (how: string): void => {
          clearTimeout(limit);
          team.fail(thread, how);
          resolve();
        };
        const limit = setTimeout(() => ended(`did not start within ${longestStart / 1000} s`), longestStart);
        const ready = (): void => {
          clearTimeout(limit);
          resolve();
        };
        workers.#threads.push(spawn(start, { ready, ended }, file));
      });
    });
    await Promise.all(started);
    if (team.failure) throw workers.#end(undefined);
    for (const thread of workers.#threads) thread.unref();
    return workers;
  }

  /** Runs the job with all threads; says whether all of it. @throws EngineError that names the one that failed; then all are ended */
  run(parts: Parts, job: Job): boolean {
    try {
      this.#team.begin(job);
      const isDone = runShare(this.#team, parts, job);
      this.#team.awaitOthers();
      return isDone;
    } catch (error) {
      throw this.#end(error);
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Ends them, whatever they do. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#team.close();
    for (const thread of this.#threads) thread.end();
  }

  /** What to throw: another thread's failure, or else this one's own error. */
  #end(error: unknown): unknown {
    const { failure } = this.#team;
    this.close();
    if (!failure) return error;
    const who = failure.thread === 0 ? 'The program’s own thread' : `Worker ${failure.thread} of ${this.#count}`;
    return new EngineError(`${who} ${failure.how}. The program is closed; start again, or with one thread.`);
  }
}
