/** @file What people write: YAML, lists of classes, architectures, optimisers, formulas. Words in any order, and mutations. */

import { commands } from '../../../src/cli/commands.ts';
import { compare } from '../../../src/cli/compare.ts';
import { checkConfig } from '../../../src/cli/config.ts';
import { parseStructured } from '../../../src/cli/structured-file.ts';
import { checkStudyFile } from '../../../src/cli/study-file.ts';
import { parseClassList } from '../../../src/data/class-list.ts';
import { buildNetwork } from '../../../src/model/cnn.ts';
import { lowerRule } from '../../../src/model/graph.ts';
import { parseGrid } from '../../../src/model/notation.ts';
import { parseOptimizer } from '../../../src/optimizers/notation.ts';
import type { Format } from '../fuzz.ts';
import { mutateBytes, pick } from '../mutate-bytes.ts';

interface Language {
  readonly name: string;
  readonly words: readonly string[];
  readonly texts: readonly string[];
  readonly read: (text: string) => unknown;
}

/** Names stand for names, numbers for numbers, signs for signs. */
const kindOf = (part: string): RegExp => [/^[a-z]/i, /^-?\d/].find((kind) => kind.test(part)) ?? /^\W/;

function formatOf({ name, words, texts, read }: Language): Format {
  const encoded = texts.map((text) => new TextEncoder().encode(text));
  return {
    name,
    prepare: () => ({
      draw(random) {
        const kind = random.integer(8);
        const most = pick(random, [3, 10, 30, 300]);
        const some = Array.from({ length: 1 + random.integer(most) }, () => pick(random, words)).join('');
        if (kind === 0) return new TextEncoder().encode(some);
        if (kind === 1) {
          const start = pick(random, ['', pick(random, texts), pick(random, texts).slice(0, random.integer(20))]);
          return new TextEncoder().encode(
            start + pick(random, words).repeat(1 + random.integer(pick(random, [100, 20_000]))),
          );
        }
        if (kind < 6) {
          const parts = pick(random, texts).split(/(?<=\W)|(?=\W)/);
          for (let count = 1 + random.integer(3); count > 0; count--) {
            const place = random.integer(parts.length);
            const isLike = kindOf(parts[place]!);
            const alike = random.integer(4) === 0 ? words : words.filter((word) => isLike.test(word));
            parts.splice(place, random.integer(4) === 0 ? 0 : 1, pick(random, alike.length > 0 ? alike : words));
          }
          return new TextEncoder().encode(parts.join(''));
        }
        return mutateBytes(pick(random, encoded), random, new TextEncoder().encode(some));
      },
      read: (input) => read(new TextDecoder().decode(input)),
    }),
  };
}

const yaml: Language = {
  name: 'yaml',
  words: [
    ...[
      '&a ',
      '*a',
      '- ',
      ': ',
      ', ',
      '\n',
      '\n  ',
      '{',
      '}',
      '[',
      ']',
      '|',
      '>',
      '!!int ',
      '!!binary ',
      '<<: *a',
      '? ',
    ],
    ...[
      '%YAML 1.1\n',
      '---\n',
      '...\n',
      '\t',
      '#',
      '"',
      "'",
      '\\',
      'x',
      '12',
      '0x1F',
      '.nan',
      'true',
      '~',
      '2026-01-31',
    ],
    ...['__proto__: ', 'architectures: ', 'epochs: ', 'train: ', '\u00a0', '\ufeff', '&b [*a,*a]\n'],
  ],
  texts: [
    'architectures:\n  - conv + relu\n  - pool\ndata: mnist\nseeds: [7]\ntrainImages: 500\n',
    'quiet: true\ntrain:\n  epochs: 3\n  optimizer: adam(0.002)\ncompare: { seeds: "1,2" }\n',
    'a: &a [pool, pool]\narchitectures: *a\n',
    'a: &a [x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nd: &d [*c,*c,*c]\narchitectures: *d\n',
  ],
  read(text) {
    const bytes = new TextEncoder().encode(text);
    if (text.length % 2 === 0) checkConfig(parseStructured(bytes, 'fuzz'), 'fuzz', commands);
    else checkStudyFile(parseStructured(bytes, 'fuzz'), 'fuzz', compare.options);
  },
};

const notation: Language = {
  name: 'notation',
  words: [
    ...[
      'conv',
      'pool',
      'relu',
      'dense',
      'sharedConv',
      'averagePool',
      'tanh',
      'cnov',
      '(',
      ')',
      ',',
      '=',
      ' + ',
      '|',
      ' ',
    ],
    ...['filters', 'kernelSize', 'stride', 'padding=valid', '1', '3', '16', '-1', '1e9', '0.5', '\n', 'ſ', '𝒳', '\0'],
  ],
  texts: [
    'conv(filters=16, kernelSize=5) + relu + pool + dense(units=128)',
    'conv(8|16|32) + relu|tanh + pool',
    'conv(8, 3, 2)',
  ],
  read(text) {
    for (const layers of parseGrid(text)) buildNetwork({ layers }, { input: [28, 28, 1], classes: 10 });
  },
};

const optimizer: Language = {
  name: 'optimizer',
  words: ['sgd', 'adam', 'adagrad', '(', ')', ',', '=', '+', 'learningRate', 'beta1', '0.9', '-1', '1e400', '.', 'x'],
  texts: ['adam(learningRate=0.002)', 'sgd(momentum=0.9)', 'adagrad(0.005)'],
  read: parseOptimizer,
};

const parameters = { kernel: [3, 3, 4, 4], bias: [4] };

const formula: Language = {
  name: 'formula',
  words: [
    ...[
      'output',
      'input',
      'kernel',
      'bias',
      'sum',
      'max',
      'exp',
      'min',
      'sqrt',
      '[',
      ']',
      '(',
      ')',
      ',',
      '=',
      '==',
      '<=',
    ],
    ...[
      '+',
      '-',
      '*',
      '/',
      'x',
      'y',
      'c',
      'i',
      'j',
      'f',
      'p',
      '0',
      '1',
      '2',
      '1e9',
      '99999999999',
      '.5',
      ' ',
      '\n',
      'ä',
    ],
  ],
  texts: [
    'output[y,x,f] = bias[f] + sum(i,j,c) input[y+i-p, x+j-p, c] * kernel[i,j,c,f]',
    'output[y,x,f] = max(i,j) input[2*y+i, 2*x+j, f]',
    'output[y,x,f] = exp(input[y,x,f]) / (1 + exp(-input[y,x,f]))',
    'output[2*y, x, f] = (input[y,x,f] >= bias[f]) * min(input[y,x,f], 6)',
  ],
  read: (text) =>
    lowerRule(
      {
        output: [6, 5, 4],
        // A parameter that nothing depends on is refused in the end.
        parameters: Object.fromEntries(Object.entries(parameters).filter(([name]) => text.includes(name))),
        constants: { p: 1 },
        axes: { i: 3, j: 3 },
        forward: text.split('\n'),
      },
      [[6, 5, 4]],
    ),
};

const classes: Language = {
  name: 'class list',
  words: ['cat', 'dog', '\n', '\r\n', '\r', ' ', '\t', '\ufeff', '\u2028', '\0', 'é'],
  texts: ['cat\ndog\nbird\n', '\ufeffa\r\nb\r\n'],
  read: (text) => parseClassList(text, 'fuzz'),
};

export const languages: readonly Format[] = [yaml, notation, optimizer, formula, classes].map(formatOf);
