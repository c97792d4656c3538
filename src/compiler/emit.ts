/**
 * @file From a schedule to a loop nest: loops over tiles, the tile's accumulators, and the values that are stored.
 */
import type { Expression, Operation } from '../formula/expression.ts';
import { type Arithmetic, recipes } from '../numerics.ts';
import { reductionResult } from './kernel.ts';
import { floatBytes, laneCount } from './layout.ts';
import {
  type Address,
  type BinaryOperation,
  type Count,
  type Nest,
  type Statement,
  type Store,
  type Value,
  ValuePool,
} from './nest.ts';
import { type Axis, isCutBySlices, type Schedule } from './schedule.ts';
import { Sums } from './sums.ts';

/** One of the shapes that a tile takes: the whole one, or what is left at the end of an axis. */
interface Variant {
  readonly size: number;
  readonly count: Count;
  /** Where it starts, in steps of its axis (rows) or vectors (lanes). */
  readonly start: number;
  /** Lanes of its last vector that are real; 0: all. */
  readonly tail: number;
}

interface Tile {
  readonly rows: number;
  readonly vectors: number;
  readonly rowStart: number;
  readonly vectorStart: number;
  readonly tail: number;
}

export function emitNest(schedule: Schedule, name: string): Nest {
  const emitter = new Emitter(schedule);
  const statements = emitter.nest();
  const over = isCutBySlices(schedule.kernel) ? 'slice' : 'examples';
  // What cannot be cut is the last slice's.
  const isWhole = over === 'slice' && schedule.sliced === undefined;
  const cut = isWhole ? [loop('#whole', 1, 1, statements, true)] : statements;
  const body = [...emitter.sums.start(), ...cut, ...emitter.sums.end()];
  return { name, over, registers: emitter.registers, body };
}

