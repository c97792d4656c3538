/** @file Which vector instruction does what the loop IR says, in single and in double precision. */
import type { BinaryOperation, Precision } from '../../compiler/nest.ts';
import { simd } from './bytes.ts';

const singleBinaries: Record<Exclude<BinaryOperation, 'joinHalves'>, number> = {
  add: simd.f32x4Add,
  subtract: simd.f32x4Subtract,
  multiply: simd.f32x4Multiply,
  divide: simd.f32x4Divide,
  max: simd.f32x4PseudoMax,
  min: simd.f32x4PseudoMin,
  equal: simd.f32x4Equal,
  greater: simd.f32x4Greater,
  greaterEqual: simd.f32x4GreaterEqual,
  and: simd.and,
  integerAdd: simd.i32x4Add,
  integerSubtract: simd.i32x4Subtract,
};

export const binaries: Record<Precision, typeof singleBinaries> = {
  single: singleBinaries,
  double: {
    ...singleBinaries,
    add: simd.f64x2Add,
    subtract: simd.f64x2Subtract,
    multiply: simd.f64x2Multiply,
    divide: simd.f64x2Divide,
    max: simd.f64x2PseudoMax,
    min: simd.f64x2PseudoMin,
    equal: simd.f64x2Equal,
    greater: simd.f64x2Greater,
    greaterEqual: simd.f64x2GreaterEqual,
  },
};

/** Of relaxed SIMD: what is added to, or subtracted from, a third operand. */
export const contracted: Record<Precision, { readonly add: number; readonly subtract: number }> = {
  single: { add: simd.f32x4RelaxedMultiplyAdd, subtract: simd.f32x4RelaxedNegatedMultiplyAdd },
  double: { add: simd.f64x2RelaxedMultiplyAdd, subtract: simd.f64x2RelaxedNegatedMultiplyAdd },
};

const conversions = {
  convert: simd.f32x4ConvertSigned,
  widen: simd.f64x2PromoteLow,
  narrow: simd.f32x4DemoteZero,
};

export const unaries = {
  single: { ...conversions, negate: simd.f32x4Negate, sqrt: simd.f32x4Sqrt, absolute: simd.f32x4Absolute },
  double: { ...conversions, negate: simd.f64x2Negate, sqrt: simd.f64x2Sqrt, absolute: simd.f64x2Absolute },
};

export const loadSplat = { single: simd.load32Splat, double: simd.load64Splat };
export const loadLane = { single: simd.load32Lane, double: simd.load64Lane };
export const storeLane = { single: simd.store32Lane, double: simd.store64Lane };

/** For constants. */
export const arrays = { single: Float32Array, double: Float64Array };
