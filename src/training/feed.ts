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

export class Feed {
  readonly #images: Images;
  readonly #preprocessing: Preprocessing;
  readonly #imagePlaces: readonly Place[];
  readonly #targetPlaces: readonly Place[];
  readonly #classes: number;
  /** For bytes: the value of each pixel, channel by channel. */
  readonly #table: Float64Array;

  constructor(program: Program, graph: Graph, images: Images, preprocessing: Preprocessing, classes: number) {
    const slots = Array.from({ length: program.batchSize }, (_, example) => example);
    this.#images = images;
    this.#preprocessing = preprocessing;
    this.#imagePlaces = slots.map((example) => program.place(graph.image, example));
    this.#targetPlaces = slots.map((example) => program.place(graph.target, example));
    this.#classes = classes;
    const { scale, offset } = preprocessing;
    this.#table = Float64Array.from({ length: 256 * scale.length }, (_, entry) => {
      const channel = entry >> 8;
      return (entry & 255) * scale[channel]! + offset[channel]!;
    });
  }

  /** Puts image `index` and its label into slot `example`. */
  load(example: number, index: number): void {
    const { shape, pixels, labels } = this.#images;
    const [height, width, channels] = shape as [number, number, number];
    const { values, start, strides } = this.#imagePlaces[example]!;
    const [down, right, deep] = strides as [number, number, number];
    const isBytes = pixels instanceof Uint8Array;
    const { scale, offset } = this.#preprocessing;
    const table = this.#table;
    let from = index * height * width * channels;
    for (let y = 0; y < height; y++) {
      let at = start + y * down;
      for (let x = 0; x < width; x++, at += right) {
        if (isBytes) for (let c = 0; c < channels; c++) values[at + c * deep] = table[(c << 8) | pixels[from++]!]!;
        else for (let c = 0; c < channels; c++) values[at + c * deep] = pixels[from++]! * scale[c]! + offset[c]!;
      }
    }
    const target = this.#targetPlaces[example]!;
    for (let k = 0; k < this.#classes; k++) target.values[target.start + k * target.strides[0]!] = 0;
    target.values[target.start + labels[index]! * target.strides[0]!] = 1;
  }
}
