/** @file A contact sheet: a row for each class, with its name and a few of its images. */
import font from 'oled-font-5x7';
import type { DataSet, Images } from '../data/data-set.ts';

/** A picture: RGB, one byte each, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
  readonly data: Uint8Array;
}

export interface Sheet extends Picture {
  /** How many classes it shows: the first ones. */
  readonly classes: number;
}

const imagesPerClass = 12;
const mostClasses = 100;
/** Pixels. */
const [cellSize, gap, letterZoom] = [64, 4, 2];
const longestName = 16;

/** The first training images of each class. */
export function contactSheet({ classes, train }: DataSet): Sheet {
  const shown = Math.min(classes.length, mostClasses);
  const [height, width, channels] = train.shape as [number, number, number];
  // Whole multiples, so that pixels stay square; larger images lose some.
  const exact = cellSize / Math.max(height, width);
  const zoom = exact >= 1 ? Math.floor(exact) : exact;
  const [cellHeight, cellWidth] = [height, width].map((size) => Math.max(1, Math.round(size * zoom))) as [
    number,
    number,
  ];
  const names = classes.slice(0, shown).map((name, label) => nameOf(label, name));
  const nameWidth = Math.max(...names.map((name) => name.length)) * (font.width + 1) * letterZoom;
  const rowHeight = Math.max(cellHeight, font.height * letterZoom) + gap;
  const sheet = blank(gap + nameWidth + gap + imagesPerClass * (cellWidth + gap), gap + shown * rowHeight);
  const rows = firstOfEach(train, shown);
  const tone = tones(train, rows.flat());
  rows.forEach((images, label) => {
    const top = gap + label * rowHeight;
    write(sheet, names[label]!, gap, top + Math.floor((rowHeight - gap - font.height * letterZoom) / 2));
    images.forEach((image, column) => {
      const left = gap + nameWidth + gap + column * (cellWidth + gap);
      for (let y = 0; y < cellHeight; y++) {
        for (let x = 0; x < cellWidth; x++) {
          const [row, at] = [Math.floor((y * height) / cellHeight), Math.floor((x * width) / cellWidth)];
          const pixel = ((image * height + row) * width + at) * channels;
          // One channel, or none of red, green and blue: grey.
          for (let color = 0; color < 3; color++) {
            const value = tone(train.pixels[pixel + (channels === 3 ? color : 0)]!);
            sheet.data[((top + y) * sheet.width + left + x) * 3 + color] = value;
          }
        }
      }
    });
  });
  return { ...sheet, classes: shown };
}

function nameOf(label: number, name: string): string {
  const text = name === String(label) ? name : `${label} ${name}`;
  return text.length <= longestName ? text : `${text.slice(0, longestName - 2)}..`;
}

/** The first images of each class, by their indices. */
function firstOfEach({ labels }: Images, classes: number): number[][] {
  const rows = Array.from({ length: classes }, (): number[] => []);
  labels.forEach((label, image) => {
    if (label < classes && rows[label]!.length < imagesPerClass) rows[label]!.push(image);
  });
  return rows;
}

/** Bytes are shown as they are; floats from the lowest of those shown to the highest. */
function tones({ pixels, shape }: Images, images: readonly number[]): (value: number) => number {
  if (pixels instanceof Uint8Array) return (value) => value;
  const size = shape.reduce((product, extent) => product * extent, 1);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const image of images) {
    for (let at = image * size; at < (image + 1) * size; at++) {
      low = Math.min(low, pixels[at]!);
      high = Math.max(high, pixels[at]!);
    }
  }
  const range = high > low ? high - low : 1;
  return (value) => Math.round((255 * (value - low)) / range);
}

function blank(width: number, height: number): Picture {
  return { width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(255) };
}

/** Black letters; what the font lacks is a question mark. */
function write({ width, data }: Picture, text: string, left: number, top: number): void {
  [...text].forEach((letter, place) => {
    const known = font.lookup.indexOf(letter);
    const start = (known >= 0 ? known : font.lookup.indexOf('?')) * font.width;
    for (let y = 0; y < font.height * letterZoom; y++) {
      for (let x = 0; x < font.width * letterZoom; x++) {
        const column = font.fontData[start + Math.floor(x / letterZoom)]!;
        if (((column >> Math.floor(y / letterZoom)) & 1) === 0) continue;
        const at = ((top + y) * width + left + place * (font.width + 1) * letterZoom + x) * 3;
        data.fill(0, at, at + 3);
      }
    }
  });
}
