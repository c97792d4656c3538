import { expect, test } from 'vitest';
import { readRecord } from '../data/json-place.ts';
import { DataError } from '../errors.ts';
import { commands } from './commands.ts';
import { readValidation } from './kept-trials.ts';
import { secondsOf } from './run-events.ts';
import { inputOf, parsePlan, refuseOtherData } from './run-plan.ts';
import { parseRunRecord } from './run-summary.ts';

const startedAt = '2026-01-31T12:00:00.000Z';
const versions = { ocellus: '0.1.0', node: '20.20.0', numericsVersion: 1 };
const plan = {
  ...{ schema: 'ocellus/plan/1', command: 'train', line: 'ocellus train pool', cwd: '/tmp', startedAt, versions },
  input: { notation: 'pool', epochs: 3, hash: true, onSaveError: 'stop' },
};
const study = {
  ...{ data: { name: 'tiny' }, settings: { seeds: [0] } },
  architectures: [{ name: 'pool', test: { mean: 0.5 }, runs: [{ weightsSha256: 'ab' }] }],
};
const run = {
  ...{ schema: 'ocellus/run/1', command: { name: 'train', line: 'ocellus train pool' }, startedAt, seconds: 2 },
  studies: [study],
};

test('reads a plan, and what it asks of its command', () => {
  const read = parsePlan(JSON.stringify(plan), 'plan.json');
  expect(read).toEqual(plan);
  const compared = { ...read, input: { architectures: ['conv', 'pool'], seeds: [7], epochs: 2 } };
  expect(inputOf(read, command('train'), 'p')).toEqual(plan.input);
  expect(inputOf(compared, command('compare'), 'p')).toEqual(compared.input);
});

const command = (name: string) => commands.find((each) => each.name === name)!;

test.each<[string, object | string, string]>([
  ['that is no JSON', '{', 'p is damaged: it is not JSON. Start the run anew.'],
  [
    'of another form',
    { ...plan, schema: 'ocellus/plan/2' },
    'p needs to be of the form ocellus/plan/1, but is "ocellus/plan/2". Use the release that wrote it, or start anew.',
  ],
  [
    'without input',
    { ...plan, input: null },
    'p is damaged: its input needs an object, but is null. Start the run anew.',
  ],
  [
    'without a time',
    { ...plan, startedAt: 'x' },
    'p is damaged: its startedAt needs a time, but is "x". Start the run anew.',
  ],
  [
    'with an unknown option',
    { ...plan, input: { notation: 'pool', epoch: 1 } },
    'p is damaged: its input has an unknown option "epoch"; did you mean epochs? Known are notation, data, epochs,',
  ],
  [
    'with an option of another type',
    { ...plan, input: { notation: 'pool', epochs: '3' } },
    'p is damaged: its input.epochs needs a number, but is "3". Start the run anew.',
  ],
  [
    'without a notation',
    { ...plan, input: { epochs: 3 } },
    'p is damaged: its input.notation needs a text. Start the run anew.',
  ],
])('refuses a plan %s', (_, json, message) => {
  const read = () => {
    const parsed = parsePlan(typeof json === 'string' ? json : JSON.stringify(json), 'p');
    inputOf(parsed, command(parsed.command), 'p');
  };
  expect(read).toThrow(DataError);
  expect(read).toThrow(message);
});

test('reads what came of a run, and refuses a record without it', () => {
  const { line } = run.command;
  // The first records did not say which arithmetic they are of: there was one.
  const weights = { weightsSha256: ['ab'], arithmetic: ['float32'] };
  const results = [{ name: 'pool', data: 'tiny', seeds: [0], testErrorRate: 0.5, ...weights }];
  expect(parseRunRecord(JSON.stringify(run), 'r')).toEqual({
    ...{ command: 'train', line, startedAt, state: 'finished', seconds: 2, results },
  });
  const message = (record: object): string => {
    try {
      parseRunRecord(JSON.stringify(record), 'r');
      return '';
    } catch (error) {
      expect(error).toBeInstanceOf(DataError);
      return (error as Error).message;
    }
  };
  expect(message({ ...run, studies: {} })).toBe(
    'r is damaged: its studies needs a list, but is {}. Run its command again.',
  );
  expect(message({ ...run, studies: [{ ...study, data: null }] })).toBe(
    'r is damaged: its studies[0].data needs an object, but is null. Run its command again.',
  );
  expect(message([])).toBe(
    'r needs to be of the form ocellus/run/1, but is null. Use the release that wrote it, or start anew.',
  );
});

test('counts the seconds of a run by events that have a time', () => {
  const lines = [
    { time: startedAt, kind: 'started' },
    { time: 'never', kind: 'resumed' },
    { time: '2026-01-31T12:00:05.000Z', kind: 'saved' },
    null,
  ].map((event) => JSON.stringify(event));
  expect(secondsOf(`${lines.join('\n')}\n{"time"`)).toBe(5);
});

test('reads what a trial made of its validation images, and refuses what it cannot have made', () => {
  const read = (value: unknown) => readValidation(readRecord(JSON.stringify(value), 't'));
  expect(read(null)).toBe(null);
  expect(read({ images: [3, 4], predictions: [0, 1], errorRate: 0.5 })).toEqual({
    ...{ images: Uint32Array.of(3, 4), predictions: Uint16Array.of(0, 1), errorRate: 0.5 },
  });
  expect(() => read({ images: { length: 2 ** 40 } })).toThrow(
    new DataError('t is damaged: its images needs a list, but is {"length":1099511627776}.'),
  );
  expect(() => read({ images: [1], predictions: [] })).toThrow(
    new DataError('t is damaged: its predictions needs a list of 1, but is a list of 0.'),
  );
});

test('a run goes on with the data that it was started on', () => {
  const prints = { train: 'a', test: 'b' };
  const refusal = (problem: string): DataError =>
    new DataError(`The run r was started on other data: ${problem}. Put back what was there, or start anew.`);
  expect(() => refuseOtherData('r', { mnist: prints }, { mnist: prints })).not.toThrow();
  expect(() => refuseOtherData('r', { mnist: prints }, {})).toThrow(refusal('mnist is not here any more'));
  expect(() => refuseOtherData('r', {}, { mnist: prints })).toThrow(refusal('mnist was not there'));
  expect(() => refuseOtherData('r', { mnist: prints }, { mnist: { ...prints, test: 'c' } })).toThrow(
    refusal('the test images of mnist are others'),
  );
});
