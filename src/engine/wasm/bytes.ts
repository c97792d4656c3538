/**
 * @file WebAssembly's binary format: the little of it that loop nests need.
 * Source: WebAssembly Core Specification 2.0, chapter 5 (binary format).
 */

export const valueType = { i32: 0x7f, v128: 0x7b } as const;
export type ValueType = (typeof valueType)[keyof typeof valueType];

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** Signed LEB128 of a 32-bit integer. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const isDone = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(isDone ? low : low | 0x80);
    if (isDone) return bytes;
  }
}

/** Instructions by their names in the specification. */
export const code = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  call: 0x10,
  drop: 0x1a,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Load: 0x28,
  i32Store: 0x36,
  i32Const: 0x41,
  i32Eqz: 0x45,
  i32Equal: 0x46,
  i32NotEqual: 0x47,
  i32GeU: 0x4f,
  i32PopCount: 0x69,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32DivU: 0x6e,
  i32RemU: 0x70,
} as const;

/** Vector instructions, behind the prefix 0xfd. */
export const simd = {
  load: 0,
  load32Splat: 9,
  load64Splat: 10,
  store: 11,
  constant: 12,
  shuffle: 13,
  swizzle: 14,
  i32x4Splat: 17,
  and: 78,
  bitselect: 82,
  load32Lane: 86,
  load64Lane: 87,
  store32Lane: 90,
  store64Lane: 91,
  f32x4Equal: 65,
  f32x4NotEqual: 66,
  f32x4Greater: 68,
  f32x4GreaterEqual: 70,
  f64x2Equal: 71,
  f64x2Greater: 74,
  f64x2GreaterEqual: 76,
  f32x4DemoteZero: 94,
  f64x2PromoteLow: 95,
  i32x4Bitmask: 164,
  i32x4ShiftLeft: 171,
  i32x4ShiftRightSigned: 172,
  i32x4Add: 174,
  i32x4Subtract: 177,
  f32x4Absolute: 224,
  f32x4Negate: 225,
  f32x4Sqrt: 227,
  f32x4Add: 228,
  f32x4Subtract: 229,
  f32x4Multiply: 230,
  f32x4Divide: 231,
  f32x4PseudoMin: 234,
  f32x4PseudoMax: 235,
  f64x2Absolute: 236,
  f64x2Negate: 237,
  f64x2Sqrt: 239,
  f64x2Add: 240,
  f64x2Subtract: 241,
  f64x2Multiply: 242,
  f64x2Divide: 243,
  f64x2PseudoMin: 246,
  f64x2PseudoMax: 247,
  f32x4ConvertSigned: 250,
  f32x4RelaxedMultiplyAdd: 0x105,
  f32x4RelaxedNegatedMultiplyAdd: 0x106,
  f64x2RelaxedMultiplyAdd: 0x107,
  f64x2RelaxedNegatedMultiplyAdd: 0x108,
} as const;

export const vector = (instruction: number): number[] => [0xfd, ...unsigned(instruction)];

/** `memory.fill`. */
export const memoryFill = [0xfc, 11, 0];

export interface FunctionBody {
  /** i32 parameters; there are no results. */
  readonly parameters: number;
  readonly locals: readonly ValueType[];
  readonly code: readonly number[];
  /** Under this name it can be called from outside. */
  readonly exported?: string;
}

/**
 * A module whose functions share the memory `env.memory`, which other threads may share, too.
 * @param data what is written to memory when the module is instantiated
 */
export function encodeModule(
  functions: readonly FunctionBody[],
  memory: { readonly pages: number; readonly shared: boolean },
  data: { readonly address: number; readonly bytes: readonly number[] } = { address: 0, bytes: [] },
): Uint8Array<ArrayBuffer> {
  const pages = unsigned(memory.pages);
  const limits = memory.shared ? [3, ...pages, ...pages] : [0, ...pages];
  const arities = [...new Set(functions.map(({ parameters }) => parameters))];
  const types = arities.map((arity) => [0x60, ...list(new Array<number[]>(arity).fill([valueType.i32])), 0]);
  const exported = functions.flatMap(({ exported: name }, index) =>
    name === undefined ? [] : [[...text(name), 0, ...unsigned(index)]],
  );
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(2, list([[...text('env'), ...text('memory'), 2, ...limits]])),
    ...section(3, list(functions.map(({ parameters }) => unsigned(arities.indexOf(parameters))))),
    ...section(7, list(exported)),
    ...section(10, list(functions.map(encodeFunction))),
    ...section(
      11,
      list([[0, code.i32Const, ...signed(data.address), code.end, ...list(data.bytes.map((byte) => [byte]))]]),
    ),
  ];
  return Uint8Array.from(bytes);
}

function encodeFunction({ locals, code: body }: FunctionBody): number[] {
  const runs: { type: ValueType; count: number }[] = [];
  for (const type of locals) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ type, count: 1 });
  }
  const declared = list(runs.map(({ type, count }) => [...unsigned(count), type]));
  const all = concat([declared, body as number[], [code.end]]);
  return concat([unsigned(all.length), all]);
}

function section(id: number, content: number[]): number[] {
  return concat([[id], unsigned(content.length), content]);
}

function list(items: readonly number[][]): number[] {
  return concat([unsigned(items.length), ...items]);
}

function text(name: string): number[] {
  return list([...new TextEncoder().encode(name)].map((byte) => [byte]));
}

function concat(parts: readonly (readonly number[])[]): number[] {
  const all: number[] = [];
  for (const part of parts) for (const byte of part) all.push(byte);
  return all;
}