class Emitter {
  registers = 0;
  readonly sums: Sums;
  readonly #schedule: Schedule;
  readonly #rowVariants: readonly Variant[];
  readonly #laneVariants: readonly Variant[];

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    const row = schedule.loops.find(({ name }) => name === schedule.row);
    this.#rowVariants = row ? rowVariants(row, schedule.rows) : [{ size: 1, count: 1, start: 0, tail: 0 }];
    this.#laneVariants =
      schedule.lanes.kind === 'output'
        ? laneVariants(schedule.lanes.axis!.range, schedule.vectors)
        : [{ size: schedule.vectors, count: 1, start: 0, tail: 0 }];
    this.sums = new Sums(schedule, () => this.registers++);
  }

  nest(): Statement[] {
    const { lanesOutside } = this.#schedule;
    return lanesOutside
      ? this.#laneLoop((lane) => this.#loops(0, (row) => this.#tile(row, lane)))
      : this.#loops(0, (row) => this.#laneLoop((lane) => this.#tile(row, lane)));
  }

  #laneLoop(body: (lane: Variant) => Statement[]): Statement[] {
    const { lanes, sliced } = this.#schedule;
    if (lanes.kind !== 'output') return body(this.#laneVariants[0]!);
    const { name } = lanes.axis!;
    return this.#laneVariants.flatMap((variant) =>
      variant.count === 1 && sliced !== name
        ? body(variant)
        : [loop(name, variant.count, variant.size * laneCount, body(variant), sliced === name)],
    );
  }

  #loops(depth: number, body: (row: Variant) => Statement[], row: Variant = this.#rowVariants[0]!): Statement[] {
    const { loops, row: rowName, sliced } = this.#schedule;
    const axis = loops[depth];
    if (!axis) return body(row);
    const isSliced = axis.name === sliced;
    if (axis.name !== rowName) return [loop(axis.name, countOf(axis), 1, this.#loops(depth + 1, body, row), isSliced)];
    return this.#rowVariants.flatMap((variant) => {
      const inner = this.#loops(depth + 1, body, variant);
      if (variant.count === 1 && !isSliced) return inner;
      const after = variant.start === -1 ? { after: this.#rowVariants[0]!.size } : {};
      return [{ ...loop(axis.name, variant.count, variant.size, inner, isSliced), ...after }];
    });
  }

  #tile(row: Variant, lane: Variant): Statement[] {
    const tile: Tile = {
      rows: row.size,
      vectors: lane.size,
      rowStart: Math.max(row.start, 0),
      vectorStart: lane.start,
      tail: lane.tail,
    };
    const { kernel } = this.#schedule;
    if (!kernel.reduction) return this.#store(tile, new ValuePool(), () => undefined);
    const base = this.registers;
    this.registers += tile.rows * tile.vectors;
    const pool = new ValuePool();
    const start = kernel.reduction.by === 'sum' ? 0 : Number.NEGATIVE_INFINITY;
    const register = (r: number, v: number): number => base + r * tile.vectors + v;
    const statements: Statement[] = [];
    each(tile, (r, v) => statements.push({ kind: 'assign', register: register(r, v), value: pool.float(start) }));
    statements.push(...this.#reduce(tile, register));
    const after = new ValuePool();
    const result = (r: number, v: number): Value =>
      this.#schedule.lanes.kind === 'fold'
        ? fold(
            after,
            Array.from({ length: tile.vectors }, (_, place) => after.register(register(r, place))),
          )
        : after.register(register(r, v));
    return [...statements, ...this.#store(tile, after, result)];
  }

  /** Loops over the reduction; a short one is written out in one block. */
  #reduce(tile: Tile, register: (r: number, v: number) => number): Statement[] {
    const { reduction, lanes, unrolled, kernel } = this.#schedule;
    const { by, body } = kernel.reduction!;
    if (unrolled) {
      const pool = new ValuePool();
      const sums = new Map<number, Value>();
      for (const point of pointsOf(reduction)) {
        each(tile, (r, v) => {
          const term = asFloat(
            pool,
            this.#evaluate(body, pool, tile, r, v, () => undefined, point),
          );
          const before = sums.get(register(r, v)) ?? pool.register(register(r, v));
          sums.set(register(r, v), pool.binary(by === 'sum' ? 'add' : 'max', before, term));
        });
      }
      return [...sums].map(([target, value]) => ({ kind: 'assign', register: target, value }));
    }
    const pool = new ValuePool();
    const block: Statement[] = [];
    each(tile, (r, v) => {
      const term = asFloat(
        pool,
        this.#evaluate(body, pool, tile, r, v, () => undefined),
      );
      const value = pool.binary(by === 'sum' ? 'add' : 'max', pool.register(register(r, v)), term);
      block.push({ kind: 'assign', register: register(r, v), value });
    });
    const inner =
      lanes.kind === 'fold'
        ? loopUnlessOne(
            lanes.axis!,
            Math.ceil(lanes.axis!.range / laneCount) / tile.vectors,
            tile.vectors * laneCount,
            block,
          )
        : block;
    return reduction.reduceRight<Statement[]>(
      (statements, axis) => [loop(axis.name, countOf(axis), 1, statements)],
      inner,
    );
  }

  #store(tile: Tile, pool: ValuePool, result: (r: number, v: number) => Value | undefined): Statement[] {
    const { kernel, lanes } = this.#schedule;
    const statements: Statement[] = [];
    const width = lanes.kind === 'output' ? tile.vectors : 1;
    for (let r = 0; r < tile.rows; r++) {
      for (let v = 0; v < width; v++) {
        const known = new Map<string, Value>();
        const stores: Store[] = [];
        for (const { target, expression, stored, summed } of kernel.values) {
          const reduced = result(r, v);
          const lookUp = (tensor: string): Value | undefined =>
            tensor === reductionResult ? reduced : known.get(tensor);
          const value = asFloat(pool, this.#evaluate(expression, pool, tile, r, v, lookUp));
          known.set(target.tensor, value);
          const isTail = tile.tail > 0 && v === tile.vectors - 1;
          if (summed) {
            const term = isTail ? pool.binary('and', value, pool.laneMask(tile.tail)) : value;
            statements.push(this.sums.add(target, v, term, pool));
          }
          if (!stored) continue;
          const at = this.#place(this.#schedule.addressOf(target), tile, r, lanes.kind === 'output' ? v : 0);
          const form = lanes.kind === 'output' ? 'vector' : 'splat';
          const sum = kernel.accumulates ? pool.binary('add', pool.load(form, at), value) : value;
          const masked = isTail ? pool.binary('and', sum, pool.laneMask(tile.tail)) : sum;
          stores.push({ at, value: masked });
        }
        if (stores.length > 0) statements.push({ kind: 'store', lanes: lanes.kind === 'output' ? 4 : 1, stores });
      }
    }
    return [...statements, ...this.sums.endTile()];
  }

  #place(address: Address, tile: Tile, r: number, v: number, point?: ReadonlyMap<string, number>): Address {
    const { row, lanes } = this.#schedule;
    let { base } = address;
    base += (address.terms.get(row ?? '') ?? 0) * (tile.rowStart + r);
    const alongLanes = address.terms.get(lanes.axis?.name ?? '') ?? 0;
    base += alongLanes * laneCount * ((lanes.kind === 'output' ? tile.vectorStart : 0) + v);
    for (const [axis, value] of point ?? []) base += (address.terms.get(axis) ?? 0) * value;
    return { ...address, base };
  }

  #evaluate(
    expression: Expression,
    pool: ValuePool,
    tile: Tile,
    r: number,
    v: number,
    lookUp: (tensor: string) => Value | undefined,
    point?: ReadonlyMap<string, number>,
  ): Value {
    const again = (node: Expression): Value => this.#evaluate(node, pool, tile, r, v, lookUp, point);
    if (expression.kind === 'number') return pool.float(Math.fround(expression.value));
    if (expression.kind === 'read') {
      const known = lookUp(expression.tensor);
      if (known) return known;
      const { lanes, addressOf } = this.#schedule;
      const address = addressOf(expression);
      const at = this.#place(address, tile, r, v, point);
      const stride = address.terms.get(lanes.axis?.name ?? '') ?? 0;
      if (stride === 0) return pool.load('splat', at);
      return stride === floatBytes ? pool.load('vector', at) : pool.gather(at, stride);
    }
    if (expression.kind === 'reduce') throw new Error('a reduction inside a value');
    const [a, b] = expression.operands.map(again) as [Value, Value?];
    return apply(pool, expression.operation, a, b);
  }
}

