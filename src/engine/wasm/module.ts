/**
 * @file The module of a compiled program: a function for each nest, and those that drive them.
 *
 *   tick()
 *   prepare0(examples, chunks, slice, slices, thread), prepare1, …    a function for each stage
 *   chunk(chunk, from, to, thread)
 *   finish0(examples, chunks, slice, slices, thread), finish1, …
 *
 * The 32-bit integer at byte 4 * thread is a thread's pulse: it grows with all that the thread gets done, so that others
 * can tell a slow thread from a dead one.
 */
import { pulseBytes } from '../../compiler/layout.ts';
import type { CompiledProgram } from '../../compiler/program.ts';
import { pageBytes } from '../arena-program.ts';
import {
  code,
  encodeModule,
  type FunctionBody,
  memoryFill,
  signed,
  simd,
  unsigned,
  valueType,
  vector,
} from './bytes.ts';
import { contracted } from './instructions.ts';
import { shuffles } from './print-list.ts';
import { printNest } from './print-nest.ts';

/** Behind the pulses lies what makes lists. */
const table = { address: pulseBytes, bytes: shuffles() };

export interface ModuleOptions {
  /** Whether several threads instantiate it on one memory. */
  readonly shared?: boolean;
  /** Whether a multiplication and an addition may be rounded once, by relaxed SIMD. */
  readonly contracts?: boolean;
}

export function buildModule(
  program: CompiledProgram,
  { shared = false, contracts = false }: ModuleOptions = {},
): Uint8Array<ArrayBuffer> {
  const nests = program.nests.map((nest) => printNest(nest, table.address, contracts));
  const beat = call(nests.length);
  const drivers = [
    pulse,
    tick(program),
    ...program.prepare.map((nests, place) => stage(`prepare${place}`, nests, beat)),
    chunk(program, beat),
    ...program.finish.map((nests, place) => stage(`finish${place}`, nests, beat)),
  ];
  return encodeModule([...nests, ...drivers], { pages: Math.ceil(program.arenaBytes / pageBytes), shared }, table);
}

/** Whether this machine's WebAssembly has what contracted programs need. */
export function hasRelaxedSimd(): boolean {
  const zero = [...vector(simd.constant), ...new Array<number>(16).fill(0)];
  const body = [...zero, ...zero, ...zero, ...vector(contracted.single.add), code.drop];
  return WebAssembly.validate(encodeModule([{ parameters: 0, locals: [], code: body }], { pages: 1, shared: false }));
}

const constant = (value: number): number[] => [code.i32Const, ...signed(value)];
const get = (local: number): number[] => [code.localGet, ...unsigned(local)];
const call = (place: number): number[] => [code.call, ...unsigned(place)];

const aligned = 2;
const pulseAddress = [...get(0), ...constant(4), code.i32Mul];
const pulse: FunctionBody = {
  parameters: 1,
  locals: [],
  code: [
    ...[...pulseAddress, ...pulseAddress, code.i32Load, aligned, 0],
    ...[...constant(1), code.i32Add, code.i32Store, aligned, 0],
  ],
};

function tick({ tick: nests }: CompiledProgram): FunctionBody {
  const whole = [0, 1, 0, 0, 1].flatMap(constant);
  return { parameters: 0, locals: [], code: nests.flatMap((nest) => [...whole, ...call(nest)]), exported: 'tick' };
}

function stage(name: string, nests: readonly number[], beat: readonly number[]): FunctionBody {
  const [examples, chunks, slice, slices, thread] = [0, 1, 2, 3, 4];
  const body = nests.flatMap((nest) => [
    ...[...constant(0), ...get(examples), ...get(chunks), ...get(slice), ...get(slices), ...call(nest)],
    ...[...get(thread), ...beat],
  ]);
  return { parameters: 5, locals: [], code: body, exported: name };
}

function chunk({ segments, partials, perThreadBytes }: CompiledProgram, beat: readonly number[]): FunctionBody {
  const [index, from, to, thread, example, offset] = [0, 1, 2, 3, 4, 5];
  const body: number[] = [...get(thread), ...constant(perThreadBytes), code.i32Mul, code.localSet, offset];
  for (const { address, bytes } of partials) {
    body.push(...constant(address), ...get(index), ...constant(bytes), code.i32Mul, code.i32Add);
    body.push(...constant(0), ...constant(bytes), ...memoryFill);
  }
  for (const { level, nests } of segments) {
    if (level === 'chunk') {
      for (const nest of nests) {
        body.push(...get(from), ...get(to), ...get(from), code.i32Sub, ...get(index), ...constant(0));
        body.push(...get(offset), ...call(nest), ...get(thread), ...beat);
      }
      continue;
    }
    body.push(...get(from), code.localSet, example, code.block, 0x40, code.loop, 0x40);
    body.push(...get(example), ...get(to), code.i32GeU, code.brIf, 1);
    for (const nest of nests) {
      body.push(...get(example), ...constant(1), ...get(index));
      body.push(...get(example), ...get(from), code.i32Sub, ...get(offset), ...call(nest));
    }
    body.push(...get(thread), ...beat);
    body.push(...get(example), ...constant(1), code.i32Add, code.localSet, example, code.br, 0, code.end, code.end);
  }
  return { parameters: 4, locals: [valueType.i32, valueType.i32], code: body, exported: 'chunk' };
}
