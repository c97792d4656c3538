/**
 * @file From a schedule to a loop nest: loops over tiles, the tile's accumulators, and the values that are stored.
 */
import { type Expression, readsOf } from '../formula/expression.ts';
import { apply, asFloat, fold, load, narrow } from './arithmetic.ts';
import { checkFinite } from './finite.ts';
import { reductionResult } from './kernel.ts';
import { doubleBytes, floatBytes, laneCount } from './layout.ts';
import type { ListWalk } from './make-lists.ts';
import { type Address, type Count, type Nest, type Statement, type Store, type Value, ValuePool } from './nest.ts';
import { type Axis, isCutBySlices, type Schedule } from './schedule.ts';
import { Sums } from './sums.ts';
import { coverOf, type Target } from './target.ts';

/** One of the shapes that a tile takes: the whole one, or what is left at the end of an axis. */
interface Variant {
  readonly size: number;
  /** Lanes of its vectors. */
  readonly width: number;
  readonly count: Count;
  /** Where it starts on its axis. */
  readonly start: number;
  /** Lanes of its last vector that are real; 0: all. */
  readonly tail: number;
}

/** Where a row of a tile is on the axes that are tiled. */
type Row = ReadonlyMap<string, number>;

interface Tile {
  readonly rows: readonly Row[];
  readonly vectors: number;
  readonly width: number;
  readonly laneStart: number;
  readonly tail: number;
}

export function emitNest(schedule: Schedule, name: string): Nest {
  const emitter = new Emitter(schedule);
  const statements = emitter.nest();
  const over = isCutBySlices(schedule.kernel) ? 'slice' : 'examples';
  // What cannot be cut is the last slice's.
  const isWhole = over === 'slice' && schedule.sliced === undefined;
  const cut = isWhole ? [loop('#whole', 1, 1, statements, true)] : statements;
  const body = [...emitter.before, ...emitter.sums.start(), ...cut, ...emitter.sums.end()];
  return { name, over, registers: emitter.registers, body };
}

