/**
 * @file Lists of live elements: where they lie, how they are made, and how a sum walks them.
 *
 * A list has a column of float32, the elements, and beside it columns of int32: for each sum that walks it, how many
 * bytes an element moves the address of what it is multiplied by. The elements lie in the order of the sum, and a table
 * of marks says where each row of them begins and where it ends; rows in the halo have no elements. Where a sum needs a
 * list for each element of a row (`columns`), the listed elements are sorted into as many lists.
 */
import { type Affine, addIndices, axisIndex, constantIndex } from '../formula/affine.ts';
import { type Read, read } from '../formula/expression.ts';
import { addressIn, Place } from './address.ts';
import type { Check } from './finite.ts';
import type { Kernel } from './kernel.ts';
import { type Arena, type Buffer, floatBytes } from './layout.ts';
import { type Address, type Append, entryVariable, type Statement, threadVariable } from './nest.ts';
import type { Direction, LiveWalk } from './sparse.ts';
import { coverOf, type Target } from './target.ts';

/** How a nest's sum walks live elements. */
export interface ListWalk {
  readonly live: Read;
  /** The share of elements that are estimated to be live. */
  readonly density: number;
  readonly other: Read;
  /** Where `other` lies, but for what the entry adds. */
  readonly place: Place;
  readonly inside: readonly string[];
  /** Where the mark lies that its piece begins with, and how many bytes behind it the one that it ends with. */
  readonly from: Place;
  readonly span: number;
  /** Bytes from an element to its number in the column. */
  readonly column: number;
  /** All that `other` has of an example, if it is the example's own: parameters are looked at when they change. */
  readonly checked: Check | undefined;
  /** What makes the lists that are not there yet, and how many bytes these take. */
  readonly making: readonly Statement[];
  readonly bytes: number;
}

/** Bytes by which an element's index moves an address, by dimension. */
type Offsets = ReadonlyMap<number, number>;

/** Live elements in the order in which they are stored, or back. */
export interface Listing {
  readonly live: Read;
  readonly order: readonly Direction[];
  readonly columns: Offsets[];
  readonly low: Map<number, number>;
  readonly high: Map<number, number>;
  /** Whether there is a mark for each row; else two for all. */
  hasTable: boolean;
}

export interface Reader {
  readonly kernel: Kernel;
  readonly walk: LiveWalk;
  readonly listing: Listing;
  readonly place: Place;
  /** Its columns of the listing, by number. */
  readonly offsets: number;
  readonly bucket: number;
}

const markBytes = 4;
/** Two marks. */
export const bucketBytes = 2 * markBytes;

/** Whether a listing in some order can serve a walk: 1 as it is, -1 back to front, 0 not at all. */
export function turnOf(order: readonly Direction[], walk: LiveWalk): 1 | -1 | 0 {
  const turns = walk.order.slice(0, -1).map(({ dimension, direction }, place) => {
    const other = order[place];
    return other?.dimension === dimension ? other.direction * direction : 0;
  });
  if (order.length !== walk.order.length) return 0;
  if (turns.every((turn) => turn === 1)) return 1;
  return walk.form === 'columns' && turns.every((turn) => turn === -1) ? -1 : 0;
}

const along = '#along';
const variableOf = ({ dimension }: Direction): string => `#row${dimension}`;
const roundUp = (bytes: number): number => Math.ceil(bytes / 64) * 64;
const loop = (variable: string, count: number, step: number, body: readonly Statement[]): Statement => ({
  kind: 'loop',
  variable,
  count,
  step,
  body,
});
const moved = (place: Place, bytes: number): Address => ({ base: place.base + bytes, terms: place.terms });

/** A listing that has memory. */
export class ListMaker {
  readonly #listing: Listing;
  readonly #buffer: Buffer;
  readonly #target: Target;
  /** Dimensions with marks, and the table's bytes from one index to the next; the innermost has one mark more. */
  readonly #tabled: readonly Direction[];
  readonly #strides = new Map<number, number>();
  readonly #pitch: number;
  readonly #table: number;
  readonly #list: number;
  readonly #columnBytes: number;

