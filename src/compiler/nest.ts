/**
 * @file The loop IR: counted loops around loads, arithmetic on vectors of floats, and stores. Back ends only print
 * it; addresses are affine in the loop variables, and `address.ts` makes pointers of them. What is double has two floats
 * to a vector; nests in double precision take one element at a time, in both places.
 *
 * A list is a column of floats and, at fixed distances in bytes behind it, columns of int32. An entry is a float and its
 * numbers. Marks are int32 in memory: the address of the float that an entry begins with.
 */

/** float32, or float64: half as many to a vector, but one at least. */
export type Precision = 'single' | 'double';

/** Bytes: `base` plus, for each variable, its value times so many bytes. */
export interface Address {
  readonly base: number;
  readonly terms: ReadonlyMap<string, number>;
}

/**
 * The variables that are given to a nest over examples: the first of them, in the batch and in its chunk; the chunk; and
 * how many bytes the running thread's own memory lies behind the first thread's. A nest over a slice is given its number.
 */
export const firstVariable = '#firstExample';
export const firstInChunkVariable = '#firstInChunk';
export const chunkVariable = '#thisChunk';
export const threadVariable = '#threadOffset';
export const sliceVariable = '#slice';
/** In a walk: how many bytes the entry moves an address. */
export const entryVariable = '#entry';

export type UnaryOperation =
  | 'negate'
  | 'sqrt'
  | 'absolute'
  | 'convert'
  /** The first half of the floats made double; all doubles made single, and put first. */
  | 'widen'
  | 'narrow'
  /** Each lane gets the value of the one so far away, in pairs: a power of two. */
  | { readonly swap: number }
  | { readonly shiftLeft: number }
  | { readonly shiftRight: number };
export type BinaryOperation =
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'max'
  | 'min'
  | 'equal'
  | 'greater'
  | 'greaterEqual'
  | 'and'
  /** The first halves of both. */
  | 'joinHalves'
  | 'integerAdd'
  | 'integerSubtract';

export type Value = {
  /** How many floats the vector has. */
  readonly lanes: number;
} & (
  | {
      readonly kind: 'load';
      readonly precision: Precision;
      /** `stream`: a vector of what is walked on and on, so that memory may be asked for what lies ahead. */
      readonly form: 'vector' | 'stream' | 'splat';
      readonly at: Address;
    }
  /** A vector's floats, `stride` bytes apart; behind the first `real` of them it has 0 and reads nothing. */
  | {
      readonly kind: 'gather';
      readonly precision: Precision;
      readonly at: Address;
      readonly stride: number;
      readonly real: number;
    }
  | { readonly kind: 'float'; readonly precision: Precision; readonly value: number }
  | { readonly kind: 'integer'; readonly value: number }
  /** All ones in the first `real` lanes. */
  | { readonly kind: 'laneMask'; readonly real: number }
  | { readonly kind: 'register'; readonly register: number }
  /** In a walk: the entry's float, in all lanes. */
  | { readonly kind: 'entry' }
  | {
      readonly kind: 'unary';
      /** Of the result. */
      readonly precision: Precision;
      readonly operation: UnaryOperation;
      readonly a: Value;
    }
  | {
      readonly kind: 'binary';
      readonly precision: Precision;
      readonly operation: BinaryOperation;
      readonly a: Value;
      readonly b: Value;
    }
  | { readonly kind: 'select'; readonly mask: Value; readonly a: Value; readonly b: Value }
);

/** A fixed count; or the examples given to the nest, or the chunks, of which `tile` go into one iteration. */
export type Count =
  | number
  | { readonly of: 'examples' | 'chunks'; readonly tile: number; readonly part: 'tiles' | 'rest' };

export type Statement =
  | {
      readonly kind: 'loop';
      readonly variable: string;
      readonly count: Count;
      /** How far the variable goes in one iteration. */
      readonly step: number;
      /** For the `rest` of a dynamic count: the loop that comes before has gone so far. */
      readonly after?: number;
      /** Runs only the iterations of the slice that is given to the nest: from count * slice / slices, rounded down, to the next slice's first. */
      readonly sliced?: boolean;
      readonly body: readonly Statement[];
    }
  | { readonly kind: 'assign'; readonly register: number; readonly value: Value }
  /** A vector at `at` will be read soon: memory may be asked for it. */
  | { readonly kind: 'fetch'; readonly at: Address }
  | Walk
  /** From here on a list is made at `at`. */
  | { readonly kind: 'begin'; readonly at: Address }
  | Append
  /** Stores at `at` where the list's next entry will be. */
  | { readonly kind: 'mark'; readonly at: Address }
  /** In a walk: adds the entry, with its number `from` bytes behind it, where the mark at `at` says; and moves that mark on. */
  | { readonly kind: 'push'; readonly at: Address; readonly from: number; readonly to: number }
  /** The first lanes of each value. Everything is computed before anything is stored, so that new values may take the place of old ones. */
  | { readonly kind: 'store'; readonly lanes: number; readonly stores: readonly Store[] };

