/**
 * @file The four kinds of error that Ocellus throws on purpose.
 *
 * A message says: subject, need, received, remedy, with the values. The command line prints such a message alone and
 * exits with the class's code; any other error is a defect and is printed with its stack.
 */

/** An error with a message for the user and an exit code for the command line. */
export class OcellusError extends Error {
  /** What the command line exits with. */
  readonly exitCode: number = 1;
}

/** Layers, images or parameters whose sizes do not fit. */
export class ShapeError extends OcellusError {
  override readonly name = 'ShapeError';
  override readonly exitCode = 2;
}

/** A call, an option or a notation that is not understood. */
export class UsageError extends OcellusError {
  override readonly name = 'UsageError';
  override readonly exitCode = 2;
  readonly #option: string | undefined;

  constructor(message: string, { option, ...rest }: ErrorOptions & { readonly option?: string } = {}) {
    super(message, rest);
    this.#option = option;
  }

  /** The option that the message starts with, where it is about one of a call. */
  get option(): string | undefined {
    return this.#option;
  }
}

/** A file or a data set that is missing, damaged or not what it claims to be. */
export class DataError extends OcellusError {
  override readonly name = 'DataError';
  override readonly exitCode = 3;
}

/** Something that this engine or this machine cannot do. */
export class EngineError extends OcellusError {
  override readonly name = 'EngineError';
  override readonly exitCode = 5;
}

/** An error as plain data, to cross from one thread to another. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly option?: string;
}

export function recordError(error: unknown): ErrorRecord {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  const option = error instanceof UsageError ? error.option : undefined;
  return { name, message, ...(stack === undefined ? {} : { stack }), ...(option === undefined ? {} : { option }) };
}

/** The error again, of its own class if it is one of ours. */
export function restoreError({ name, message, stack, option }: ErrorRecord): Error {
  const Class = [ShapeError, UsageError, DataError, EngineError].find((known) => known.name === name) ?? Error;
  const error = new Class(message, option === undefined ? {} : { option });
  return stack === undefined ? error : Object.assign(error, { stack });
}