class Emitter {
  registers = 0;
  readonly sums: Sums;
  /** What a walk of live elements needs. */
  readonly before: readonly Statement[];
  readonly #schedule: Schedule;
  readonly #rowVariants: ReadonlyMap<string, readonly Variant[]>;
  readonly #laneVariants: readonly Variant[];
  readonly #summed: ReadonlySet<Expression>;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    const axisOf = (name: string): Axis => schedule.loops.find((loop) => loop.name === name)!;
    this.#rowVariants = new Map(schedule.rows.map(({ axis, size }) => [axis, rowVariants(axisOf(axis), size)]));
    this.#laneVariants =
      schedule.lanes.kind === 'output'
        ? laneVariants(schedule.lanes.axis!.range, schedule.vectors, schedule.target)
        : [{ size: schedule.vectors, width: schedule.width, count: 1, start: 0, tail: 0 }];
    this.#summed = new Set(schedule.kernel.reduction && readsOf(schedule.kernel.reduction));
    const newRegister = (): number => this.registers++;
    this.sums = new Sums(schedule, newRegister);
    const { checked, making = [] } = schedule.walk ?? {};
    this.before = [...making, ...(checked ? checkFinite(checked, newRegister) : [])];
  }

  nest(): Statement[] {
    const { lanesOutside } = this.#schedule;
    return lanesOutside
      ? this.#laneLoop((lane) => this.#loops(0, (rows) => this.#tile(rows, lane)))
      : this.#loops(0, (rows) => this.#laneLoop((lane) => this.#tile(rows, lane)));
  }

  #laneLoop(body: (lane: Variant) => Statement[]): Statement[] {
    const { lanes, sliced } = this.#schedule;
    if (lanes.kind !== 'output') return body(this.#laneVariants[0]!);
    const { name } = lanes.axis!;
    return this.#laneVariants.flatMap((variant) =>
      variant.count === 1 && sliced !== name
        ? body(variant)
        : [loop(name, variant.count, variant.size * variant.width, body(variant), sliced === name)],
    );
  }

  #loops(depth: number, body: (rows: Row[]) => Statement[], rows: Row[] = [new Map()]): Statement[] {
    const { loops, sliced } = this.#schedule;
    const axis = loops[depth];
    if (!axis) return body(rows);
    const { name } = axis;
    const isSliced = name === sliced;
    const variants = this.#rowVariants.get(name);
    if (!variants) return [loop(name, countOf(axis), 1, this.#loops(depth + 1, body, rows), isSliced)];
    return variants.flatMap(({ size, count, start }) => {
      const first = Math.max(start, 0);
      const steps = Array.from({ length: size }, (_, step) => first + step);
      const inner = this.#loops(
        depth + 1,
        body,
        rows.flatMap((row) => steps.map((step) => new Map([...row, [name, step]]))),
      );
      if (count === 1 && !isSliced) return inner;
      const after = start === -1 ? { after: variants[0]!.size } : {};
      return [{ ...loop(name, count, size, inner, isSliced), ...after }];
    });
  }

  #pool({ width }: Tile): ValuePool {
    return new ValuePool(width, this.#schedule.kernel.double ? 'double' : 'single');
  }

  #tile(rows: readonly Row[], lane: Variant): Statement[] {
    const tile: Tile = { rows, vectors: lane.size, width: lane.width, laneStart: lane.start, tail: lane.tail };
    const { kernel } = this.#schedule;
    if (!kernel.reduction) return this.#store(tile, this.#pool(tile), () => undefined);
    const base = this.registers;
    this.registers += rows.length * tile.vectors;
    const pool = this.#pool(tile);
    const { checked } = this.#schedule.walk ?? {};
    const zero = checked ? pool.load('splat', checked.result) : pool.float(0);
    const start = kernel.reduction.by === 'sum' ? zero : pool.float(Number.NEGATIVE_INFINITY);
    const register = (r: number, v: number): number => base + r * tile.vectors + v;
    const statements: Statement[] = [];
    each(tile, (r, v) => statements.push({ kind: 'assign', register: register(r, v), value: start }));
    statements.push(...this.#fetch(tile), ...this.#reduce(tile, register));
    const after = this.#pool(tile);
    const result = (r: number, v: number): Value =>
      this.#schedule.lanes.kind === 'fold'
        ? fold(
            after,
            Array.from({ length: tile.vectors }, (_, place) => after.register(register(r, place))),
          )
        : after.register(register(r, v));
    return [...statements, ...this.#store(tile, after, result)];
  }

  /** Asks for what the values will read beside the sum, while that is computed. */
  #fetch(tile: Tile): Statement[] {
    const { kernel, lanes, far, addressOf } = this.#schedule;
    const reads = kernel.values.flatMap(({ expression }) => readsOf(expression)).filter((node) => far.has(node));
    const addresses = new Map<number, Address>();
    if (lanes.kind === 'output') {
      each(tile, (r, v) => {
        for (const node of reads) {
          const at = this.#place(addressOf(node), tile, r, v);
          addresses.set(at.base, at);
        }
      });
    }
    return [...addresses.values()].map((at) => ({ kind: 'fetch', at }));
  }

  /** Loops over the reduction. */
  #reduce(tile: Tile, register: (r: number, v: number) => number): Statement[] {
    const { reduction, lanes, kernel, walk } = this.#schedule;
    const { by, body } = kernel.reduction!;
    const pool = this.#pool(tile);
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
            (Math.ceil(lanes.axis!.range / laneCount) * laneCount) / (tile.vectors * tile.width),
            tile.vectors * tile.width,
            block,
          )
        : walk
          ? [walkOver(walk, block)]
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
    for (let r = 0; r < tile.rows.length; r++) {
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
            statements.push(this.sums.add(target, v, narrow(pool, term), pool.as('single')));
          }
          if (!stored) continue;
          const at = this.#place(this.#schedule.addressOf(target), tile, r, lanes.kind === 'output' ? v : 0);
          const form = lanes.kind === 'output' ? 'vector' : 'splat';
          const precision = this.#schedule.precisionOf(target);
          const sum = kernel.accumulates
            ? pool.binary('add', load(pool, { form, at, real: tile.width }, precision), value)
            : value;
          const masked = isTail ? pool.binary('and', sum, pool.laneMask(tile.tail)) : sum;
          stores.push({ at, value: precision === 'single' ? narrow(pool, masked) : masked, precision });
        }
        if (stores.length > 0)
          statements.push({ kind: 'store', lanes: lanes.kind === 'output' ? tile.width : 1, stores });
      }
    }
    return [...statements, ...this.sums.endTile(tile.width)];
  }

  #place(address: Address, tile: Tile, r: number, v: number): Address {
    const { lanes } = this.#schedule;
    const alongLanes = address.terms.get(lanes.axis?.name ?? '') ?? 0;
    let base = address.base + alongLanes * (tile.laneStart + v * tile.width);
    for (const [axis, value] of tile.rows[r]!) base += (address.terms.get(axis) ?? 0) * value;
    return { ...address, base };
  }

  #evaluate(
    expression: Expression,
    pool: ValuePool,
    tile: Tile,
    r: number,
    v: number,
    lookUp: (tensor: string) => Value | undefined,
  ): Value {
    const again = (node: Expression): Value => this.#evaluate(node, pool, tile, r, v, lookUp);
    if (expression.kind === 'number') return pool.float(expression.value);
    if (expression.kind === 'read') {
      const known = lookUp(expression.tensor);
      if (known) return known;
      const { lanes, addressOf, precisionOf, walk, far } = this.#schedule;
      if (expression === walk?.live) return pool.entry();
      const address = addressOf(expression);
      const at = this.#place(address, tile, r, v);
      const stride = address.terms.get(lanes.axis?.name ?? '') ?? 0;
      const precision = precisionOf(expression);
      const elementBytes = precision === 'single' ? floatBytes : doubleBytes;
      const vector = far.has(expression) && this.#summed.has(expression) ? 'stream' : 'vector';
      const form = stride === 0 ? 'splat' : stride === elementBytes ? vector : stride;
      const real = tile.tail > 0 && v === tile.vectors - 1 ? tile.tail : tile.width;
      return load(pool, { form, at, real }, precision);
    }
    if (expression.kind === 'reduce') throw new Error('a reduction inside a value');
    const [a, b] = expression.operands.map(again) as [Value, Value?];
    return apply(pool, expression.operation, a, b);
  }
}

