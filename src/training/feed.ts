/**
 * @file Fills the slots of a program's batch: pixels become numbers here, and labels one-hot targets.
 *
 * Images stay as they are stored, bytes as a rule; a model's preprocessing says what a pixel means.
 */
import type { Images } from '../data/data-set.ts';
import type { Place, Program } from '../engine/engine.ts';
import type { Graph } from '../model/graph.ts';

/** A pixel v of channel c enters the network as v * scale[c] + offset[c]. */
export interface Preprocessing {
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

/** Bytes become -0.5 … 0.5, as in the notebook; floats stay what they are. */
export function standardPreprocessing({ shape, pixels }: Images): Preprocessing {
  const channels = shape[2]!;
  const isBytes = pixels instanceof Uint8Array;
  return {
    scale: new Array<number>(channels).fill(isBytes ? 1 / 255 : 1),
    offset: new Array<number>(channels).fill(isBytes ? -0.5 : 0),
  };
}

type Numbers = Float32Array | Float64Array;

export class Feed {
  readonly #images: Images;
  readonly #preprocessing: Preprocessing;
  readonly #imagePlaces: readonly Place[];
  readonly #targetPlaces: readonly Place[];
  readonly #classes: number;
  /** For bytes: what each of them means, channel by channel, in the precision of the slots. */
  readonly #tables: readonly Numbers[];

  constructor(program: Program, graph: Graph, images: Images, preprocessing: Preprocessing, classes: number) {
    const slots = Array.from({ length: program.batchSize }, (_, example) => example);
    this.#images = images;
    this.#preprocessing = preprocessing;
    this.#imagePlaces = slots.map((example) => program.place(graph.image, example));
    this.#targetPlaces = slots.map((example) => program.place(graph.target, example));
    this.#classes = classes;
    const { scale, offset } = preprocessing;
    const isSingle = this.#imagePlaces[0]?.values instanceof Float32Array;
    this.#tables = scale.map((factor, channel) => {
      const values = Float64Array.from({ length: 256 }, (_, byte) => byte * factor + offset[channel]!);
      return isSingle ? Float32Array.from(values) : values;
    });
  }

  /** Puts image `index` and its label into slot `example`. */
  load(example: number, index: number): void {
    const { shape, pixels, labels } = this.#images;
    const [height, width, channels] = shape as [number, number, number];
    const { values, start, strides } = this.#imagePlaces[example]!;
    const [down, right, deep] = strides as [number, number, number];
    const { scale, offset } = this.#preprocessing;
    const pitch = width * channels;
    for (let y = 0; y < height; y++) {
      const from = (index * height + y) * pitch;
      for (let c = 0; c < channels; c++) {
        const at = start + y * down + c * deep;
        if (pixels instanceof Uint8Array) {
          lookUpRow(pixels, from + c, from + pitch, channels, this.#tables[c]!, values, at, right);
        } else {
          for (let x = 0; x < width; x++)
            values[at + x * right] = pixels[from + c + x * channels]! * scale[c]! + offset[c]!;
        }
      }
    }
    const target = this.#targetPlaces[example]!;
    for (let k = 0; k < this.#classes; k++) target.values[target.start + k * target.strides[0]!] = 0;
    target.values[target.start + labels[index]! * target.strides[0]!] = 1;
  }
}

/** One channel of a row of bytes. On its own, so that it is a loop without any other's variables: it takes a third of the time. */
function lookUpRow(
  bytes: Uint8Array,
  from: number,
  end: number,
  step: number,
  table: Numbers,
  values: Numbers,
  start: number,
  stride: number,
): void {
  for (let byte = from, at = start; byte < end; byte += step, at += stride) values[at] = table[bytes[byte]!]!;
}
