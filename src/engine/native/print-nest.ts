/**
 * @file Prints a loop nest as a C function of (memory, and what `wasm/print-nest.ts` says). In a block every value is
 * computed once, where it is first needed. Addresses that differ by a constant share a pointer, and each loop has its own
 * copies of the pointers that it moves.
 */

import {
  type Address,
  type Count,
  chunkVariable,
  entryVariable,
  firstInChunkVariable,
  firstVariable,
  type Nest,
  type Precision,
  type Statement,
  sliceVariable,
  termsKey,
  threadVariable,
  type Value,
  type Walk,
} from '../../compiler/nest.ts';
import { addressesIn, isComputation } from '../../compiler/walk-nest.ts';
import { typeName } from './c-prelude.ts';
import { beginWalk, printAppend, printPush } from './print-list.ts';

type Loop = Extract<Statement, { kind: 'loop' }>;

/** What a nest is given, by the names of its parameters. */
const parameters = {
  [firstVariable]: 'first',
  [chunkVariable]: 'chunks',
  [firstInChunkVariable]: 'firstInChunk',
  [threadVariable]: 'offset',
  [sliceVariable]: 'slice',
};

const signatures = {
  examples: 'char *m, long first, long examples, long chunks, long firstInChunk, long offset',
  slice: 'char *m, long first, long examples, long chunks, long slice, long slices',
};

/** @param name of the function */
export function printNest(nest: Nest, name: string): string {
  return new NestPrinter(nest).print(name);
}

class NestPrinter {
  readonly #nest: Nest;
  readonly #lines: string[] = [];
  /** The lowest address of those that share a pointer. */
  readonly #bases = new Map<string, number>();
  readonly #pointers = new Map<string, string>();
  /** Types of registers. */
  readonly #registers = new Map<number, string>();
  #names = 0;
  /** The entry of the walk, and whether a list is made. */
  #cursor = '';
  #makesList = false;

  constructor(nest: Nest) {
    this.#nest = nest;
  }

  print(name: string): string {
    const { body, over } = this.#nest;
    for (const at of addressesIn(body)) {
      const key = termsKey(at);
      this.#bases.set(key, Math.min(this.#bases.get(key) ?? at.base, at.base));
    }
    for (const at of addressesIn(body)) this.#startPointer(at);
    const pointers = this.#lines.splice(0);
    this.#statements(body);
    const registers = [...this.#registers].map(([register, type]) => `${type} r${register};`);
    const comment = `/* ${this.#nest.name.replaceAll('*/', '')} */`;
    return [
      `${comment}\nstatic __attribute__((noinline)) void ${name}(${signatures[over]}) {`,
      ...[...pointers, ...(this.#makesList ? ['char *end;'] : []), ...registers, ...this.#lines].map(
        (line) => `  ${line}`,
      ),
      '}',
    ].join('\n');
  }

  #name(letter: string): string {
    return `${letter}${this.#names++}`;
  }

  #startPointer(at: Address): void {
    const key = termsKey(at);
    if (this.#pointers.has(key)) return;
    const pointer = this.#name('p');
    const given = Object.entries(parameters).flatMap(([variable, parameter]) => {
      const bytes = at.terms.get(variable);
      return bytes === undefined ? [] : [` + ${parameter} * ${bytes}`];
    });
    this.#lines.push(`char *${pointer} = m + ${this.#bases.get(key)!}L${given.join('')};`);
    this.#pointers.set(key, pointer);
  }

  /** Runs of statements without loops are blocks, in which values are shared. */
  #statements(statements: readonly Statement[]): void {
    let known = new Map<Value, string>();
    for (const statement of statements) {
      if (statement.kind === 'loop') {
        known = new Map();
        this.#loop(statement);
      } else if (statement.kind === 'assign') {
        const { register, value } = statement;
        const text = this.#value(value, known);
        if (!this.#registers.has(register)) this.#registers.set(register, this.#typeOf(value));
        this.#lines.push(`r${register} = ${text};`);
      } else if (statement.kind === 'walk') {
        known = new Map();
        this.#walk(statement);
      } else if (statement.kind === 'fetch') {
        this.#lines.push(`__builtin_prefetch(${this.#pointer(statement.at)}, 1);`);
      } else if (!isComputation(statement)) {
        this.#list(statement);
      } else {
        const { stores, lanes } = statement;
        const texts = stores.map(({ value }) => this.#value(value, known));
        for (const [place, { at, value, precision = 'single' }] of stores.entries()) {
          const type = typeName(precision, lanes);
          const stored = value.lanes === lanes ? texts[place]! : `${texts[place]!}[0]`;
          this.#lines.push(`store_${type}(${this.#pointer(at)}, ${stored});`);
        }
      }
    }
  }

  #list(statement: Extract<Statement, { kind: 'begin' | 'append' | 'mark' | 'push' }>): void {
    const at = this.#pointer(statement.at);
    if (statement.kind === 'begin') {
      this.#makesList = true;
      this.#lines.push(`end = ${at};`);
    } else if (statement.kind === 'mark') this.#lines.push(`store_mark(${at}, (unsigned)(end - m));`);
    else if (statement.kind === 'push') this.#lines.push(...printPush(statement, at, this.#cursor));
    else {
      const offsets = statement.columns.map(({ offset }) => this.#pointer(offset));
      this.#lines.push(...printAppend(statement, at, offsets));
    }
  }

  #walk(walk: Walk): void {
    const cursor = this.#name('c');
    this.#cursor = cursor;
    const marks = [walk.from, walk.to].map((mark) => `load_mark(${this.#pointer(mark)})`) as [string, string];
    this.#lines.push(...beginWalk(walk, ...marks, cursor));
    const keys = new Set([...addressesIn(walk.body)].filter(({ terms }) => terms.has(entryVariable)).map(termsKey));
    const outer = [...keys].map((key) => {
      const before = this.#pointers.get(key)!;
      const own = this.#name('p');
      this.#lines.push(`char *const ${own} = ${before} + (int)load_mark(${cursor} + ${walk.column});`);
      this.#pointers.set(key, own);
      return [key, before] as const;
    });
    this.#statements(walk.body);
    this.#lines.push('}', '}');
    for (const [key, before] of outer) this.#pointers.set(key, before);
  }

  #loop({ variable, count, step, after, sliced, body }: Loop): void {
    const moved = new Map<string, number>();
    for (const at of addressesIn(body)) {
      const bytes = at.terms.get(variable);
      if (bytes !== undefined) moved.set(termsKey(at), bytes);
    }
    this.#lines.push('{');
    const [start, counter] = [this.#name('s'), this.#name('n')];
    if (sliced) this.#lines.push(`const long ${start} = ${count}L * slice / slices;`);
    const outer = [...moved].map(([key, bytes]) => {
      const before = this.#pointers.get(key)!;
      const own = this.#name('p');
      const skipped = after === undefined ? '' : ` + (examples - examples % ${after}) * ${bytes}L`;
      const slice = sliced ? ` + ${start} * ${bytes * step}L` : '';
      this.#lines.push(`char *${own} = ${before}${skipped}${slice};`);
      this.#pointers.set(key, own);
      return [key, before] as const;
    });
    const times = sliced ? `${count}L * (slice + 1) / slices - ${start}` : this.#count(count);
    this.#lines.push(`for (long ${counter} = ${times}; ${counter} > 0; ${counter}--) {`);
    this.#statements(body);
    for (const [key, bytes] of moved) this.#lines.push(`${this.#pointers.get(key)!} += ${bytes * step};`);
    this.#lines.push('}', '}');
    for (const [key, before] of outer) this.#pointers.set(key, before);
  }

  #count(count: Count): string {
    if (typeof count === 'number') return String(count);
    return `${count.of} ${count.part === 'tiles' ? '/' : '%'} ${count.tile}`;
  }

