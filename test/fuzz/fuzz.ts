/**
 * @file Gives a reader of foreign bytes what nobody would write, and holds it to what is promised: a result, or an error that
 * Ocellus throws on purpose; an answer in 250 ms; no more memory than twice the input and 16 MB.
 */
import { OcellusError } from '../../src/errors.ts';
import { type RandomStream, randomStream } from '../../src/random.ts';

/** A reader, and what it is given. */
export interface Format {
  readonly name: string;
  prepare(): Subject | Promise<Subject>;
}

export interface Subject {
  /** An input that follows from its number, and from random numbers that belong to it. */
  draw(random: RandomStream, number: number): Uint8Array;
  read(input: Uint8Array): unknown;
  /** How many inputs there are; any number where it is left out. */
  readonly count?: number;
  /** Whether none of them may be read. */
  readonly refusesAll?: boolean;
}

/** What became of the inputs. */
export interface Tally {
  readonly runs: number;
  /** Inputs with a result. */
  readonly read: number;
  /** Errors by class. */
  readonly refused: ReadonlyMap<string, number>;
  readonly slowestMilliseconds: number;
  readonly largestBytes: number;
}

const longestMilliseconds = 250;
/** Milliseconds after which a reader that is waited for has forgotten to answer. */
const longestSilence = 20_000;
const spareBytes = 16 * 2 ** 20;

export interface FuzzOptions {
  readonly runs: number;
  readonly seed?: number;
  /** The number of the first input: one alone is run again by its number. */
  readonly first?: number;
  readonly onProgress?: (done: number) => void;
}

/** @throws Error naming the format, the seed and the input's number, so that it can be run again */
export async function fuzz(
  format: Format,
  { runs, seed = 0, first = 0, onProgress = () => {} }: FuzzOptions,
): Promise<Tally> {
  const subject = await format.prepare();
  const refused = new Map<string, number>();
  let [read, slowestMilliseconds, largestBytes] = [0, 0, 0];
  const end = Math.min(first + runs, subject.count ?? Number.POSITIVE_INFINITY);
  for (let number = first; number < end; number++) {
    const input = subject.draw(randomStream(seed, `${format.name} ${number}`), number);
    const answer = await ask(subject, input);
    let { milliseconds } = answer;
    if (milliseconds > longestMilliseconds) {
      // Another process may have had the machine: what is slow is so three times.
      const again = [];
      for (let time = 0; time < 3; time++) again.push((await ask(subject, input)).milliseconds);
      milliseconds = again.sort((a, b) => a - b)[1]!;
    }
    const fault =
      faultOf(answer.error, subject) ?? pollution() ?? slowness(milliseconds) ?? greed(answer.bytes, input.length);
    if (fault !== undefined) throw complaint(fault, answer.error, format, seed, number, input);
    slowestMilliseconds = Math.max(slowestMilliseconds, milliseconds);
    largestBytes = Math.max(largestBytes, answer.bytes);
    if (answer.error === undefined) read++;
    else refused.set((answer.error as Error).name, (refused.get((answer.error as Error).name) ?? 0) + 1);
    onProgress(number - first + 1);
  }
  return { runs: end - first, read, refused, slowestMilliseconds, largestBytes };
}

interface Answer {
  readonly error: unknown;
  readonly milliseconds: number;
  /** By which memory grew, whatever is collected later. */
  readonly bytes: number;
}

async function ask({ read }: Subject, input: Uint8Array): Promise<Answer> {
  const before = process.memoryUsage();
  const work = process.cpuUsage();
  const started = performance.now();
  let error: unknown;
  try {
    const result = read(input);
    if (result instanceof Promise) await soon(result);
  } catch (thrown) {
    error = thrown ?? new Error('something that is no error was thrown');
  }
  const waited = performance.now() - started;
  const { user, system } = process.cpuUsage(work);
  // Other processes take time of the first kind, other threads of the second.
  const milliseconds = Math.min(waited, (user + system) / 1000);
  const after = process.memoryUsage();
  const bytes = after.arrayBuffers - before.arrayBuffers + Math.max(0, after.heapUsed - before.heapUsed);
  return { error, milliseconds, bytes };
}

async function soon(result: Promise<unknown>): Promise<void> {
  let limit: NodeJS.Timeout | undefined;
  const silence = new Promise((_, reject) => {
    limit = setTimeout(() => reject(new Error('there was no answer')), longestSilence);
  });
  try {
    await Promise.race([result, silence]);
  } finally {
    clearTimeout(limit);
  }
}

function faultOf(error: unknown, { refusesAll = false }: Subject): string | undefined {
  if (error === undefined) return refusesAll ? 'took what is damaged' : undefined;
  return error instanceof OcellusError ? undefined : `threw ${String(error)}`;
}

/** Each object would have what one document has. */
const pollution = (): string | undefined => {
  for (const key in {}) return `gave every object the key ${key}`;
  return undefined;
};

const slowness = (milliseconds: number): string | undefined =>
  milliseconds <= longestMilliseconds ? undefined : `took ${milliseconds.toFixed(0)} ms`;

const greed = (bytes: number, inputBytes: number): string | undefined =>
  bytes <= 2 * inputBytes + spareBytes ? undefined : `took ${bytes} bytes for ${inputBytes}`;

function complaint(
  fault: string,
  cause: unknown,
  { name }: Format,
  seed: number,
  number: number,
  input: Uint8Array,
): Error {
  const shown = JSON.stringify(Buffer.from(input.subarray(0, 2000)).toString('latin1'));
  const message = `${name}: the reader ${fault}. Seed ${seed}, input ${number}, ${input.length} bytes:\n${shown}`;
  return new Error(message, { cause });
}
