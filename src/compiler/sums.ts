/**
 * @file Values of a nest that are added up beside all that it does, in a vector for each slice.
 *
 * Without a reduction there is a register for each vector of a tile, lest additions wait for one another. A reduction
 * needs the registers itself, so a tile's sum is then added to the one in memory. Narrow vectors go to the first lanes.
 */
import type { Read } from '../formula/expression.ts';
import { type Statement, type Value, ValuePool } from './nest.ts';
import type { Schedule } from './schedule.ts';
import { coverOf, type Run } from './target.ts';

export class Sums {
  readonly #schedule: Schedule;
  readonly #newRegister: () => number;
  readonly #registers: ReadonlyMap<Read, readonly { readonly width: number; readonly registers: readonly number[] }[]>;
  /** Sums of the tile that is being written. */
  readonly #ofTile = new Map<Read, number>();

  constructor(schedule: Schedule, newRegister: () => number) {
    const { kernel } = schedule;
    const runs = kernel.reduction ? [] : runsOf(schedule);
    const summed = kernel.values.filter((value) => value.summed);
    this.#schedule = schedule;
    this.#newRegister = newRegister;
    this.#registers = new Map(
      summed.map(({ target }) => [
        target,
        runs.map(({ width, vectors }) => ({ width, registers: Array.from({ length: vectors }, newRegister) })),
      ]),
    );
  }

  start(): Statement[] {
    const { lanes } = this.#schedule.target;
    return [...this.#registers].flatMap(([target, runs]): Statement[] =>
      runs.length > 0
        ? runs.flatMap(({ width, registers }) =>
            registers.map((register) => ({ kind: 'assign', register, value: new ValuePool(width).float(0) })),
          )
        : [this.#store(target, new ValuePool(lanes).float(0))],
    );
  }

  /** Adds a term of the tile's vector `v`. */
  add(target: Read, v: number, term: Value, pool: ValuePool): Statement {
    const run = this.#registers.get(target)!.find(({ width }) => width === pool.lanes);
    const own = run?.registers[v] ?? this.#ofTile.get(target);
    if (own !== undefined) {
      return { kind: 'assign', register: own, value: pool.binary('add', pool.register(own), term) };
    }
    const register = this.#newRegister();
    this.#ofTile.set(target, register);
    return { kind: 'assign', register, value: term };
  }

  /** @param width lanes of the tile's vectors */
  endTile(width: number): Statement[] {
    const tile = [...this.#ofTile];
    this.#ofTile.clear();
    return tile.map(([target, register]) => this.#addToMemory(target, width, [register]));
  }

  end(): Statement[] {
    return [...this.#registers].flatMap(([target, runs]) =>
      runs.map(({ width, registers }, place) => {
        if (place > 0) return this.#addToMemory(target, width, registers);
        const pool = new ValuePool(width);
        return this.#store(target, sumOf(registers, pool));
      }),
    );
  }

  #addToMemory(target: Read, width: number, registers: readonly number[]): Statement {
    const pool = new ValuePool(width);
    const before = pool.load('vector', this.#schedule.addressOf(target));
    return this.#store(target, pool.binary('add', before, sumOf(registers, pool)));
  }

  #store(target: Read, value: Value): Statement {
    return { kind: 'store', lanes: value.lanes, stores: [{ at: this.#schedule.addressOf(target), value }] };
  }
}

/** What a tile has at most, of each width. */
function runsOf({ lanes, vectors, width, target }: Schedule): Run[] {
  if (lanes.kind !== 'output') return [{ width, vectors: 1 }];
  return coverOf(lanes.axis!.range, target).map((run) => ({ ...run, vectors: Math.min(run.vectors, vectors) }));
}

const sumOf = (registers: readonly number[], pool: ValuePool): Value =>
  registers.map((register) => pool.register(register)).reduce((a, b) => pool.binary('add', a, b));