function each(tile: Tile, body: (r: number, v: number) => void): void {
  for (let r = 0; r < tile.rows.length; r++) for (let v = 0; v < tile.vectors; v++) body(r, v);
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

function walkOver({ from: { base, terms }, span, column }: ListWalk, body: readonly Statement[]): Statement {
  return { kind: 'walk', from: { base, terms }, to: { base: base + span, terms }, column, backwards: false, body };
}

function loopUnlessOne(axis: Axis, count: number, step: number, body: readonly Statement[]): Statement[] {
  return count === 1 ? [...body] : [loop(axis.name, count, step, body)];
}

function rowVariants(axis: Axis, size: number): Variant[] {
  if (axis.dynamic) {
    const of = axis.dynamic;
    const tiles: Variant = { size, width: 1, count: { of, tile: size, part: 'tiles' }, start: 0, tail: 0 };
    // The rest starts where the tiles ended, which only the running step knows.
    return size === 1
      ? [tiles]
      : [tiles, { size: 1, width: 1, count: { of, tile: size, part: 'rest' }, start: -1, tail: 0 }];
  }
  const tiles = Math.floor(axis.range / size);
  const rest = axis.range % size;
  const whole: Variant = { size, width: 1, count: tiles, start: 0, tail: 0 };
  return rest === 0 ? [whole] : [whole, { size: rest, width: 1, count: 1, start: tiles * size, tail: 0 }];
}

function laneVariants(range: number, size: number, target: Target): Variant[] {
  const variants: Variant[] = [];
  let start = 0;
  const add = (variant: Pick<Variant, 'size' | 'width'>, count: number, tail = 0): void => {
    if (count > 0) variants.push({ ...variant, count, start, tail });
    start += variant.size * variant.width * count;
  };
  for (const { width, vectors } of coverOf(range, target)) {
    add({ size, width }, Math.floor(vectors / size));
    add({ size: vectors % size, width }, vectors % size > 0 ? 1 : 0);
  }
  if (range === start) return variants;
  const last = variants.pop()! as Variant & { readonly count: number };
  const padding = start - range;
  start = last.start;
  add(last, last.count - 1);
  add(last, 1, last.width - padding);
  return variants;
}