  #pointer(at: Address): string {
    const key = termsKey(at);
    const offset = at.base - this.#bases.get(key)!;
    return offset === 0 ? this.#pointers.get(key)! : `${this.#pointers.get(key)!} + ${offset}`;
  }

  #typeOf(value: Value): string {
    if (value.kind === 'register') return this.#registers.get(value.register)!;
    if (value.kind === 'select') return this.#typeOf(value.a);
    return typeName('precision' in value ? value.precision : 'single', value.lanes);
  }

  /** An expression without effect: constants and registers as they are, all else by the name that it has got. */
  #value(value: Value, known: Map<Value, string>): string {
    const found = known.get(value);
    if (found) return found;
    const text = this.#expression(value, known);
    if (value.kind === 'register' || value.kind === 'float' || value.kind === 'integer') return text;
    const name = this.#name('v');
    this.#lines.push(`const ${this.#typeOf(value)} ${name} = ${text};`);
    known.set(value, name);
    return name;
  }

  #expression(value: Value, known: Map<Value, string>): string {
    const type = this.#typeOf(value);
    switch (value.kind) {
      case 'register':
        return `r${value.register}`;
      case 'float':
        return `splat_${type}(${literal(value.value, value.precision)})`;
      case 'integer':
        return `bits_${type}(${value.value >>> 0}u)`;
      case 'laneMask': {
        const lanes = Array.from({ length: value.lanes }, (_, lane) => (lane < value.real ? '~0u' : '0'));
        return `(${type})(U${value.lanes}){${lanes.join(', ')}}`;
      }
      case 'load': {
        const at = this.#pointer(value.at);
        return `${loads[value.form]}_${type}(${at})`;
      }
      case 'entry':
        return `spread_${type}(${this.#cursor})`;
      case 'gather':
        return `gather_${type}(${this.#pointer(value.at)}, ${value.stride}, ${value.real})`;
      case 'unary': {
        const a = this.#value(value.a, known);
        const { operation } = value;
        if (operation === 'negate') return `-${a}`;
        if (operation === 'widen' || operation === 'narrow') return `${operation}_${this.#typeOf(value.a)}(${a})`;
        if (typeof operation === 'string') return `${operation}_${type}(${a})`;
        const [[name, count]] = Object.entries(operation) as [[string, number]];
        return `${name}_${type}(${a}, ${count})`;
      }
      case 'binary': {
        const [a, b] = [this.#value(value.a, known), this.#value(value.b, known)];
        const sign = signs[value.operation];
        return sign ? `${a} ${sign} ${b}` : `${value.operation}_${type}(${a}, ${b})`;
      }
      case 'select': {
        const operands = [value.mask, value.a, value.b].map((operand) => this.#value(operand, known));
        return `select_${type}(${operands.join(', ')})`;
      }
    }
  }
}

const loads = { vector: 'load', stream: 'stream', splat: 'spread' };
const signs: Readonly<Record<string, string>> = { add: '+', subtract: '-', multiply: '*', divide: '/' };

/** A number to its last bit: the shortest decimal fraction that is nearest to it. */
function literal(value: number, precision: Precision): string {
  const suffix = precision === 'single' ? 'f' : '';
  if (Number.isNaN(value)) return `__builtin_nan${suffix}("")`;
  if (!Number.isFinite(value)) return `${value < 0 ? '-' : ''}__builtin_inf${suffix}()`;
  const digits = Object.is(value, -0) ? '-0' : String(value);
  return `${/[.e]/.test(digits) ? digits : `${digits}.0`}${suffix}`;
}
