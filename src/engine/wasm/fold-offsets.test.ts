import { expect, test } from 'vitest';
import { type Address, type Statement, ValuePool } from '../../compiler/nest.ts';
import { foldedOffsets } from './fold-offsets.ts';

const at = (base: number, terms: [string, number][] = []): Address => ({ base, terms: new Map(terms) });
const assign = (form: 'vector' | 'stream' | 'splat', from: Address): Statement => ({
  kind: 'assign',
  register: 0,
  value: new ValuePool(4, 'single').load(form, from),
});
const store = (lanes: number, to: Address): Statement => ({
  kind: 'store',
  lanes,
  stores: [{ at: to, value: new ValuePool(lanes, 'single').float(1) }],
});
const loop = (variable: string, body: Statement[]): Statement => ({ kind: 'loop', variable, count: 2, step: 1, body });

test('an offset is folded once, in the innermost loop that uses it, never into what takes one float, and never where its pointer moves backwards', () => {
  const places = {
    ...{ before: at(16), inside: at(16), innermost: at(16), innermostToo: at(16) },
    ...{ alone: at(32), splat: at(48), stored: at(64), single: at(80) },
    ...{ forwards: at(96, [['y', 256]]), backwards: at(112, [['y', -256]]) },
  };
  const inner = loop('x', [
    ...[assign('vector', places.innermost), assign('splat', places.splat), assign('vector', places.innermostToo)],
  ]);
  const folded = foldedOffsets(
    [
      loop('first', [assign('vector', places.before)]),
      loop('y', [assign('stream', places.alone), inner, assign('vector', places.inside), store(4, places.stored)]),
      loop('y', [assign('vector', places.forwards), assign('vector', places.backwards)]),
      store(1, places.single),
    ],
    ({ base }) => base,
  );
  const names = Object.entries(places).flatMap(([name, place]) => (folded.has(place) ? [name] : []));
  expect(names).toEqual(['innermost', 'alone', 'stored', 'forwards']);
});
