/** @file `ocellus doctor`: what this machine has of all that is needed, and how to get the rest. */
import { availableParallelism } from 'node:os';
import { catalogue } from '../data/catalogue.ts';
import type { DataSet, Images } from '../data/data-set.ts';
import { findDataSet } from '../data/node/find.ts';
import type { Engine } from '../engine/engine.ts';
import { engines } from '../engine/native/node/engines.ts';
import { nativeMachine } from '../engine/native/node/index.ts';
import { formatCount } from '../format-number.ts';
import { cnn } from '../model/cnn.ts';
import { parseNotation } from '../model/notation.ts';
import { sgd } from '../optimizers/index.ts';
import { randomStream } from '../random.ts';
import { train } from '../training/train.ts';
import type { Trained } from '../training/trained.ts';
import { defineCommand, type Zod } from './command.ts';
import { small, table } from './format.ts';

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'check Node, WebAssembly SIMD, the C compiler, the engines and the data sets',
  group: 'This machine',
  examples: ['doctor'],
  output: (zod: Zod) =>
    zod.strictObject({
      node: zod.string(),
      platform: zod.string(),
      arch: zod.string(),
      cores: zod.int().min(1),
      simd: zod.boolean().describe('whether WebAssembly has SIMD128'),
      threads: zod.int().min(1),
      engineCheck: zod
        .strictObject({ difference: zod.number(), limit: zod.number(), passed: zod.boolean() })
        .nullable()
        .describe('largest difference between the engines, as a share of a tensor’s maximum; null without SIMD'),
      native: zod
        .strictObject({
          compiler: zod.string().nullable(),
          lanes: zod.int().nullable().describe('of the widest vectors that this CPU has'),
          sameBits: zod.boolean().nullable().describe('whether it trains a network to the bits of WebAssembly'),
          problem: zod.string().nullable().describe('why there is no native engine here'),
        })
        .describe('the engine that has a C compiler'),
      dataSets: zod.array(
        zod.strictObject({
          name: zod.string(),
          title: zod.string(),
          found: zod.boolean(),
          path: zod.string().nullable(),
          how: zod.string().describe('what provides it, or how to get it'),
        }),
      ),
    }),
  async run() {
    const simd = WebAssembly.validate(simdModule);
    const check = simd ? await compareEngines() : null;
    const native = await checkNative(simd);
    const dataSets = await Promise.all(catalogue.map(({ name }) => findDataSet(name)));
    const enginesAgree = (check?.passed ?? false) && native.sameBits !== false;
    const hasMnist = dataSets.some(({ name, found }) => name === 'mnist' && found);
    const exitCode = !simd || !enginesAgree ? 5 : hasMnist ? 0 : 3;
    const cores = availableParallelism();
    const { platform, arch, versions } = process;
    return {
      exitCode,
      body: { node: versions.node, platform, arch, cores, simd, threads: cores, engineCheck: check, native, dataSets },
      text: (colors) => {
        const notHere = colors.dim('not here');
        const mark = (isGood: boolean): string => (isGood ? colors.green('ok') : colors.red('MISSING'));
        const rows = [
          ['Node', colors.green('ok'), `${versions.node} on ${platform} ${arch}`],
          [
            'cores',
            colors.green('ok'),
            `${cores}; train shares each step among them, notebook runs trials side by side`,
          ],
          [
            'WebAssembly SIMD',
            mark(simd),
            simd ? 'supported' : 'not supported: use another CPU or Node, or --engine reference',
          ],
          [
            'engines',
            enginesAgree ? colors.green('ok') : colors.red('WRONG'),
            check
              ? `wasm differs from reference by ${small(check.difference)} of a tensor’s maximum, may by ${small(check.limit)}`
              : 'not compared without SIMD',
          ],
          [
            'native engine',
            native.problem === null ? mark(native.sameBits !== false) : notHere,
            native.problem === null
              ? `${native.compiler}, vectors of ${native.lanes} lanes; ${native.sameBits ? 'the bits of wasm' : 'OTHER bits than wasm'}`
              : `${native.problem}; --engine auto is wasm`,
          ],
          ...dataSets.map(({ name, title, found, path, how }) => [
            title,
            found || name === 'mnist' ? mark(found) : notHere,
            found ? `${path} (${how})` : how,
          ]),
        ];
        const bad = rows.filter(([, state]) => state !== colors.green('ok') && state !== notHere).length;
        return [
          table(['part', 'state', 'found'], rows, { colors, align: ['left', 'left', 'left'] }),
          '',
          bad === 0 ? 'all is well' : `${formatCount(bad, 'thing')} to look at`,
        ].join('\n');
      },
    };
  },
});

/** `(func (result v128) (i8x16.popcnt (i8x16.splat (i32.const 0))))` */
const simdModule = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // magic, version 1
  ...[1, 5, 1, 96, 0, 1, 123], // type () -> v128
  ...[3, 2, 1, 0], // one function of it
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

const differenceLimit = 1e-5;

/** Whether there is a native engine, and whether it computes the same as WebAssembly. */
async function checkNative(simd: boolean) {
  const machine = await nativeMachine();
  if ('problem' in machine) return { compiler: null, lanes: null, sameBits: null, problem: machine.problem };
  const [native, wasm] = await Promise.all(
    [engines.native, engines.wasm].map((engine) => (simd ? trainOn(engine) : null)),
  );
  return { ...machine, sameBits: simd ? native!.weightsSha256 === wasm!.weightsSha256 : null, problem: null };
}

const trainOn = (engine: Engine): Promise<Trained> =>
  train(cnn(parseNotation('conv(filters=4) + relu + pool')), randomData(), {
    ...{ batchSize: 4, optimizer: sgd({ learningRate: 0.05 }), seed: 1 },
    engine,
  });

/** Trains a small network on both engines. @returns the largest max|a - b| / max|a| of its parameters */
async function compareEngines(): Promise<{ difference: number; limit: number; passed: boolean }> {
  const [exact, compiled] = await Promise.all([engines.reference, engines.wasm].map(trainOn));
  let difference = 0;
  for (const [place, { values }] of exact!.weights.entries()) {
    const others = compiled!.weights[place]!.values;
    const greatest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const distance = values.reduce((most, value, at) => Math.max(most, Math.abs(value - others[at]!)), 0);
    if (distance > 0) difference = Math.max(difference, distance / greatest);
  }
  return { difference, limit: differenceLimit, passed: difference <= differenceLimit };
}

function randomData(): DataSet {
  const { integer } = randomStream(1, 'engine check');
  const count = 12;
  const images: Images = {
    shape: [8, 8, 1],
    count,
    pixels: Uint8Array.from({ length: count * 64 }, () => integer(256)),
    labels: Uint8Array.from({ length: count }, () => integer(3)),
  };
  return { name: 'random', classes: ['0', '1', '2'], train: images, test: images };
}
