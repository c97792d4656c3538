/** @file A value in a JSON document that knows its path, `studies[0].data.name`, for messages that say what it needs. */

import { DataError } from '../errors.ts';
import { formatShape, type Shape } from '../shape.ts';
import { parseJson } from './json.ts';

/** How messages speak of a document: `${whole} needs an object`, `${part}steps[3] needs a number`. */
export interface DocumentNames {
  readonly whole: string;
  readonly part: string;
  readonly remedy?: string;
}

/**
 * A document that we wrote ourselves.
 *
 * @param name of its file, for messages
 * @param remedy a sentence, or nothing
 * @throws DataError if it is not JSON, or has a key twice
 */
export function readRecord(json: string | Uint8Array, name: string, remedy = ''): JsonPlace {
  const names = { whole: `${name} is damaged: it`, part: `${name} is damaged: its `, remedy: remedy && ` ${remedy}` };
  const fail = (problem: string, cause?: unknown): DataError =>
    new DataError(`${names.whole} ${problem}.${names.remedy}`, { cause });
  return new JsonPlace(parseJson(json, fail), names);
}

/** @throws DataError unless the record's `schema` is the one that this release writes */
export function requireForm(record: JsonPlace, form: string, name: string): void {
  const schema = isObject(record.value) && Object.hasOwn(record.value, 'schema') ? record.get('schema').value : null;
  if (schema === form) return;
  throw new DataError(
    `${name} needs to be of the form ${form}, but is ${shown(schema)}. Use the release that wrote it, or start anew.`,
  );
}

/** Each method gives the value as what its name says. @throws DataError, from all of them, where it is something else */
export class JsonPlace {
  readonly value: unknown;
  readonly #names: DocumentNames;
  readonly #path: string;

  constructor(value: unknown, names: DocumentNames, path = '') {
    this.value = value;
    this.#names = names;
    this.#path = path;
  }

  get subject(): string {
    return this.#path === '' ? this.#names.whole : this.#names.part + this.#path;
  }

  error(needs: string, received = `is ${shown(this.value)}`): DataError {
    return new DataError(`${this.subject} needs ${needs}, but ${received}.${this.#names.remedy ?? ''}`);
  }

  get(key: string): JsonPlace {
    const { value } = this;
    if (!isObject(value)) throw this.error('an object');
    if (!Object.hasOwn(value, key)) {
      throw new DataError(`${this.subject} has no key "${key}".${this.#names.remedy ?? ''}`);
    }
    const path = this.#path === '' ? key : `${this.#path}.${key}`;
    return new JsonPlace((value as Record<string, unknown>)[key], this.#names, path);
  }

  /** Undefined where there is no such key. */
  find(key: string): JsonPlace | undefined {
    const { value } = this;
    if (!isObject(value)) throw this.error('an object');
    return Object.hasOwn(value, key) ? this.get(key) : undefined;
  }

  keys(): string[] {
    const { value } = this;
    if (!isObject(value)) throw this.error('an object');
    return Object.keys(value);
  }

  list(length?: number): JsonPlace[] {
    const { value } = this;
    if (!Array.isArray(value) || value.length !== (length ?? value.length)) {
      throw this.error(length === undefined ? 'a list' : `a list of ${length}`);
    }
    return value.map((item, index) => new JsonPlace(item, this.#names, `${this.#path}[${index}]`));
  }

  /** A list with one item for each of `expected`. */
  each<E, T>(expected: readonly E[], read: (item: JsonPlace, expected: E) => T): T[] {
    return this.list(expected.length).map((item, index) => read(item, expected[index]!));
  }

  number(): number {
    if (typeof this.value !== 'number' || !Number.isFinite(this.value)) throw this.error('a number');
    return this.value;
  }

  positive(): number {
    if (!(this.number() > 0)) throw this.error('a number above 0');
    return this.number();
  }

  whole(low: number, high = Number.MAX_SAFE_INTEGER): number {
    const { value } = this;
    if (Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high) return value as number;
    if (low === high) throw this.error(String(low));
    throw this.error(
      `a whole number ${high === Number.MAX_SAFE_INTEGER ? `of at least ${low}` : `from ${low} to ${high}`}`,
    );
  }

  numbers(length: number): number[] {
    const { value } = this;
    if (!Array.isArray(value) || value.length !== length) throw this.error(`a list of ${length} numbers`);
    const wrong = value.findIndex((item) => typeof item !== 'number' || !Number.isFinite(item));
    if (wrong >= 0) this.list()[wrong]!.number();
    return value;
  }

  text(): string {
    if (typeof this.value !== 'string') throw this.error('a text');
    return this.value;
  }

  shape(expected: Shape): Shape {
    const given = this.list().map((extent) => extent.whole(0));
    if (String(given) === String(expected)) return expected;
    throw this.error(formatShape(expected), `is ${formatShape(given)}`);
  }

  oneOf<const C extends string | number>(...choices: readonly C[]): C {
    if (!choices.includes(this.value as C))
      throw this.error(choices.map((choice) => JSON.stringify(choice)).join(' or '));
    return this.value as C;
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
