/** @file JSON records: of runs, their plans and events; golden recordings; study and configuration files. */
import { readFile } from 'node:fs/promises';
import { commands } from '../../../src/cli/commands.ts';
import { compare } from '../../../src/cli/compare.ts';
import { checkConfig } from '../../../src/cli/config.ts';
import { parseDocument } from '../../../src/cli/golden.ts';
import { readValidation } from '../../../src/cli/kept-trials.ts';
import { secondsOf } from '../../../src/cli/run-events.ts';
import { inputOf, parsePlan } from '../../../src/cli/run-plan.ts';
import { parseRunRecord } from '../../../src/cli/run-summary.ts';
import { parseStructured } from '../../../src/cli/structured-file.ts';
import { checkStudyFile } from '../../../src/cli/study-file.ts';
import { readGoldenDocument } from '../../../src/comparison/golden-document.ts';
import { readRecord } from '../../../src/data/json-place.ts';
import type { Format } from '../fuzz.ts';
import { concat, mutateBytes, pick } from '../mutate-bytes.ts';
import { mutateJson } from '../mutate-json.ts';

interface Document {
  readonly value: unknown;
  readonly read: (bytes: Uint8Array) => unknown;
}

const run = {
  schema: 'ocellus/run/1',
  command: { name: 'train', line: 'ocellus train conv' },
  startedAt: '2026-01-31T12:00:00.000Z',
  seconds: 1.5,
  versions: { ocellus: '0.1.0', node: '20.20.0', numericsVersion: 1 },
  studies: [
    {
      title: 'conv',
      settings: { seeds: [0, 7], epochs: 1, optimizer: { kind: 'adam', learningRate: 0.001 } },
      data: { name: 'tiny', classes: ['a', 'b'] },
      architectures: [{ name: 'conv', test: { mean: 0.25, sd: null }, runs: [{ seed: 0, weightsSha256: 'ab' }] }],
    },
  ],
};
const { versions, startedAt } = run;
const plan = (command: string, input: object) => ({
  ...{ schema: 'ocellus/plan/1', command, input, line: `ocellus ${command}`, cwd: '/tmp', startedAt, versions },
});
const trained = plan('train', { notation: 'conv + relu', epochs: 3, seed: 1, hash: true, onSaveError: 'stop' });
const compared = plan('compare', { architectures: ['conv', 'pool'], seeds: [1, 2], data: './tiny', optimizer: 'adam' });
const events = ['started', 'saved', 'resumed', 'finished'].map((kind) => ({ time: startedAt, kind, epoch: 1 }));
const study = { architectures: ['conv(filters=8|16) + relu', 'pool'], data: 'mnist', seeds: [7], trainImages: 500 };
const config = { quiet: true, train: { epochs: 3, optimizer: 'sgd', data: 'mnist' }, compare: { seeds: [1, 2] } };
const validation = { images: [1, 5, 9], predictions: [0, 2, 1], errorRate: 0.5 };

/** One short trajectory of a recording, with zeros for the final weights. */
async function golden(): Promise<Document> {
  const whole = JSON.parse(await readFile(new URL('../../golden/exact-gradients.json', import.meta.url), 'utf8'));
  const architecture = whole.architectures.at(-1);
  const [steps, final] = [
    architecture.steps.slice(0, 2),
    architecture.final.map((list: number[]) => list.map(() => 0)),
  ];
  const labels = Uint8Array.from(architecture.steps, ({ label }) => label);
  return {
    value: { ...whole, data: { ...whole.data, count: 2 }, architectures: [{ ...architecture, steps, final }] },
    read: (bytes) => readGoldenDocument(parseDocument(bytes, 'fuzz'), labels),
  };
}

const readPlan = (bytes: Uint8Array): void => {
  const read = parsePlan(bytes, 'fuzz');
  const command = commands.find(({ name }) => name === read.command);
  if (command) inputOf(read, command, 'fuzz');
};

export const json: Format = {
  name: 'json',
  async prepare() {
    const documents: readonly Document[] = [
      { value: run, read: (bytes) => parseRunRecord(bytes, 'fuzz') },
      { value: trained, read: readPlan },
      { value: compared, read: readPlan },
      { value: events, read: (bytes) => secondsOf(new TextDecoder().decode(bytes).replaceAll('},{', '}\n{')) },
      { value: study, read: (bytes) => checkStudyFile(parseStructured(bytes, 'fuzz'), 'fuzz', compare.options) },
      { value: config, read: (bytes) => checkConfig(parseStructured(bytes, 'fuzz'), 'fuzz', commands) },
      { value: validation, read: (bytes) => readValidation(readRecord(bytes, 'fuzz')) },
      await golden(),
    ];
    const texts = documents.map(({ value }) => new TextEncoder().encode(JSON.stringify(value, null, 1)));
    return {
      // The first byte says whose it is.
      draw(random) {
        const place = random.integer(random.integer(8) === 0 ? documents.length : documents.length - 1);
        const bytes =
          random.integer(4) === 0
            ? mutateBytes(texts[place]!, random, pick(random, texts))
            : new TextEncoder().encode(mutateJson(documents[place]!.value, random));
        return concat(Uint8Array.of(place), bytes);
      },
      read: (input) => documents[input[0]!]!.read(input.subarray(1)),
    };
  },
};
