/**
 * @file The operations of which float32 functions are made, once for TypeScript and for compiled code.
 *
 * A recipe is a list of operations on an abstract `Arithmetic`: over numbers it computes, over a compiler's nodes it
 * builds code, and both give the same bits. No recipe branches.
 */

/**
 * What a recipe may use, each one or two instructions of WebAssembly SIMD128 (or C).
 * T is a number, rounded to float32 after each operation, or a node of compiled code. It stands for a float32, an int32
 * or a mask; the operation says which. A constant is written as a number.
 */
export interface Arithmetic<T> {
  add(a: T | number, b: T | number): T;
  subtract(a: T | number, b: T | number): T;
  multiply(a: T | number, b: T | number): T;
  divide(a: T | number, b: T | number): T;
  absolute(a: T): T;
  /** The mask a > b; false when either is NaN. Only `select` may read a mask, so its bits are free. */
  greater(a: T | number, b: T | number): T;
  /** a where the mask holds, b elsewhere; a constant among them is a float32. */
  select(mask: T, a: T | number, b: T | number): T;
  /** The int32 with the bits of a float32. */
  bits(a: T | number): T;
  /** The float32 with the bits of an int32. */
  floatOf(a: T): T;
  integerAdd(a: T, b: T | number): T;
  integerSubtract(a: T, b: T | number): T;
  integerAnd(a: T, b: T | number): T;
  shiftLeft(a: T, count: number): T;
  shiftRightSigned(a: T, count: number): T;
  /** An int32 as a float32; exact for |a| ≤ 2^24. */
  convert(a: T): T;
}

/** A function of one or two float32, over any arithmetic. */
export type Recipe = <T>(m: Arithmetic<T>, a: T, b: T) => T;

/** coefficients[0] + coefficients[1] x + …, by Horner's rule. */
export function polynomial<T>(m: Arithmetic<T>, coefficients: readonly number[], x: T): T {
  const [last, ...lower] = [...coefficients].reverse() as [number, ...number[]];
  return lower.reduce<T | number>((value, coefficient) => m.add(m.multiply(value, x), coefficient), last) as T;
}

const view = new DataView(new ArrayBuffer(4));
const { fround } = Math;

/** The arithmetic of numbers: what compiled code must agree with, bit for bit. */
export const float32Arithmetic: Arithmetic<number> = {
  add: (a, b) => fround(fround(a) + fround(b)),
  subtract: (a, b) => fround(fround(a) - fround(b)),
  multiply: (a, b) => fround(fround(a) * fround(b)),
  divide: (a, b) => fround(fround(a) / fround(b)),
  absolute: Math.abs,
  greater: (a, b) => (fround(a) > fround(b) ? 1 : 0),
  select: (mask, a, b) => (mask === 0 ? b : a),
  bits(a) {
    view.setFloat32(0, a);
    return view.getInt32(0);
  },
  floatOf(a) {
    view.setInt32(0, a);
    return view.getFloat32(0);
  },
  integerAdd: (a, b) => (a + b) | 0,
  integerSubtract: (a, b) => (a - b) | 0,
  integerAnd: (a, b) => a & b,
  shiftLeft: (a, count) => a << count,
  shiftRightSigned: (a, count) => a >> count,
  convert: fround,
};

/** A recipe as a function of float32 numbers: what compiled code computes, bit for bit. */
export const inFloat32 =
  (recipe: Recipe) =>
  (a: number, b = 0): number =>
    fround(recipe(float32Arithmetic, a, b));