  constructor(listing: Listing, buffer: Buffer, arena: Arena, target: Target) {
    this.#listing = listing;
    this.#buffer = buffer;
    this.#target = target;
    this.#tabled = listing.hasTable ? listing.order.slice(0, -1) : [];
    let bytes = markBytes;
    for (const [place, { dimension }] of [...this.#tabled].reverse().entries()) {
      this.#strides.set(dimension, bytes);
      const extent = this.#extent(dimension) + this.#low(dimension) + this.#high(dimension);
      bytes *= extent + (place === 0 ? 1 : 0);
    }
    this.#pitch = this.#tabled.length > 0 ? this.#reach(this.#tabled.at(-1)!) + 1 : 2;
    const elements = listing.order.reduce((all, { dimension }) => all * this.#extent(dimension), 1);
    // An append writes a whole vector.
    this.#columnBytes = roundUp((elements + target.lanes) * floatBytes);
    this.#table = arena.reserve(roundUp(Math.max(bytes, 2 * markBytes)));
    this.#list = arena.reserve((listing.columns.length + 1) * this.#columnBytes);
  }

  #extent(dimension: number): number {
    return this.#buffer.shape[dimension]!;
  }

  #low(dimension: number): number {
    return this.#listing.low.get(dimension) ?? 0;
  }

