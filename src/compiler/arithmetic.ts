/**
 * @file What a kernel computes, as values of the loop IR in the precision of a pool: loads, the operations of the language,
 * sums over lanes.
 *
 * Functions that have a recipe (exp and the like) are of single precision everywhere. A comparison is a mask, all ones or
 * all zeros, until someone needs it as a number.
 */
import type { Operation } from '../formula/expression.ts';
import { functionOf } from '../formula/functions.ts';
import type { Arithmetic } from '../numerics-arithmetic.ts';
import { doubleBytes } from './layout.ts';
import {
  type Address,
  type BinaryOperation,
  offsetAddress,
  type Precision,
  type Value,
  type ValuePool,
} from './nest.ts';

/** Where elements lie for a vector: one for all its lanes, next to each other, or so many bytes apart. */
interface Source {
  readonly form: 'splat' | 'vector' | 'stream' | number;
  readonly at: Address;
  /** How many lanes have an element. */
  readonly real: number;
}

/** What lies in memory in `precision`, in that of the pool. */
export function load(pool: ValuePool, { form, at, real }: Source, precision: Precision): Value {
  const stored = pool.as(precision);
  const most = precision === 'single' ? pool.lanes : Math.ceil(pool.lanes / 2);
  const from = (place: Address, before = 0): Value => {
    const lanes = Math.min(Math.max(real - before, 0), most);
    return typeof form === 'number' ? stored.gather(place, form, lanes) : stored.load(form, place);
  };
  if (precision === 'single') return widen(pool, from(at));
  if (pool.precision === 'double') return from(at);
  if (pool.lanes === 1) return narrow(stored, from(at));
  const apart = form === 'splat' ? 0 : typeof form === 'number' ? form : doubleBytes;
  return pool.binary(
    'joinHalves',
    narrow(stored, from(at)),
    narrow(stored, from(offsetAddress(at, (pool.lanes / 2) * apart), pool.lanes / 2)),
  );
}

/** A single value in the pool's precision. */
const widen = (pool: ValuePool, value: Value): Value =>
  pool.precision === 'double' ? pool.unary('widen', value) : value;

/** A value of the pool's precision as a single one. */
export const narrow = (pool: ValuePool, value: Value): Value =>
  pool.precision === 'double' ? pool.as('single').unary('narrow', value) : value;

const binaries: Partial<Record<Operation, BinaryOperation>> = {
  add: 'add',
  subtract: 'subtract',
  divide: 'divide',
  max: 'max',
  min: 'min',
};

/** An operation of the language; `b` is left out where it has one operand. */
export function apply(pool: ValuePool, operation: Operation, a: Value, b: Value | undefined): Value {
  if (operation === 'equal' || operation === 'greater' || operation === 'greaterEqual') {
    return pool.binary(operation, asFloat(pool, a), asFloat(pool, b!));
  }
  if (operation === 'multiply') {
    // A comparison is a mask of ones and zeros: multiplying by it is taking or leaving the bits.
    if (isMask(a) || isMask(b!)) return pool.binary('and', a, b!);
    return pool.binary('multiply', a, b!);
  }
  const x = asFloat(pool, a);
  const y = b ? asFloat(pool, b) : x;
  const recipe = functionOf(operation)?.recipe;
  if (recipe) return widen(pool, recipe(arithmetic(pool.as('single')), narrow(pool, x), narrow(pool, y)));
  if (operation === 'negate' || operation === 'sqrt') return pool.unary(operation, x);
  return pool.binary(binaries[operation]!, x, y);
}

function isMask(value: Value): boolean {
  if (value.kind !== 'binary') return false;
  const { operation, a, b } = value;
  if (operation === 'and') return isMask(a) && isMask(b);
  return operation === 'equal' || operation === 'greater' || operation === 'greaterEqual';
}

/** A mask as ones and zeros; anything else as it is. */
export const asFloat = (pool: ValuePool, value: Value): Value =>
  isMask(value) ? pool.binary('and', value, pool.float(1)) : value;

/** What recipes are made of, in single precision, as values of the loop IR. */
function arithmetic(pool: ValuePool): Arithmetic<Value> {
  const float = (value: Value | number): Value => (typeof value === 'number' ? pool.float(value) : value);
  const integer = (value: Value | number): Value => (typeof value === 'number' ? pool.integer(value) : value);
  const binary = (operation: BinaryOperation) => (a: Value | number, b: Value | number) =>
    pool.binary(operation, float(a), float(b));
  const ofIntegers = (operation: BinaryOperation) => (a: Value, b: Value | number) =>
    pool.binary(operation, a, integer(b));
  return {
    add: binary('add'),
    subtract: binary('subtract'),
    multiply: binary('multiply'),
    divide: binary('divide'),
    greater: binary('greater'),
    absolute: (a) => pool.unary('absolute', a),
    select: (mask, a, b) => pool.select(mask, float(a), float(b)),
    bits: float,
    floatOf: (a) => a,
    integerAdd: ofIntegers('integerAdd'),
    integerSubtract: ofIntegers('integerSubtract'),
    integerAnd: ofIntegers('and'),
    shiftLeft: (a, count) => pool.unary({ shiftLeft: count }, a),
    shiftRightSigned: (a, count) => pool.unary({ shiftRight: count }, a),
    convert: (a) => pool.unary('convert', a),
  };
}

/** Partial sums folded as a tree: halves are added until one number is left, in all lanes. */
export function fold(pool: ValuePool, parts: readonly Value[]): Value {
  let level = [...parts];
  while (level.length > 1) {
    const half = level.length / 2;
    level = level.slice(0, half).map((part, place) => pool.binary('add', part, level[place + half]!));
  }
  let sum = level[0]!;
  for (let swap = pool.lanes / 2; swap >= 1; swap /= 2) sum = pool.binary('add', sum, pool.unary({ swap }, sum));
  return sum;
}
