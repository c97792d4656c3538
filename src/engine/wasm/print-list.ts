/**
 * @file Prints what makes lists and walks them. Of a vector's floats those that are not 0 are moved to the front by a
 * shuffle, of which a table has one for each of the sixteen cases, and then the whole vector is stored: no branch depends
 * on the data until a list is walked.
 */
import type { Address, Append, Statement, Walk } from '../../compiler/nest.ts';
import { entryVariable, termsKey } from '../../compiler/nest.ts';
import { walkedAtOnce } from '../../compiler/sparse.ts';
import { addressesIn, isComputation } from '../../compiler/walk-nest.ts';
import { code, signed, simd, unsigned, type ValueType, valueType, vector } from './bytes.ts';

/** What the printer of a nest lends. */
export interface Writer {
  push(...bytes: readonly number[]): void;
  local(type: ValueType): number;
  /** Pushes an address. */
  address(at: Address): void;
  /** By `termsKey`. */
  readonly pointers: Map<string, number>;
  statements(statements: readonly Statement[]): void;
}

type Listing = Extract<Statement, { kind: 'begin' | 'append' | 'mark' | 'push' }>;

const floatBytes = 4;
const lanes = [0, 1, 2, 3];
const aligned = 2;
const get = (local: number): number[] => [code.localGet, ...unsigned(local)];
const set = (local: number): number[] => [code.localSet, ...unsigned(local)];
const constant = (value: number): number[] => [code.i32Const, ...signed(value)];
const loadInteger = (offset = 0): number[] => [code.i32Load, aligned, ...unsigned(offset)];
const storeInteger = (offset = 0): number[] => [code.i32Store, aligned, ...unsigned(offset)];

/** For each set of lanes, as bits, the bytes that a swizzle takes so that these lanes come first. */
export function shuffles(): number[] {
  return Array.from({ length: 16 }, (_, bits) => {
    const taken = lanes.filter((lane) => (bits >> lane) & 1);
    return lanes.flatMap((place) => [0, 1, 2, 3].map((byte) => (taken[place] ?? 0) * 4 + byte));
  }).flat();
}

export class ListPrinter {
  readonly #writer: Writer;
  /** Where `shuffles` lie. */
  readonly #table: number;
  /** Where the list that is made ends. */
  #end: number | undefined;
  #cursor: number | undefined;
  #entry: number | undefined;

  constructor(writer: Writer, table: number) {
    this.#writer = writer;
    this.#table = table;
  }

  print(statement: Listing): void {
    const { push, address } = this.#writer;
    if (statement.kind === 'append') {
      this.#append(statement);
      return;
    }
    this.#end ??= this.#writer.local(valueType.i32);
    address(statement.at);
    if (statement.kind === 'begin') push(...set(this.#end));
    else if (statement.kind === 'mark') push(...get(this.#end), ...storeInteger());
    else this.#push(statement.from, statement.to);
  }

  /** The entry's float, in all lanes. */
  entry(): void {
    this.#writer.push(...get(this.#entry!));
  }

  #append({ at, columns }: Append): void {
    const { push, local, address } = this.#writer;
    const end = this.#end!;
    const [bits, shuffle, floats] = [local(valueType.i32), local(valueType.v128), local(valueType.v128)];
    address(at);
    push(...vector(simd.load), 2, 0, code.localTee, ...unsigned(floats));
    push(...vector(simd.constant), ...new Array<number>(16).fill(0), ...vector(simd.f32x4NotEqual));
    push(...vector(simd.i32x4Bitmask), code.localTee, ...unsigned(bits));
    push(...constant(16), code.i32Mul, ...constant(this.#table), code.i32Add);
    push(...vector(simd.load), 2, 0, ...set(shuffle));
    push(...get(end), ...get(floats), ...get(shuffle), ...vector(simd.swizzle), ...vector(simd.store), 2, 0);
    for (const { distance, offset, step } of columns) {
      push(...get(end));
      address(offset);
      push(...vector(simd.i32x4Splat));
      if (step !== 0) {
        const steps = new Uint8Array(Int32Array.from(lanes, (lane) => lane * step).buffer);
        push(...vector(simd.constant), ...steps, ...vector(simd.i32x4Add), ...get(shuffle), ...vector(simd.swizzle));
      }
      push(...vector(simd.store), 2, ...unsigned(distance));
    }
    push(...get(end), ...get(bits), code.i32PopCount, ...constant(floatBytes), code.i32Mul, code.i32Add, ...set(end));
  }

  /** The mark's address is on the stack. */
  #push(from: number, to: number): void {
    const { push, local } = this.#writer;
    const [mark, place, cursor] = [local(valueType.i32), local(valueType.i32), this.#cursor!];
    push(code.localTee, ...unsigned(mark), ...loadInteger(), code.localTee, ...unsigned(place));
    push(...get(cursor), ...loadInteger(), ...storeInteger());
    push(...get(place), ...get(cursor), ...loadInteger(from), ...storeInteger(to));
    push(...get(mark), ...get(place), ...constant(floatBytes), code.i32Add, ...storeInteger());
  }

  walk({ from, to, column, backwards, body }: Walk): void {
    const { push, local, address, pointers, statements } = this.#writer;
    const [cursor, stop] = [local(valueType.i32), local(valueType.i32)];
    for (const [mark, place] of backwards
      ? ([
          [to, cursor],
          [from, stop],
        ] as const)
      : ([
          [from, cursor],
          [to, stop],
        ] as const)) {
      address(mark);
      push(...loadInteger());
      // Backwards, an entry lies in front of its mark.
      if (backwards) push(...constant(floatBytes), code.i32Sub);
      push(...set(place));
    }
    this.#cursor = cursor;
    this.#entry = local(valueType.v128);
    push(code.block, 0x40, ...get(cursor), ...get(stop), code.i32Equal, code.brIf, 0, code.loop, 0x40);
    const outer: [string, number][] = [];
    for (const at of addressesIn(body)) {
      const key = termsKey(at);
      if (!at.terms.has(entryVariable) || outer.some(([known]) => known === key)) continue;
      const pointer = local(valueType.i32);
      push(...get(pointers.get(key)!), ...get(cursor), ...loadInteger(column), code.i32Add, ...set(pointer));
      outer.push([key, pointers.get(key)!]);
      pointers.set(key, pointer);
    }
    if (body.some(isComputation)) push(...get(cursor), ...vector(simd.load32Splat), 2, 0, ...set(this.#entry));
    for (let from = 0; from < body.length; from += walkedAtOnce) {
      // V8 loads all operands of straight code before it computes; a branch that is never taken makes two pieces of it.
      if (from > 0) push(...get(cursor), code.i32Eqz, code.brIf, 1);
      statements(body.slice(from, from + walkedAtOnce));
    }
    push(...get(cursor), ...constant(backwards ? -floatBytes : floatBytes), code.i32Add);
    push(code.localTee, ...unsigned(cursor), ...get(stop), code.i32NotEqual, code.brIf, 0, code.end, code.end);
    for (const [key, pointer] of outer) pointers.set(key, pointer);
  }
}
