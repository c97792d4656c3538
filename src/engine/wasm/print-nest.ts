/**
 * @file Prints a loop nest as a WebAssembly function: over examples, of (first example, examples, chunk, first example in
 * the chunk, thread offset); over a slice, of (0, examples, chunks, slice, slices).
 *
 * Addresses that differ by a constant share a pointer; each loop has its own copies of the pointers that it moves.
 */
import type { Address, Count, Nest, Precision, Statement, UnaryOperation, Value } from '../../compiler/nest.ts';
import {
  chunkVariable,
  firstInChunkVariable,
  firstVariable,
  sliceVariable,
  termsKey,
  threadVariable,
} from '../../compiler/nest.ts';
import { addressesIn, type Computation, countUses, isComputation, valuesOf } from '../../compiler/walk-nest.ts';
import { code, type FunctionBody, signed, simd, unsigned, type ValueType, valueType, vector } from './bytes.ts';
import { foldedOffsets } from './fold-offsets.ts';
import { arrays, binaries, contracted, loadLane, loadSplat, storeLane, unaries } from './instructions.ts';
import { ListPrinter } from './print-list.ts';

const parameterCount = 5;
const firstParameter = 0;
const countParameter = 1;
const chunkParameter = 2;
const firstInChunkParameter = 3;
const threadParameter = 4;
const sliceParameter = 3;
const slicesParameter = 4;

/**
 * @param table the address of the table that `print-list.ts` looks up
 * @param contracts whether a multiplication and an addition may be rounded once
 */
export function printNest(nest: Nest, table: number, contracts = false): FunctionBody {
  const printer = new NestPrinter(nest, table, contracts);
  return printer.print();
}

class NestPrinter {
  readonly #nest: Nest;
  readonly #contracts: boolean;
  readonly #code: number[] = [];
  readonly #locals: ValueType[] = [];
  /** The lowest address of those that share a pointer. */
  readonly #bases = new Map<string, number>();
  readonly #pointers = new Map<string, number>();
  #folded: ReadonlySet<Address> = new Set();
  readonly #registers: number;
  readonly #lists: ListPrinter;
  #freeVectors: number[] = [];
  #kept = new Map<Value, number>();
  #uses = new Map<Value, number>();

