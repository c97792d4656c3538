import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createProgress } from './progress.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

function streamOf(properties: object): { stderr: NodeJS.WriteStream; text: () => string } {
  const stream = new PassThrough();
  return {
    stderr: Object.assign(stream, properties) as unknown as NodeJS.WriteStream,
    text: () => String(stream.read() ?? ''),
  };
}

it('writes a line for each finished task, and one each ten seconds of a long one', () => {
  const { stderr, text } = streamOf({});
  const progress = createProgress({ quiet: false, stderr });
  const task = progress.task('epoch 1/2', 200);
  task.update(10, 'loss 2');
  expect(text()).toBe('');
  vi.advanceTimersByTime(10_000);
  task.update(101, 'loss 1');
  task.update(102, 'loss 1');
  task.done('loss 0.5');
  progress.task('epoch 2/2', 200).done();
  progress.say('a line');
  expect(text()).toBe('epoch 1/2: 50 %, loss 1\nepoch 1/2: loss 0.5\nepoch 2/2: done\na line\n');
});

it('says nothing when it is to be quiet', () => {
  const { stderr, text } = streamOf({ isTTY: true });
  const progress = createProgress({ quiet: true, stderr });
  progress.task('epoch', 1).done('loss 1');
  progress.stop();
  expect(text()).toBe('');
});

it('draws a bar for each task on a terminal, though no timer runs, and takes them away', () => {
  vi.stubEnv('TERM', 'xterm');
  const { stderr, text } = streamOf({ isTTY: true, columns: 80 });
  const progress = createProgress({ quiet: false, stderr });
  const [first, second] = [progress.task('one', 4), progress.task('other', 4)];
  vi.setSystemTime(Date.now() + 1000);
  first.update(1, 'loss 2');
  second.update(2);
  vi.advanceTimersByTime(100);
  const drawn = text();
  expect(drawn).toContain('25 % loss 2');
  expect(drawn).toContain('50 %');
  first.done();
  second.done();
  progress.stop();
  // Neither line wrapping nor the cursor was switched off: a killed process could not switch it on again.
  expect(drawn + text()).not.toContain('\x1b[?');
  expect(vi.getTimerCount()).toBe(0);
});

it('writes lines on a terminal that cannot move its cursor', () => {
  vi.stubEnv('TERM', 'dumb');
  const { stderr, text } = streamOf({ isTTY: true });
  createProgress({ quiet: false, stderr }).task('epoch', 1).done('loss 1');
  expect(text()).toBe('epoch: loss 1\n');
});
