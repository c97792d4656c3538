import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { confusionTable, historyTable, percent, seconds, small, table } from './format.ts';

describe('numbers', () => {
  it('are rates with two digits, and a dash where there is none', () => {
    expect([0.08421, 0, 1, Number.NaN, null, undefined].map(percent)).toEqual([
      ...['8.42 %', '0.00 %', '100.00 %'],
      ...['–', '–', '–'],
    ]);
  });

  it('are times with about three digits', () => {
    expect([3.417, 9.996, 42.06, 99.96, 3725].map(seconds)).toEqual([
      '3.42 s',
      '10.0 s',
      '42.1 s',
      '1 min 40 s',
      '62 min 5 s',
    ]);
  });

  it('are small errors, 0 only for 0', () => {
    expect([0, 1.26e-9, null].map(small)).toEqual(['0', '1.3e-9', '–']);
  });
});

describe('a table', () => {
  it('puts numbers right and words left, without vertical lines', () => {
    const rows = [
      ['conv + pool', 1234, '8.42 %'],
      ['pool', 7, '–'],
    ];
    expect(table(['network', 'parameters', 'error'], rows)).toBe(
      [
        'network      parameters   error',
        '───────────────────────────────',
        'conv + pool        1234  8.42 %',
        'pool                  7       –',
      ].join('\n'),
    );
  });

  it('is as wide with colors', () => {
    const colors = pc.createColors(true);
    const [heading] = table(['a', 'b'], [[colors.red('12'), 'x']], { colors }).split('\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences start with one
    expect(heading!.replace(/\x1b\[\d+m/g, '')).toBe(' a  b');
  });
});

describe('a confusion matrix', () => {
  const matrix = [
    [9, 1, 0],
    [0, 10, 0],
    [2, 0, 8],
  ];

  it('shows errors of each class, and dots for none', () => {
    expect(confusionTable(matrix, ['cat', 'dog', 'owl'])).toBe(
      [
        'rows: true class; columns: prediction',
        'true  cat  dog  owl  errors    error',
        '────────────────────────────────────',
        'cat     9    1    ·       1  10.00 %',
        'dog     ·   10    ·       0   0.00 %',
        'owl     2    ·    8       2  20.00 %',
      ].join('\n'),
    );
  });

  it('numbers its columns where names are long', () => {
    const lines = confusionTable(matrix, ['T-shirt/top', 'Bag', 'Ankle boot']).split('\n');
    expect(lines[1]).toBe('true           0   1  2  errors    error');
    expect(lines[3]).toBe('0 T-shirt/top  9   1  ·       1  10.00 %');
  });

  it('of many classes is a list of confusions, the most frequent first', () => {
    const many = Array.from({ length: 47 }, (_, row) => Array.from({ length: 47 }, (_, k) => 5 * Number(k === row)));
    many[3]![4] = 2;
    many[8]![1] = 7;
    const lines = confusionTable(
      many,
      many.map((_, k) => `class ${k}`),
    ).split('\n');
    expect(lines[0]).toBe('the 2 most frequent of 2 confusions');
    expect(lines.slice(3)).toEqual(['class 8  class 1          7', 'class 3  class 4          2']);
  });
});

it('a history has validation columns only where something was validated', () => {
  const record = { epoch: 1, trainLoss: 0.25, seconds: 1.5 };
  expect(historyTable([record]).split('\n')).toEqual([
    'epoch    loss    time',
    '─────────────────────',
    '    1  0.2500  1.50 s',
  ]);
  expect(historyTable([{ ...record, validationLoss: 0.5, validationErrorRate: 0.125 }])).toContain('12.50 %');
});