  constructor(nest: Nest, table: number, contracts: boolean) {
    this.#nest = nest;
    this.#contracts = contracts;
    this.#lists = new ListPrinter(
      {
        push: (...bytes) => this.#push(...bytes),
        local: (type) => this.#local(type),
        address: (at) => this.#pointer(at),
        pointers: this.#pointers,
        statements: (statements) => this.#statements(statements),
      },
      table,
    );
    this.#registers = parameterCount;
    for (let register = 0; register < nest.registers; register++) this.#locals.push(valueType.v128);
  }

  print(): FunctionBody {
    for (const at of addressesIn(this.#nest.body)) {
      const key = termsKey(at);
      this.#bases.set(key, Math.min(this.#bases.get(key) ?? at.base, at.base));
      this.#pointers.set(key, -1);
    }
    this.#folded = foldedOffsets(this.#nest.body, (at) => this.#offsetOf(at));
    for (const at of addressesIn(this.#nest.body)) this.#startPointer(at);
    this.#statements(this.#nest.body);
    return { parameters: parameterCount, locals: this.#locals, code: this.#code };
  }

  #push(...bytes: readonly number[]): void {
    for (const byte of bytes) this.#code.push(byte);
  }

  #local(type: ValueType): number {
    this.#locals.push(type);
    return parameterCount + this.#locals.length - 1;
  }

  #get(local: number): void {
    this.#push(code.localGet, ...unsigned(local));
  }

  #set(local: number): void {
    this.#push(code.localSet, ...unsigned(local));
  }

  #constant(value: number): void {
    this.#push(code.i32Const, ...signed(value));
  }

  #startPointer(at: Address): void {
    const key = termsKey(at);
    if (this.#pointers.get(key)! >= 0) return;
    this.#constant(this.#bases.get(key)!);
    const given = [
      [firstVariable, firstParameter],
      [chunkVariable, chunkParameter],
      [firstInChunkVariable, firstInChunkParameter],
      [threadVariable, threadParameter],
      [sliceVariable, sliceParameter],
    ] as const;
    for (const [variable, parameter] of given) {
      const bytes = at.terms.get(variable);
      if (bytes === undefined) continue;
      this.#get(parameter);
      if (bytes !== 1) {
        this.#constant(bytes);
        this.#push(code.i32Mul);
      }
      this.#push(code.i32Add);
    }
    const local = this.#local(valueType.i32);
    this.#set(local);
    this.#pointers.set(key, local);
  }

  /** Runs of statements that compute are blocks, in which a value that is used twice is kept. */
  #statements(statements: readonly Statement[]): void {
    let block: Computation[] = [];
    for (const statement of statements) {
      if (isComputation(statement)) {
        block.push(statement);
        continue;
      }
      this.#block(block);
      block = [];
      if (statement.kind === 'loop') this.#loop(statement);
      else if (statement.kind === 'walk') this.#lists.walk(statement);
      else if (statement.kind === 'fetch') {
        this.#pointer(statement.at);
        // A load that nobody waits for.
        this.#push(code.i32Load, 2, 0, code.drop);
      } else this.#lists.print(statement);
    }
    this.#block(block);
  }

  #loop({ variable, count, step, after, sliced, body }: Extract<Statement, { kind: 'loop' }>): void {
    const moved = new Map<string, number>();
    for (const at of addressesIn(body)) {
      const bytes = at.terms.get(variable);
      if (bytes !== undefined) moved.set(termsKey(at), bytes);
    }
    const start = sliced ? this.#local(valueType.i32) : undefined;
    if (start !== undefined) {
      this.#firstOf('this', count as number);
      this.#set(start);
    }
    const outer = [...moved].map(([key, bytes]) => {
      const before = this.#pointers.get(key)!;
      const local = this.#local(valueType.i32);
      this.#get(before);
      if (after !== undefined) {
        // Past the tiles: (count - count % tile) steps.
        this.#get(countParameter);
        this.#get(countParameter);
        this.#constant(after);
        this.#push(code.i32RemU, code.i32Sub);
        this.#constant(bytes);
        this.#push(code.i32Mul, code.i32Add);
      }
      if (start !== undefined) {
        this.#get(start);
        this.#constant(bytes * step);
        this.#push(code.i32Mul, code.i32Add);
      }
      this.#set(local);
      this.#pointers.set(key, local);
      return [key, before] as const;
    });
    const counter = this.#local(valueType.i32);
    const isDynamic = typeof count !== 'number' || start !== undefined;
    // A pointer counts a loop of fixed length: it ends where that is then.
    const [counting] = isDynamic ? [] : moved;
    if (counting) {
      this.#get(this.#pointers.get(counting[0])!);
      this.#constant(counting[1] * step * (count as number));
      this.#push(code.i32Add);
    } else if (start === undefined) this.#count(count);
    else {
      this.#firstOf('next', count as number);
      this.#get(start);
      this.#push(code.i32Sub);
    }
    this.#set(counter);
    if (isDynamic) {
      this.#push(code.block, 0x40);
      this.#get(counter);
      this.#push(code.i32Eqz, code.brIf, 0);
    }
    this.#push(code.loop, 0x40);
    this.#statements(body);
    for (const [key, bytes] of moved) {
      this.#get(this.#pointers.get(key)!);
      this.#constant(bytes * step);
      this.#push(code.i32Add);
      this.#set(this.#pointers.get(key)!);
    }
    this.#get(counter);
    if (counting) {
      this.#get(this.#pointers.get(counting[0])!);
      this.#push(code.i32NotEqual);
    } else {
      this.#constant(1);
      this.#push(code.i32Sub, code.localTee, ...unsigned(counter));
    }
    this.#push(code.brIf, 0, code.end);
    if (isDynamic) this.#push(code.end);
    for (const [key, before] of outer) this.#pointers.set(key, before);
  }

  /** Pushes the first of `count` iterations that belongs to this slice, or to the next one. */
  #firstOf(slice: 'this' | 'next', count: number): void {
    this.#constant(count);
    this.#get(sliceParameter);
    if (slice === 'next') this.#push(code.i32Const, 1, code.i32Add);
    this.#push(code.i32Mul);
    this.#get(slicesParameter);
    this.#push(code.i32DivU);
  }

  #count(count: Count): void {
    if (typeof count === 'number') {
      this.#constant(count);
      return;
    }
    this.#get(count.of === 'examples' ? countParameter : chunkParameter);
    if (count.tile === 1 && count.part === 'tiles') return;
    this.#constant(count.tile);
    this.#push(count.part === 'tiles' ? code.i32DivU : code.i32RemU);
  }

  #block(statements: readonly Computation[]): void {
    this.#uses = countUses(statements.flatMap(valuesOf));
    for (const statement of statements) {
      if (statement.kind === 'assign') {
        this.#value(statement.value);
        this.#set(this.#registers + statement.register);
        continue;
      }
      const { stores, lanes } = statement;
      if (stores.length > 1) for (const { value } of stores) this.#keep(value);
      for (const { at, value, precision = 'single' } of stores) {
        const offset = this.#pointer(at);
        this.#value(value);
        if (lanes === 4) this.#push(...vector(simd.store), 2, ...unsigned(offset));
        else this.#push(...vector(storeLane[precision]), 2, ...unsigned(offset), 0);
      }
    }
    this.#freeVectors.push(...this.#kept.values());
    this.#kept = new Map();
  }

  /** Computes a value into a local, to be used later. */
  #keep(value: Value): void {
    if (value.kind === 'register' || this.#kept.has(value)) return;
    this.#uses.set(value, 2);
    this.#value(value);
    this.#push(code.drop);
  }

  /** How far an address lies from its pointer. */
  #offsetOf(at: Address): number {
    return at.base - this.#bases.get(termsKey(at))!;
  }

  /** Pushes the pointer of an address and returns the offset to fold into the instruction. */
  #pointer(at: Address): number {
    this.#get(this.#pointers.get(termsKey(at))!);
    const offset = this.#offsetOf(at);
    if (offset === 0 || this.#folded.has(at)) return offset;
    this.#constant(offset);
    this.#push(code.i32Add);
    return 0;
  }

  /** Leaves a value on the stack. */
  #value(value: Value): void {
    if (value.kind === 'register') {
      this.#get(this.#registers + value.register);
      return;
    }
    const kept = this.#kept.get(value);
    if (kept !== undefined) {
      this.#get(kept);
      return;
    }
    this.#compute(value);
    const isConstant = value.kind === 'float' || value.kind === 'integer' || value.kind === 'laneMask';
    if ((this.#uses.get(value) ?? 1) < 2 || isConstant) return;
    const local = this.#freeVectors.pop() ?? this.#local(valueType.v128);
    this.#kept.set(value, local);
    this.#push(code.localTee, ...unsigned(local));
  }

  #compute(value: Exclude<Value, { kind: 'register' }>): void {
    switch (value.kind) {
      case 'load': {
        const isSplat = value.form === 'splat';
        const offset = this.#pointer(value.at);
        const instruction = isSplat ? loadSplat[value.precision] : simd.load;
        this.#push(...vector(instruction), 2, ...unsigned(offset));
        return;
      }
      case 'entry':
        this.#lists.entry();
        return;
      case 'gather': {
        this.#push(...vector(simd.constant), ...new Array<number>(16).fill(0));
        const local = this.#freeVectors.pop() ?? this.#local(valueType.v128);
        for (let lane = 0; lane < value.real; lane++) {
          this.#set(local);
          const offset = this.#pointer({ ...value.at, base: value.at.base + lane * value.stride });
          this.#get(local);
          this.#push(...vector(loadLane[value.precision]), 2, ...unsigned(offset), lane);
        }
        this.#freeVectors.push(local);
        return;
      }
      case 'float':
        this.#vectorConstant(new Uint8Array(new arrays[value.precision]([value.value]).buffer));
        return;
      case 'integer':
        this.#vectorConstant(new Uint8Array(new Int32Array([value.value]).buffer));
        return;
      case 'laneMask':
        this.#push(...vector(simd.constant));
        for (let byte = 0; byte < 16; byte++) this.#push(byte < value.real * 4 ? 0xff : 0);
        return;
      case 'unary':
        this.#value(value.a);
        this.#unary(value.operation, value.precision, value.a);
        return;
      case 'binary':
        if (this.#contracts && this.#contracted(value)) return;
        this.#value(value.a);
        this.#value(value.b);
        if (value.operation === 'joinHalves') this.#shuffle([0, 1, 4, 5]);
        else this.#push(...vector(binaries[value.precision][value.operation]));
        return;
      case 'select':
        this.#value(value.a);
        this.#value(value.b);
        this.#value(value.mask);
        this.#push(...vector(simd.bitselect));
    }
  }

  /** Leaves a sum with a product that nothing else needs on the stack, if it is one. */
  #contracted({ operation, precision, a, b }: Extract<Value, { kind: 'binary' }>): boolean {
    if (operation !== 'add' && operation !== 'subtract') return false;
    const isProduct = (one: Value): one is Extract<Value, { kind: 'binary' }> =>
      one.kind === 'binary' && one.operation === 'multiply' && !this.#kept.has(one) && (this.#uses.get(one) ?? 1) < 2;
    const [product, other] = isProduct(b) ? [b, a] : [a, b];
    if (!isProduct(product) || (product === a && operation === 'subtract')) return false;
    for (const operand of [product.a, product.b, other]) this.#value(operand);
    this.#push(...vector(contracted[precision][operation]));
    return true;
  }

  /** Picks four floats from two vectors. */
  #shuffle(lanes: readonly number[]): void {
    this.#push(...vector(simd.shuffle), ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)));
  }

  #vectorConstant(lane: Uint8Array): void {
    this.#push(...vector(simd.constant));
    for (let filled = 0; filled < 16; filled += lane.length) this.#push(...lane);
  }

  #unary(operation: UnaryOperation, precision: Precision, a: Value): void {
    if (typeof operation === 'object') {
      if ('swap' in operation) {
        this.#value(a);
        this.#shuffle([0, 1, 2, 3].map((lane) => lane ^ operation.swap));
        return;
      }
      const isLeft = 'shiftLeft' in operation;
      this.#constant(isLeft ? operation.shiftLeft : operation.shiftRight);
      this.#push(...vector(isLeft ? simd.i32x4ShiftLeft : simd.i32x4ShiftRightSigned));
      return;
    }
    this.#push(...vector(unaries[precision][operation]));
  }
}
