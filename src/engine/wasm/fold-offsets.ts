/**
 * @file Which addresses have their offset from the pointer folded into the instruction. V8 folds a constant offset into a
 * vector load or store only if nothing else in the function uses the same offset, and never into a splat. So an offset
 * belongs to the innermost loop that uses it, where it saves an addition each time; elsewhere the sum is written out. The
 * sum is written out as well where a pointer moves backwards: it may be below 0 before the offset makes up for that, and
 * the instruction's own addition does not wrap.
 */
import type { Address, Statement } from '../../compiler/nest.ts';
import { isComputation, valuesIn } from '../../compiler/walk-nest.ts';

/** @param offsetOf how far an address lies from its pointer, in bytes */
export function foldedOffsets(body: readonly Statement[], offsetOf: (at: Address) => number): ReadonlySet<Address> {
  const owners = new Map<number, { readonly at: Address; readonly depth: number }>();
  const claim = (at: Address, depth: number): void => {
    const offset = offsetOf(at);
    if ([...at.terms.values()].some((bytes) => bytes < 0)) return;
    if (depth > (owners.get(offset)?.depth ?? -1)) owners.set(offset, { at, depth });
  };
  const visit = (statements: readonly Statement[], depth: number): void => {
    for (const statement of statements) {
      if (statement.kind === 'loop' || statement.kind === 'walk') visit(statement.body, depth + 1);
      if (!isComputation(statement)) continue;
      if (statement.kind === 'store' && statement.lanes === 4) for (const { at } of statement.stores) claim(at, depth);
      for (const value of valuesIn(statement))
        if (value.kind === 'load' && value.form !== 'splat') claim(value.at, depth);
    }
  };
  visit(body, 0);
  return new Set([...owners.values()].map(({ at }) => at));
}
