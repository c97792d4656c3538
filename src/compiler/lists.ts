/**
 * @file Which lists of live elements there are: sums that walk the same tensor in the same order, or one back to front,
 * share one. The first nest that needs a list makes it, for one example. Each thread has its own, and none outlives its
 * example.
 */
import { constantIndex, intervalOf } from '../formula/affine.ts';
import { type Read, read } from '../formula/expression.ts';
import { addressIn, Place } from './address.ts';
import type { Check } from './finite.ts';
import type { Kernel } from './kernel.ts';
import type { LanedKernel } from './lanes.ts';
import { type Arena, type Buffer, floatBytes, laneCount } from './layout.ts';
import { bucketBytes, type Listing, ListMaker, type ListWalk, type Reader, turnOf } from './make-lists.ts';
import { entryVariable, type Statement, threadVariable } from './nest.ts';
import { type LiveWalk, type LiveWorld, liveWalkOf } from './sparse.ts';
import type { Target } from './target.ts';

/** Plans the lists of all kernels that walk any, and takes their memory, of which each thread has its own. */
export function planLists(
  kernels: readonly LanedKernel[],
  buffers: ReadonlyMap<string, Buffer>,
  arena: Arena,
  world: LiveWorld,
  target: Target,
): Map<Kernel, ListWalk> {
  const walking: { kernel: Kernel; walk: LiveWalk; run: number }[] = [];
  let run = 0;
  for (const [place, { kernel, lanes }] of kernels.entries()) {
    // Between runs of example-level kernels stands what all examples of a chunk have to pass.
    if (kernel.level !== kernels[place - 1]?.kernel.level) run++;
    if (lanes.kind === 'output' && lanes.walksLive) walking.push({ kernel, walk: liveWalkOf(kernel, world)!, run });
  }
  const listings = new Map<string, Listing[]>();
  const readers = new Map<Kernel, Reader>();
  for (const form of ['rows', 'columns'] as const) {
    for (const { kernel, walk, run: own } of walking) {
      if (walk.form !== form) continue;
      const key = `${own} ${walk.live.tensor}`;
      const known = listings.get(key) ?? [];
      listings.set(key, known);
      let listing = known.find(({ order }) => turnOf(order, walk) !== 0);
      if (!listing) {
        listing = { ...walk, columns: [], low: new Map(), high: new Map(), hasTable: false };
        known.push(listing);
      }
      readers.set(kernel, readerOf(kernel, walk, listing, buffers));
    }
  }
  const made = new Map<Listing, ListMaker>();
  const walks = new Map<Kernel, ListWalk>();
  for (const { kernel } of walking) {
    const reader = readers.get(kernel)!;
    const { listing } = reader;
    const making: Statement[] = [];
    const before = arena.bytes;
    if (!made.has(listing)) {
      made.set(listing, new ListMaker(listing, buffers.get(listing.live.tensor)!, arena, target));
      making.push(...made.get(listing)!.making());
    }
    const walk = made.get(listing)!.walkFor(reader, making, arena);
    const { live, other } = reader.walk;
    const checked = world.hasBatch(other.tensor) ? checkOf(other, buffers.get(other.tensor)!, arena) : undefined;
    const density = world.densities.get(live.tensor)!;
    walks.set(kernel, { ...walk, density, checked, bytes: arena.bytes - before });
  }
  return walks;
}

/** Of one example's own slot, halo and padding included. */
function checkOf({ tensor, index: [example] }: Read, buffer: Buffer, arena: Arena): Check {
  const start = buffer.shape.map((_, dimension) => (dimension === 0 ? example! : constantIndex(0)));
  const at = addressIn(read(tensor, start), () => false, { ...buffer, origin: 0 });
  if (buffer.perThread) at.add(threadVariable, 1);
  const result = new Place(arena.reserve(laneCount * floatBytes));
  result.add(threadVariable, 1);
  return { at, vectors: (buffer.strides[0] || buffer.elements) / laneCount, result };
}

function readerOf(kernel: Kernel, walk: LiveWalk, listing: Listing, buffers: ReadonlyMap<string, Buffer>): Reader {
  const { live, form, inside, order } = walk;
  const isLooped = (axis: string): boolean => kernel.axes.includes(axis) || kernel.reduction!.axes.includes(axis);
  const place = addressIn(walk.other, isLooped, buffers.get(walk.other.tensor)!);
  const offsets = new Map<number, number>();
  for (const axis of inside) {
    const bytes = place.terms.get(axis) ?? 0;
    const dimension = live.index.findIndex(({ terms }) => terms.some((term) => term.axis === axis));
    const { direction } = order.find((one) => one.dimension === dimension)!;
    // The axis is what the element's index has beyond the rest of it.
    offsets.set(dimension, direction * bytes);
    const { terms, constant } = live.index[dimension]!;
    for (const term of terms) place.add(term.axis, -direction * bytes * term.coefficient.value);
    place.base -= direction * bytes * constant.value;
  }
  place.add(entryVariable, 1);
  const last = order.at(-1)!.dimension;
  const bucket = form === 'columns' ? listing.columns.push(new Map([[last, bucketBytes]])) - 1 : -1;
  if (form === 'rows') {
    listing.hasTable = true;
    for (const { dimension } of order.slice(0, -1)) {
      const { low, high } = intervalOf(live.index[dimension]!, kernel.ranges);
      const most = buffers.get(live.tensor)!.shape[dimension]! - 1;
      listing.low.set(dimension, Math.max(listing.low.get(dimension) ?? 0, -low));
      listing.high.set(dimension, Math.max(listing.high.get(dimension) ?? 0, high - most));
    }
  }
  return { kernel, walk, listing, place, bucket, offsets: listing.columns.push(offsets) - 1 };
}