const binaries: Partial<Record<Operation, BinaryOperation>> = {
  add: 'add',
  subtract: 'subtract',
  divide: 'divide',
  max: 'max',
  min: 'min',
};

function apply(pool: ValuePool, operation: Operation, a: Value, b: Value | undefined): Value {
  if (operation === 'equal' || operation === 'greater' || operation === 'greaterEqual') {
    return pool.binary(operation, asFloat(pool, a), asFloat(pool, b!));
  }
  if (operation === 'multiply') {
    // A comparison is a mask of ones and zeros: multiplying by it is taking or leaving the bits.
    if (isMask(a) || isMask(b!)) return pool.binary('and', a, b!);
    return pool.binary('multiply', a, b!);
  }
  const x = asFloat(pool, a);
  if (operation === 'exp' || operation === 'log' || operation === 'tanh')
    return recipes[operation](arithmetic(pool), x);
  if (operation === 'negate' || operation === 'sqrt') return pool.unary(operation, x);
  return pool.binary(binaries[operation]!, x, asFloat(pool, b!));
}

function isMask(value: Value): boolean {
  if (value.kind !== 'binary') return false;
  const { operation, a, b } = value;
  if (operation === 'and') return isMask(a) && isMask(b);
  return operation === 'equal' || operation === 'greater' || operation === 'greaterEqual';
}

const asFloat = (pool: ValuePool, value: Value): Value =>
  isMask(value) ? pool.binary('and', value, pool.float(1)) : value;