/** Runs for each entry between two marks, from the first to the last or backwards; often there are none. */
export interface Walk {
  readonly kind: 'walk';
  readonly from: Address;
  readonly to: Address;
  /** Bytes from an entry's float to what the entry adds to addresses. */
  readonly column: number;
  readonly backwards: boolean;
  readonly body: readonly Statement[];
}

/**
 * Adds those of a vector's floats that are not 0 to the list, in their order. May write a whole vector to each column;
 * what is behind the last entry means nothing.
 */
export interface Append {
  readonly kind: 'append';
  readonly lanes: number;
  readonly at: Address;
  readonly columns: readonly {
    readonly distance: number;
    /** The first lane's number, affine in the variables as addresses are; the others are `step` apart. */
    readonly offset: Address;
    readonly step: number;
  }[];
}

export interface Store {
  readonly at: Address;
  readonly value: Value;
  /** Of what is stored; single where it is left out. */
  readonly precision?: Precision;
}

export interface Nest {
  readonly name: string;
  /** What it is given, and may be cut by: some examples of a chunk, or one of several slices of its output. */
  readonly over: 'examples' | 'slice';
  /** How many registers (vectors that are assigned) it has. */
  readonly registers: number;
  readonly body: readonly Statement[];
}

export const offsetAddress = (at: Address, bytes: number): Address => ({ ...at, base: at.base + bytes });

/** Makes values, each once: equal values are the same object, so that a printer can keep them in a local. */
export class ValuePool {
  readonly precision: Precision;
  readonly lanes: number;
  readonly #known: Map<string, Value>;
  readonly #ids: Map<Value, number>;
  readonly #twin: ValuePool;

  constructor(lanes: number, precision: Precision = 'single', twin?: ValuePool) {
    this.lanes = lanes;
    this.precision = precision;
    this.#known = twin ? twin.#known : new Map();
    this.#ids = twin ? twin.#ids : new Map();
    this.#twin = twin ?? new ValuePool(lanes, precision === 'single' ? 'double' : 'single', this);
  }

  /** The same pool, making values of the given precision. */
  as(precision: Precision): ValuePool {
    return precision === this.precision ? this : this.#twin;
  }

  #once(value: Value, key: string): Value {
    const fullKey = `${this.precision} ${key}`;
    const found = this.#known.get(fullKey);
    if (found) return found;
    this.#known.set(fullKey, value);
    this.#ids.set(value, this.#ids.size);
    return value;
  }

  #id(value: Value): number {
    return this.#ids.get(value)!;
  }

  load(form: 'vector' | 'stream' | 'splat', at: Address): Value {
    return this.#once(
      { kind: 'load', lanes: this.lanes, precision: this.precision, form, at },
      `${form} ${addressKey(at)}`,
    );
  }

  gather(at: Address, stride: number, real: number): Value {
    return this.#once(
      { kind: 'gather', lanes: this.lanes, precision: this.precision, at, stride, real },
      `gather ${stride} ${real} ${addressKey(at)}`,
    );
  }

  float(number: number): Value {
    const { precision } = this;
    const value = precision === 'single' ? Math.fround(number) : number;
    return this.#once(
      { kind: 'float', lanes: this.lanes, precision, value },
      `float ${Object.is(value, -0) ? '-0' : value}`,
    );
  }

  integer(value: number): Value {
    return this.#once({ kind: 'integer', lanes: this.lanes, value }, `integer ${value}`);
  }

  laneMask(real: number): Value {
    return this.#once({ kind: 'laneMask', lanes: this.lanes, real }, `mask ${real}`);
  }

  register(register: number): Value {
    return this.#once({ kind: 'register', lanes: this.lanes, register }, `register ${register}`);
  }

  entry(): Value {
    return this.#once({ kind: 'entry', lanes: this.lanes }, 'entry');
  }

  unary(operation: UnaryOperation, a: Value): Value {
    const { precision } = this;
    return this.#once(
      { kind: 'unary', lanes: this.lanes, precision, operation, a },
      `${JSON.stringify(operation)} ${this.#id(a)}`,
    );
  }

  binary(operation: BinaryOperation, a: Value, b: Value): Value {
    const { precision } = this;
    return this.#once(
      { kind: 'binary', lanes: this.lanes, precision, operation, a, b },
      `${operation} ${this.#id(a)} ${this.#id(b)}`,
    );
  }

  select(mask: Value, a: Value, b: Value): Value {
    return this.#once(
      { kind: 'select', lanes: this.lanes, mask, a, b },
      `select ${this.#id(mask)} ${this.#id(a)} ${this.#id(b)}`,
    );
  }
}

/** Addresses with the same key differ by a constant only. */
export function termsKey({ terms }: Address): string {
  return [...terms].map(([variable, bytes]) => `${variable}*${bytes}`).join('+');
}

const addressKey = (at: Address): string => `${termsKey(at)}+${at.base}`;
