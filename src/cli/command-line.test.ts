import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { commandLine } from './command-line.ts';

test('leaves out what is off or was not given', () => {
  const line = commandLine('notebook', [], {
    asWritten: true,
    quick: false,
    data: undefined,
    trainImages: 50,
    seeds: [1, 2],
  });
  expect(line).toBe('ocellus notebook --as-written --train-images 50 --seeds 1,2');
});

test('a shell reads the words as they were', () => {
  const words = ['conv(16) + relu', "it's $HOME", 'a"b`c\\d', 'plain', '', 'a\nb'];
  const line = commandLine('compare', words, { data: './my data' });
  const shown = execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  expect(shown.split('\0').slice(0, -1)).toEqual(['ocellus', 'compare', ...words, '--data', './my data']);
});