/** The recipes of `numerics.ts`, as values of the loop IR. */
function arithmetic(pool: ValuePool): Arithmetic<Value> {
  return {
    constant: (value) => pool.float(Math.fround(value)),
    add: (a, b) => pool.binary('add', a, b),
    subtract: (a, b) => pool.binary('subtract', a, b),
    multiply: (a, b) => pool.binary('multiply', a, b),
    divide: (a, b) => pool.binary('divide', a, b),
    absolute: (a) => pool.unary('absolute', a),
    greater: (a, b) => pool.binary('greater', a, b),
    select: (mask, a, b) => pool.select(mask, a, b),
    bits: (a) => a,
    floatOf: (a) => a,
    integerConstant: (value) => pool.integer(value),
    integerAdd: (a, b) => pool.binary('integerAdd', a, b),
    integerSubtract: (a, b) => pool.binary('integerSubtract', a, b),
    integerAnd: (a, b) => pool.binary('and', a, b),
    shiftLeft: (a, count) => pool.unary({ shiftLeft: count }, a),
    shiftRightSigned: (a, count) => pool.unary({ shiftRight: count }, a),
    convert: (a) => pool.unary('convert', a),
  };
}

/** Partial sums folded as a tree: halves are added until one number is left, in all lanes. */
function fold(pool: ValuePool, parts: readonly Value[]): Value {
  let level = [...parts];
  while (level.length > 1) {
    const half = level.length / 2;
    level = level.slice(0, half).map((part, place) => pool.binary('add', part, level[place + half]!));
  }
  const halves = pool.binary('add', level[0]!, pool.unary('swapHalves', level[0]!));
  return pool.binary('add', halves, pool.unary('swapNeighbours', halves));
}

function each(tile: Tile, body: (r: number, v: number) => void): void {
  for (let r = 0; r < tile.rows; r++) for (let v = 0; v < tile.vectors; v++) body(r, v);
}

function countOf({ range, dynamic }: Axis): Count {
  return dynamic ? { of: dynamic, tile: 1, part: 'tiles' } : range;
}

function loop(
  variable: string,
  count: Count,
  step: number,
  body: readonly Statement[],
  sliced = false,
): Extract<Statement, { kind: 'loop' }> {
  return { kind: 'loop', variable, count, step, body, ...(sliced ? { sliced } : {}) };
}

function loopUnlessOne(axis: Axis, count: number, step: number, body: readonly Statement[]): Statement[] {
  return count === 1 ? [...body] : [loop(axis.name, count, step, body)];
}

function rowVariants(axis: Axis, size: number): Variant[] {
  if (axis.dynamic) {
    const of = axis.dynamic;
    const tiles: Variant = { size, count: { of, tile: size, part: 'tiles' }, start: 0, tail: 0 };
    // The rest starts where the tiles ended, which only the running step knows.
    return size === 1 ? [tiles] : [tiles, { size: 1, count: { of, tile: size, part: 'rest' }, start: -1, tail: 0 }];
  }
  const tiles = Math.floor(axis.range / size);
  const rest = axis.range % size;
  const whole: Variant = { size, count: tiles, start: 0, tail: 0 };
  return rest === 0 ? [whole] : [whole, { size: rest, count: 1, start: tiles * size, tail: 0 }];
}

function laneVariants(range: number, size: number): Variant[] {
  const vectors = Math.ceil(range / laneCount);
  const tail = range % laneCount;
  const tiles = Math.floor(vectors / size);
  const rest = vectors % size;
  if (rest > 0) {
    return [
      { size, count: tiles, start: 0, tail: 0 },
      { size: rest, count: 1, start: tiles * size, tail },
    ];
  }
  if (tail === 0 || tiles === 1) return [{ size, count: tiles, start: 0, tail }];
  return [
    { size, count: tiles - 1, start: 0, tail: 0 },
    { size, count: 1, start: (tiles - 1) * size, tail },
  ];
}

/** All settings of some axes, the last fastest. */
function pointsOf(axes: readonly Axis[]): Map<string, number>[] {
  return axes.reduce<Map<string, number>[]>(
    (points, { name, range }) =>
      points.flatMap((point) => Array.from({ length: range }, (_, value) => new Map([...point, [name, value]]))),
    [new Map()],
  );
}
