/** @file A compiled program as people read it: a row for each nest and each buffer, and the formulas of each nest. */
import type { LoopDescription, NestDescription, ProgramDescription } from '../compiler/describe-program.ts';
import { formatCount } from '../format-number.ts';
import { formatShape } from '../shape.ts';
import type { Zod } from './command.ts';
import type { Colors } from './context.ts';
import { table } from './format.ts';
import { shapeSchema } from './schema-parts.ts';

const nothing = '–';
const bytesOf = (bytes: number): string => `${formatCount(bytes)} bytes`;
const loopsOf = (loops: readonly LoopDescription[]): string =>
  loops.map(({ axis, range }) => `${axis} ${formatCount(range)}`).join(' × ') || nothing;

export function programText(program: ProgramDescription, { colors }: { readonly colors: Colors }): string {
  const { batchSize, chunks, threads, multiplyAdds, arenaBytes, perThreadBytes, nests, buffers } = program;
  const numbered = nests.map((nest, place) => [place + 1, nest] as const);
  return [
    `one step of a batch of ${formatCount(batchSize)}, in ${formatCount(chunks, 'chunk')}, on ${formatCount(threads, 'thread')}: ` +
      `${formatCount(nests.length, 'nest')}, ${formatCount(multiplyAdds)} multiply-adds`,
    `memory ${bytesOf(arenaBytes)}, of which each thread has ${bytesOf(perThreadBytes)} of its own`,
    '',
    table(
      ['nest', 'part', 'level', 'loops', 'sum over', 'lanes', 'tile', 'slices', 'multiply-adds'],
      numbered.map(([place, nest]) => [
        place,
        nest.part,
        nest.level,
        loopsOf(nest.loops),
        loopsOf(nest.reduction),
        lanesOf(nest),
        tileOf(nest),
        nest.slices ?? nothing,
        formatCount(nest.multiplyAdds),
      ]),
      { colors, align: ['right', ...new Array<undefined>(7).fill(undefined), 'right'] },
    ),
    '',
    ...numbered.flatMap(([place, { values, sparse }]) => [
      `${colors.bold(`nest ${place}`)}  ${values.map(({ tensor, goes }) => (goes === 'memory' ? tensor : `(${tensor})`)).join(', ')}`,
      ...values.map(
        ({ formula, goes }) => `    ${formula}${goes === 'memory' ? '' : colors.dim(`    ${whereTo[goes]}`)}`,
      ),
      ...(sparse ? [`    ${colors.dim(sparseOf(sparse))}`] : []),
    ]),
    '',
    table(
      ['buffer', 'shape', 'bytes', 'life', 'each thread'],
      buffers.map(({ tensors, shape, bytes, life, perThread }) => [
        tensors.join(' = '),
        shape.length === 0 ? '1' : formatShape(shape),
        formatCount(bytes),
        life,
        perThread ? 'its own' : nothing,
      ]),
      { colors, align: ['left', 'left', 'right'] },
    ),
    ...program.copies.map(
      ({ tensor, of, bytes }) => `${tensor} is a copy of ${of}, ${bytesOf(bytes)}, made once a step`,
    ),
  ].join('\n');
}

const whereTo = { register: 'stays in registers', sum: 'is added up' } as const;

function sparseOf({ tensor, listBytes }: NonNullable<NestDescription['sparse']>): string {
  const lists = listBytes > 0 ? `; makes lists of them, ${bytesOf(listBytes)}` : '';
  return `sparse: live elements of ${tensor}${lists}`;
}

function lanesOf({ lanes: { kind, axis, range } }: NestDescription): string {
  if (kind === 'none') return 'one by one';
  return `${axis} ${formatCount(range!)}${kind === 'fold' ? ', folded' : ''}`;
}

function tileOf({ tile: { rowAxis, rows, vectors }, lanes }: NestDescription): string {
  const across = lanes.kind === 'none' ? '' : `${formatCount(vectors, 'vector')}`;
  const down = rowAxis === null ? '' : `${rows} of ${rowAxis}`;
  return [down, across].filter((part) => part !== '').join(' × ') || nothing;
}

export function programSchema(zod: Zod) {
  const count = zod.int().min(0);
  const loops = zod.array(zod.strictObject({ axis: zod.string(), range: zod.int().min(1) }));
  const nest = zod.strictObject({
    part: zod.enum(['tick', 'prepare', 'chunk', 'finish']),
    level: zod.enum(['once', 'example', 'chunk', 'batch']),
    values: zod.array(
      zod.strictObject({
        tensor: zod.string(),
        formula: zod.string(),
        goes: zod.enum(['memory', 'register', 'sum']),
      }),
    ),
    loops: loops.describe('outermost first, without the lanes'),
    reduction: loops,
    lanes: zod.strictObject({
      kind: zod.enum(['output', 'fold', 'none']).describe('an axis of the output, of the sum, or nothing'),
      axis: zod.string().nullable(),
      range: zod.int().min(1).nullable(),
    }),
    tile: zod.strictObject({ rowAxis: zod.string().nullable(), rows: zod.int().min(1), vectors: zod.int().min(1) }),
    sparse: zod
      .strictObject({ tensor: zod.string(), listBytes: count })
      .nullable()
      .describe('the tensor whose live elements, those that are not 0, the sum walks'),
    slices: zod.string().nullable().describe('the axis that is shared out among threads'),
    multiplyAdds: count.describe('of one step'),
  });
  const buffer = zod.strictObject({
    tensors: zod.array(zod.string()),
    shape: shapeSchema(zod),
    bytes: count,
    life: zod.enum(['kept', 'step', 'batch', 'chunk', 'example']),
    perThread: zod.boolean(),
  });
  return zod.strictObject({
    batchSize: zod.int().min(1),
    chunks: zod.int().min(1),
    threads: zod.int().min(1),
    multiplyAdds: count.describe('of one step'),
    arenaBytes: count,
    perThreadBytes: count,
    nests: zod.array(nest),
    buffers: zod.array(buffer),
    copies: zod.array(zod.strictObject({ tensor: zod.string(), of: zod.string(), bytes: count })),
  });
}
