/** @file Training runs in which one number becomes NaN or infinite at a chosen step, and what has to be said of it. */

import type { Engine } from '../src/engine/engine.ts';
import { referenceEngine } from '../src/engine/reference.ts';
import { wasmEngine } from '../src/engine/wasm/index.ts';
import { buildNetwork } from '../src/model/cnn.ts';
import { buildGraph } from '../src/model/graph.ts';
import { parseNotation } from '../src/model/notation.ts';
import { ruleOf } from '../src/optimizers/index.ts';
import { parseOptimizer } from '../src/optimizers/notation.ts';
import { randomStream } from '../src/random.ts';
import { sizeOf } from '../src/shape.ts';
import { train } from '../src/training/train.ts';
import { tinyImages } from './tiny-data.ts';

const networks = [
  '',
  'conv(4) + relu + pool',
  'conv(3) + relu + pool + conv(5) + relu + pool + dense(9) + relu',
  'sharedConv(2) + pool + tanh + dense(12)',
  'conv(4) + averagePool + dense(150) + relu',
];
const optimizers = ['sgd', 'sgd(momentum=0.9)', 'adagrad', 'adam'];
const classes = ['top', 'middle', 'bottom'];
const count = 45;

export interface Break {
  readonly notation: string;
  readonly optimizer: string;
  readonly batchSize: number;
  readonly threads: number;
  readonly engine: 'wasm' | 'reference';
  /** Steps before it. */
  readonly step: number;
  readonly tensor: string;
  readonly parameter?: string;
  readonly value: number;
}

/** Draws what to break, and how. */
export function drawBreak(seed: number): Break {
  const { integer } = randomStream(seed, 'breaks');
  const pick = <T>(list: readonly T[]): T => list[integer(list.length)]!;
  const [notation, optimizer] = [pick(networks), pick(optimizers)];
  const network = buildNetwork({ layers: parseNotation(notation) }, { input: [12, 12, 1], classes: 3 });
  const { parameters, updates } = buildGraph(network.nodes, network.input, ruleOf(parseOptimizer(optimizer)));
  const { name } = pick(parameters);
  const state = updates.find(({ health }) => health?.parameter === name)!.state.map((one) => one.name);
  const kind = pick(['image', 'weights', 'state']);
  const batchSize = pick([1, 8, 20]);
  const isImage = kind === 'image';
  return {
    ...{ notation, optimizer, batchSize, threads: 1 + integer(2) },
    engine: seed % 10 === 0 ? 'reference' : 'wasm',
    step: integer(Math.ceil(count / batchSize)),
    tensor: isImage ? 'image' : kind === 'state' && state.length > 0 ? pick(state) : name,
    ...(isImage ? {} : { parameter: name }),
    value: pick([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]),
  };
}

/** Writes the value into an element of a tensor before the step; an image is broken in the data itself. */
function breaking(real: Engine, { step, tensor, value, parameter }: Break, seed: number): Engine {
  return {
    name: real.name,
    async create(graph, options) {
      const program = await real.create(graph, options);
      if (options.purpose !== 'train' || parameter === undefined) return program;
      const place = randomStream(seed, 'place').integer(sizeOf(graph.tensors.get(tensor)!.shape));
      let steps = 0;
      const breakAndStep = (examples: number): void => {
        if (steps++ === step)
          program.write(tensor, Float64Array.from(program.read(tensor)).fill(value, place, place + 1));
        program.step(examples);
      };
      return new Proxy(program, {
        get: (_, key) => {
          if (key === 'step') return breakAndStep;
          const member = Reflect.get(program, key);
          return typeof member === 'function' ? member.bind(program) : member;
        },
      });
    },
  };
}

/** The run's error, if there is one, and the image that was broken. */
export async function runBreak(
  one: Break,
  seed: number,
  real = one.engine === 'wasm' ? wasmEngine : referenceEngine,
): Promise<{ error: unknown; image: number }> {
  const { notation, optimizer, batchSize, threads, step, value, parameter } = one;
  const { pixels, ...rest } = tinyImages(count, 1);
  const images = { ...rest, pixels: Float32Array.from(pixels, (byte) => byte / 255 - 0.5) };
  const { integer, permutation } = randomStream(seed, 'shuffle');
  // The first epoch's order is the seed's: the image of the step that is to fail.
  const image = permutation(count)[step * batchSize]!;
  if (parameter === undefined) images.pixels[image * 144 + integer(144)] = value;
  const data = { name: 'broken', classes, train: images, test: images };
  try {
    const engine = breaking(real, one, seed);
    await train({ layers: parseNotation(notation) }, data, {
      batchSize,
      threads,
      engine,
      seed,
      optimizer: parseOptimizer(optimizer),
    });
    return { error: undefined, image };
  } catch (error) {
    return { error, image };
  }
}
