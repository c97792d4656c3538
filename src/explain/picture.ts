/**
 * @file Pictures as PNG bytes: images of a data set, and sheets of tiles.
 *
 * The same values give the same bytes everywhere. A sheet is transparent between its tiles, so that it may lie on any
 * ground.
 */
import { encode } from 'fast-png';
import type { Images } from '../data/data-set.ts';

/** PNG files by name, without `.png`. */
export type Pictures = Readonly<Record<string, Uint8Array>>;

/** One plane of values, rows first. */
export interface Tile {
  readonly height: number;
  readonly width: number;
  readonly values: ArrayLike<number>;
}

/** What a value looks like: grey, or red, green and blue, each 0 to 255. */
export type Colors = (value: number) => readonly number[];

/** Black at `low`, white at `high`, whichever is larger. */
export function grey(low: number, high: number): Colors {
  const scale = high === low ? 0 : 255 / (high - low);
  return (value) => [Math.round(Math.min(255, Math.max(0, (value - low) * scale)))];
}

const below = [179, 88, 6];
const zero = [244, 244, 242];
const above = [23, 92, 158];

/** Orange below 0, blue above, deeper the further from it; `bound` and what lies beyond is deepest. */
export function aroundZero(bound: number): Colors {
  return (value) => {
    const depth = bound > 0 ? Math.min(1, Math.abs(value) / bound) : 0;
    const end = value < 0 ? below : above;
    return zero.map((from, channel) => Math.round(from + (end[channel]! - from) * depth));
  };
}

export interface SheetOptions {
  /** Transparent pixels between tiles. */
  readonly gap?: number;
  /** Of a tile, in pixels: of larger planes every second, third … row and column is shown. */
  readonly longestSide?: number;
}

/** Tiles of one size side by side, `columns` in a row. */
export function sheet(
  tiles: readonly Tile[],
  columns: number,
  colors: Colors,
  { gap = 1, longestSide = 64 }: SheetOptions = {},
): Uint8Array {
  const { height, width } = tiles[0]!;
  const step = Math.ceil(Math.max(height, width) / longestSide);
  const [tall, wide] = [Math.ceil(height / step), Math.ceil(width / step)];
  const across = Math.min(columns, tiles.length);
  const sheetWidth = across * (wide + gap) - gap;
  const sheetHeight = Math.ceil(tiles.length / across) * (tall + gap) - gap;
  const channels = colors(0).length + 1;
  const data = new Uint8Array(sheetWidth * sheetHeight * channels);
  for (const [place, { values }] of tiles.entries()) {
    const top = Math.floor(place / across) * (tall + gap);
    const left = (place % across) * (wide + gap);
    for (let y = 0; y < tall; y++) {
      for (let x = 0; x < wide; x++) {
        const color = colors(values[y * step * width + x * step]!);
        data.set([...color, 255], ((top + y) * sheetWidth + left + x) * channels);
      }
    }
  }
  return encode({ width: sheetWidth, height: sheetHeight, data, channels, depth: 8 });
}

/** An image as it is stored: bytes as grey or RGB, other values from its own least to its largest. */
export function imagePicture({ shape, pixels }: Images, index: number): Uint8Array {
  const [height, width, depth] = shape as [number, number, number];
  const channels = depth === 3 ? 3 : 1;
  const size = height * width * depth;
  const own = pixels.subarray(index * size, (index + 1) * size);
  const [low, high] = own instanceof Uint8Array ? [0, 255] : rangeOf([own]);
  const shade = grey(low, high);
  const data = new Uint8Array(height * width * channels);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let c = 0; c < channels; c++) data[pixel * channels + c] = shade(own[pixel * depth + c]!)[0]!;
  }
  return encode({ width, height, data, channels, depth: 8 });
}

/** The least and the largest of all values. */
export function rangeOf(lists: Iterable<ArrayLike<number>>): [low: number, high: number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const values of lists) {
    for (let i = 0; i < values.length; i++) {
      low = Math.min(low, values[i]!);
      high = Math.max(high, values[i]!);
    }
  }
  return [low, high];
}
