/**
 * @file Values of a nest that are added up beside all that it does, in a vector for each slice.
 *
 * Without a reduction there is a register for each vector of a tile, lest additions wait for one another. A reduction
 * needs the registers itself, so a tile's sum is then added to the one in memory.
 */
import type { Read } from '../formula/expression.ts';
import { type Statement, type Value, ValuePool } from './nest.ts';
import type { Schedule } from './schedule.ts';

export class Sums {
  readonly #schedule: Schedule;
  readonly #newRegister: () => number;
  readonly #registers: ReadonlyMap<Read, readonly number[]>;
  /** Sums of the tile that is being written. */
  readonly #ofTile = new Map<Read, number>();

  constructor(schedule: Schedule, newRegister: () => number) {
    const { kernel, lanes, vectors } = schedule;
    const width = kernel.reduction ? 0 : lanes.kind === 'output' ? vectors : 1;
    const summed = kernel.values.filter((value) => value.summed);
    this.#schedule = schedule;
    this.#newRegister = newRegister;
    this.#registers = new Map(
      summed.map(({ target }) => [target, Array.from({ length: width }, newRegister)] as const),
    );
  }

  start(): Statement[] {
    const zero = new ValuePool().float(0);
    return [...this.#registers].flatMap(([target, registers]): Statement[] =>
      registers.length > 0
        ? registers.map((register) => ({ kind: 'assign', register, value: zero }))
        : [this.#store(target, zero)],
    );
  }

  /** Adds a term of the tile's vector `v`. */
  add(target: Read, v: number, term: Value, pool: ValuePool): Statement {
    const own = this.#registers.get(target)![v] ?? this.#ofTile.get(target);
    if (own !== undefined) {
      return { kind: 'assign', register: own, value: pool.binary('add', pool.register(own), term) };
    }
    const register = this.#newRegister();
    this.#ofTile.set(target, register);
    return { kind: 'assign', register, value: term };
  }

  endTile(): Statement[] {
    const tile = [...this.#ofTile];
    this.#ofTile.clear();
    return tile.map(([target, register]) => {
      const pool = new ValuePool();
      const before = pool.load('vector', this.#schedule.addressOf(target));
      return this.#store(target, pool.binary('add', before, pool.register(register)));
    });
  }

  end(): Statement[] {
    const pool = new ValuePool();
    return [...this.#registers]
      .filter(([, registers]) => registers.length > 0)
      .map(([target, registers]) => {
        const all = registers.map((register) => pool.register(register));
        return this.#store(
          target,
          all.reduce((a, b) => pool.binary('add', a, b)),
        );
      });
  }

  #store(target: Read, value: Value): Statement {
    return { kind: 'store', lanes: 4, stores: [{ at: this.#schedule.addressOf(target), value }] };
  }
}