  #high(dimension: number): number {
    return this.#listing.high.get(dimension) ?? 0;
  }

  #reach({ dimension }: Direction): number {
    return this.#extent(dimension) + this.#low(dimension) + this.#high(dimension);
  }

  /** Rows of the table's innermost dimension that lie in the halo and are walked before the first one. */
  #before({ dimension, direction }: Direction): number {
    return direction > 0 ? this.#low(dimension) : this.#high(dimension);
  }

  #own(base: number): Place {
    const place = new Place(base);
    place.add(threadVariable, 1);
    return place;
  }

  #column(number: number): number {
    return (number + 1) * this.#columnBytes;
  }

  /** The address of a row's first mark; indices by dimension. */
  #markAt(indexOf: (row: Direction) => Affine): Place {
    const place = this.#own(this.#table);
    for (const [number, row] of this.#tabled.entries()) {
      const { dimension, direction } = row;
      const isInnermost = number === this.#tabled.length - 1;
      const bytes = this.#strides.get(dimension)!;
      const { terms, constant } = indexOf(row);
      // The innermost dimension's rows stand in the order in which they are walked.
      const sign = isInnermost ? direction : 1;
      const start = isInnermost && direction < 0 ? this.#extent(dimension) - 1 : 0;
      const halo = isInnermost ? this.#before(row) : this.#low(dimension);
      place.base += bytes * (halo + start + sign * constant.value);
      for (const { axis, coefficient } of terms) place.add(axis, bytes * sign * coefficient.value);
    }
    return place;
  }

  /** The index of a dimension that is walked by its variable, which counts up. */
  #walked(row: Direction): Affine {
    const { dimension, direction } = row;
    const first = direction > 0 ? 0 : this.#extent(dimension) - 1;
    return addIndices(constantIndex(first), axisIndex(variableOf(row), direction));
  }

  making(): Statement[] {
    const { live, order, columns } = this.#listing;
    const last = order.at(-1)!;
    const rows = order.slice(0, -1);
    const indexOf = (dimension: number): Affine => {
      if (dimension === last.dimension) return axisIndex(along);
      const row = rows.find((one) => one.dimension === dimension);
      return row ? this.#walked(row) : live.index[dimension]!;
    };
    const node = read(
      live.tensor,
      live.index.map((_, dimension) => indexOf(dimension)),
    );
    const at = addressIn(node, (axis) => axis.startsWith('#'), this.#buffer);
    if (this.#buffer.perThread) at.add(threadVariable, 1);
    const columnsFrom = (start: number): Append['columns'] =>
      columns.map((offsets, number) => {
        const offset = new Place();
        for (const [dimension, bytes] of offsets) {
          const { terms, constant } = indexOf(dimension);
          offset.base += bytes * constant.value;
          for (const { axis, coefficient } of terms) offset.add(axis, bytes * coefficient.value);
        }
        const step = offsets.get(last.dimension) ?? 0;
        return { distance: this.#column(number), offset: moved(offset, start * step), step };
      });
    let start = 0;
    const row = coverOf(this.#extent(last.dimension), this.#target).map(({ width, vectors }): Statement => {
      const from = start;
      start += width * vectors;
      const place = moved(at, from * floatBytes);
      return loop(along, vectors, width, [{ kind: 'append', lanes: width, at: place, columns: columnsFrom(from) }]);
    });
    const begin: Statement = { kind: 'begin', at: this.#own(this.#list) };
    const innermost = this.#tabled.at(-1);
    const marked = this.#markAt((one) => this.#walked(one));
    const mark = (number: number): Statement => ({ kind: 'mark', at: moved(marked, number * markBytes) });
    if (!innermost) return [begin, mark(0), ...this.#loops(rows, row), mark(1)];
    // Marks of the halo, in front of the first row and behind the last one, go with the loops outside.
    const outside = this.#markAt((one) => (one === innermost ? this.#first(one) : this.#walked(one)));
    const before = this.#before(innermost);
    const still = (number: number): Statement => ({ kind: 'mark', at: moved(outside, (number - before) * markBytes) });
    const extent = this.#extent(innermost.dimension);
    const halo = (from: number, to: number): Statement[] =>
      Array.from({ length: to - from }, (_, number) => still(from + number));
    const inner = [
      ...halo(0, before + 1),
      loop(variableOf(innermost), extent, 1, [...row, mark(1)]),
      ...halo(before + 1 + extent, this.#pitch),
    ];
    return [begin, ...this.#loops(this.#tabled.slice(0, -1), inner)];
  }

  #first({ dimension, direction }: Direction): Affine {
    return constantIndex(direction > 0 ? 0 : this.#extent(dimension) - 1);
  }

  #loops(rows: readonly Direction[], body: Statement[]): Statement[] {
    return rows.reduceRight((inner, row) => [loop(variableOf(row), this.#extent(row.dimension), 1, inner)], body);
  }

  walkFor(
    { walk, place, offsets, bucket, kernel }: Reader,
    making: Statement[],
    arena: Arena,
  ): Omit<ListWalk, 'bytes' | 'checked' | 'density'> {
    const { live, other, inside, form, order } = walk;
    const common = { live, other, inside, place };
    if (form === 'rows') {
      const from = this.#markAt(({ dimension }) => {
        const { terms, constant } = live.index[dimension]!;
        return { constant, terms: terms.filter(({ axis }) => !inside.includes(axis)) };
      });
      const rows = inside.length > 1 ? kernel.ranges[inside[0]!]! : 1;
      return { ...common, from, span: rows * markBytes, column: this.#column(offsets), making };
    }
    const count = this.#extent(order.at(-1)!.dimension);
    const room = order.slice(0, -1).reduce((all, { dimension }) => all * this.#extent(dimension), 1);
    // An odd number of lines, lest all lists grow in the same few lines of a cache.
    const bytes = (Math.ceil((room * floatBytes) / 64) | 1) * 64;
    const column = count * bytes;
    const table = this.#own(arena.reserve(roundUp(count * bucketBytes)));
    const lists = this.#own(arena.reserve(2 * column));
    const number = '#bucket';
    lists.add(number, bytes);
    const marks = this.#own(table.base);
    marks.add(number, bucketBytes);
    const target = this.#own(table.base + markBytes);
    target.add(entryVariable, 1);
    const isBack = turnOf(this.#listing.order, walk) < 0;
    const sorting: Statement[] = [
      loop(number, count, 1, [
        { kind: 'begin', at: lists },
        { kind: 'mark', at: marks },
        { kind: 'mark', at: moved(marks, markBytes) },
      ]),
      {
        kind: 'walk',
        from: this.#end((row) => this.#first(row), 0),
        to: this.#end((row) => this.#first({ ...row, direction: row.direction > 0 ? -1 : 1 }), this.#pitch - 1),
        column: this.#column(bucket),
        backwards: isBack,
        body: [{ kind: 'push', at: target, from: this.#column(offsets), to: column }],
      },
    ];
    const from = this.#own(table.base);
    const axis = live.index[order.at(-1)!.dimension]!.terms[0]!.axis;
    from.add(axis, bucketBytes);
    return { ...common, from, span: markBytes, column, making: [...making, ...sorting] };
  }

  /** A mark of the row that is walked first, or last. */
  #end(indexOf: (row: Direction) => Affine, number: number): Address {
    const innermost = this.#tabled.at(-1);
    const start = this.#markAt((row) => (row === innermost ? this.#first(row) : indexOf(row)));
    const before = innermost ? this.#before(innermost) : 0;
    return moved(start, (number - before) * markBytes);
  }
}
