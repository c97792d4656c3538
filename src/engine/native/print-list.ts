/** @file Prints what makes lists of live elements and walks them, in C. A mark is how many bytes an entry lies behind the memory's start. */
import type { Append, Statement, Walk } from '../../compiler/nest.ts';

/** Before any nest. */
export const listPrelude = `
typedef unsigned Mark __attribute__((may_alias));
INLINE unsigned load_mark(const char *p) { return *(const Mark *)p; }
INLINE void store_mark(char *p, unsigned a) { *(Mark *)p = a; }
`;

/** Begins a walk; the entry is at `cursor`. */
export function beginWalk({ backwards }: Walk, from: string, to: string, cursor: string): string[] {
  const [first, stop] = backwards ? [`${to} - 4`, `${from} - 4`] : [from, to];
  const declared = `const char *${cursor} = m + ${first}, *${cursor}Stop = m + ${stop}`;
  return ['{', `for (${declared}; ${cursor} != ${cursor}Stop; ${cursor} ${backwards ? '-=' : '+='} 4) {`];
}

/** @param at where the floats are @param offsets each column's first number */
export function printAppend({ lanes, columns }: Append, at: string, offsets: readonly string[]): string[] {
  const first = (place: number): string => `(unsigned)(${offsets[place]} - m)`;
  const packed = columns.map(
    ({ distance, step }, place) => `packSteps_F${lanes}(end + ${distance}, ${first(place)}, ${step}, live);`,
  );
  const one = (lane: number): string[] => [
    `{ const float a = load_F1(${at} + ${4 * lane}); store_F1(end, a);`,
    ...columns.map(({ distance, step }, place) => `store_mark(end + ${distance}, ${first(place)} + ${lane * step}u);`),
    'end += a != 0 ? 4 : 0; }',
  ];
  return [
    '#ifdef PACKS',
    `{ const F${lanes} a = load_F${lanes}(${at}); const unsigned live = live_F${lanes}(a); pack_F${lanes}(end, a, live);`,
    ...packed,
    'end += 4 * __builtin_popcount(live); }',
    '#else',
    ...Array.from({ length: lanes }, (_, lane) => one(lane)).flat(),
    '#endif',
  ];
}

export function printPush({ from, to }: Extract<Statement, { kind: 'push' }>, at: string, cursor: string): string[] {
  return [
    `{ char *mark = ${at}, *place = m + load_mark(mark); store_F1(place, load_F1(${cursor}));`,
    `store_mark(place + ${to}, load_mark(${cursor} + ${from})); store_mark(mark, (unsigned)(place - m + 4)); }`,
  ];
}
