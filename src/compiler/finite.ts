/**
 * @file A sum that skips products with 0 would not see what else is not finite: an infinite pixel that a pool hides, say.
 * So it starts at 0 plus 0 times all of the tensor that it multiplies by: at NaN, if anything in there is not finite.
 */
import { fold } from './arithmetic.ts';
import { floatBytes, laneCount } from './layout.ts';
import { type Address, type Statement, ValuePool } from './nest.ts';

/** Narrow vectors, one behind the other, and where a vector is left that is +0, or NaN in all lanes. */
export interface Check {
  readonly at: Address;
  readonly vectors: number;
  readonly result: Address;
}

const variable = '#checked';
/** Sums at once, lest additions wait for one another. */
const most = 4;

export function checkFinite({ at, vectors, result }: Check, newRegister: () => number): Statement[] {
  const registers = Array.from({ length: most }, newRegister);
  const pool = new ValuePool(laneCount);
  const terms = new Map([...at.terms, [variable, laneCount * floatBytes]]);
  const loop = (from: number, count: number, width: number): Statement[] => {
    const body = registers.slice(0, width).map((register, place): Statement => {
      const vector = pool.load('vector', { base: at.base + (from + place) * laneCount * floatBytes, terms });
      const value = pool.binary('add', pool.register(register), pool.binary('multiply', vector, pool.float(0)));
      return { kind: 'assign', register, value };
    });
    return count === 0 ? [] : [{ kind: 'loop', variable, count, step: width, body }];
  };
  const whole = Math.floor(vectors / most);
  const sum = registers.map((register) => pool.register(register)).reduce((a, b) => pool.binary('add', a, b));
  return [
    ...registers.map((register): Statement => ({ kind: 'assign', register, value: pool.float(0) })),
    ...loop(0, whole, most),
    ...loop(whole * most, vectors % most, 1),
    { kind: 'store', lanes: laneCount, stores: [{ at: result, value: fold(pool, [sum]) }] },
  ];
}
