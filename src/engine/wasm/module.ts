/**
 * @file The module of a compiled program: a function for each nest, and three that drive them.
 *
 *   prepare()                    chunk(chunk, from, to)                    finish(examples, chunks)
 */
import type { CompiledProgram } from '../../compiler/program.ts';
import { code, encodeModule, type FunctionBody, memoryFill, signed, unsigned, valueType } from './bytes.ts';
import { printNest } from './print-nest.ts';

export const pageBytes = 65536;

export function buildModule(program: CompiledProgram): Uint8Array<ArrayBuffer> {
  const nests = program.nests.map(printNest);
  const drivers = [prepare(program), chunk(program), finish(program)];
  return encodeModule([...nests, ...drivers], Math.ceil(program.arenaBytes / pageBytes));
}

const constant = (value: number): number[] => [code.i32Const, ...signed(value)];
const get = (local: number): number[] => [code.localGet, ...unsigned(local)];
const call = (nest: number): number[] => [code.call, ...unsigned(nest)];

function prepare({ prepare: nests }: CompiledProgram): FunctionBody {
  const calls = nests.flatMap((nest) => [
    ...constant(0),
    ...constant(1),
    ...constant(0),
    ...constant(0),
    ...call(nest),
  ]);
  return { parameters: 0, locals: [], code: calls, exported: 'prepare' };
}

function finish({ finish: nests }: CompiledProgram): FunctionBody {
  const calls = nests.flatMap((nest) => [...constant(0), ...get(0), ...get(1), ...constant(0), ...call(nest)]);
  return { parameters: 2, locals: [], code: calls, exported: 'finish' };
}

function chunk({ segments, partials }: CompiledProgram): FunctionBody {
  const [index, from, to, example] = [0, 1, 2, 3];
  const body: number[] = [];
  for (const { address, bytes } of partials) {
    body.push(...constant(address), ...get(index), ...constant(bytes), code.i32Mul, code.i32Add);
    body.push(...constant(0), ...constant(bytes), ...memoryFill);
  }
  for (const { level, nests } of segments) {
    if (level === 'chunk') {
      for (const nest of nests) {
        body.push(...get(from), ...get(to), ...get(from), code.i32Sub, ...get(index), ...constant(0), ...call(nest));
      }
      continue;
    }
    body.push(...get(from), code.localSet, example, code.block, 0x40, code.loop, 0x40);
    body.push(...get(example), ...get(to), code.i32GeU, code.brIf, 1);
    for (const nest of nests) {
      body.push(...get(example), ...constant(1), ...get(index));
      body.push(...get(example), ...get(from), code.i32Sub, ...call(nest));
    }
    body.push(...get(example), ...constant(1), code.i32Add, code.localSet, example, code.br, 0, code.end, code.end);
  }
  return { parameters: 3, locals: [valueType.i32], code: body, exported: 'chunk' };
}
