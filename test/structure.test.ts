/** @file Holds this project to its architecture (`structure.ts`), and each rule to a bad example. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as structure from './structure.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

function readProject(): structure.Source[] {
  const texts: Record<string, string> = {};
  for (const folder of ['src', 'test', 'bench', 'scripts']) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(ts|mts|mjs|js)$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      if (path.split(sep).includes('node_modules')) continue;
      texts[relative(root, path).split(sep).join('/')] = readFileSync(path, 'utf8');
    }
  }
  return structure.parseSources(texts);
}

const project = readProject();

type Rule = (sources: readonly structure.Source[]) => string[];

/** Tests a rule: the project keeps it, each bad example breaks it with the message's words, the good ones keep it. */
function holds(rule: Rule, bad: readonly [string, string, string][], good: readonly [string, string][] = []): void {
  it('is kept by the project', () => {
    expect(rule(project)).toEqual([]);
  });
  it.each(bad)('refuses in %s: %s', (path, text, words) => {
    expect(rule(structure.parseSources({ [path]: text })).join('\n')).toContain(words);
  });
  if (good.length > 0) {
    it.each(good)('allows in %s: %s', (path, text) => {
      expect(rule(structure.parseSources({ [path]: text }))).toEqual([]);
    });
  }
}

it('reads the whole project', () => {
  const paths = project.map(({ path }) => path);
  expect(paths).toContain('src/errors.ts');
  expect(paths).toContain('test/structure.ts');
  expect(paths).toContain('scripts/prepare.mjs');
});

describe('imports point down', () => {
  holds(
    structure.importsAgainstTheOrder,
    [
      ['src/errors.ts', "import { cnn } from './model/cnn.ts';", 'src/errors.ts:1 imports src/model/cnn.ts'],
      ['src/formula/parse.ts', "\nimport '../layers/conv.ts';", 'src/formula/parse.ts:2 imports src/layers/conv.ts'],
      ['src/layers/conv.ts', "import type { Plan } from '../compiler/plan.ts';", 'imports src/compiler/plan.ts'],
      ['src/layers/conv.ts', "export * from '../engine/reference.ts';", 'imports src/engine/reference.ts'],
      ['src/model/cnn.ts', "const { plan } = await import('../compiler/plan.ts');", 'imports src/compiler/plan.ts'],
      ['src/compiler/plan.ts', "type E = import('../engine/engine.ts').Engine;", 'imports src/engine/engine.ts'],
      ['src/engine/wasm/pool.ts', "new URL('../../training/worker.js', import.meta.url)", 'src/training/worker.ts'],
      ['src/training/train.ts', "import '../comparison/report.ts';", 'imports src/comparison/report.ts'],
      ['src/comparison/report.ts', "import '../export/onnx.ts';", 'imports src/export/onnx.ts'],
      ['src/explain/filters.ts', "import '../cli/format.ts';", 'imports src/cli/format.ts'],
      ['src/engine/engine.ts', "import '../data/idx.ts';", 'imports src/data/idx.ts'],
      ['src/data/idx.ts', "import '../model/cnn.ts';", 'imports src/model/cnn.ts'],
      ['src/training/train.ts', "import '../index.ts';", 'imports src/index.ts'],
      ['src/index.ts', "export * from './cli/main.ts';", 'imports src/cli/main.ts'],
      ['src/model/cnn.ts', "import 'ocellus/node';", "imports 'ocellus/node'"],
      ['src/model/cnn.ts', "import '../layers/conv.test.ts';", 'imports the test src/layers/conv.test.ts'],
      ['src/model/cnn.ts', "import '../../test/structure.ts';", 'imports test/structure.ts'],
      ['src/helpers.ts', '', 'src/helpers.ts has no place'],
      ['src/helpers/text.ts', '', 'src/helpers/text.ts has no place'],
    ],
    [
      ['src/layers/conv.ts', "import '../shape.ts'; import '../formula/parse.ts'; import './rule.ts';"],
      ['src/loss/cross-entropy.ts', "import '../layers/softmax.ts'; import '../numerics-exp.ts';"],
      ['src/training/train.ts', "import '../data/idx.ts'; import '../engine/engine.ts'; import 'pure-rand';"],
      ['src/cli/main.ts', "import '../node.ts'; import '../export/onnx.ts';"],
      ['src/layers/conv.test.ts', "import '../engine/reference.ts';"],
    ],
  );
});

describe('Node is needed only where it is there', () => {
  holds(
    structure.nodeOutsideItsPlaces,
    [
      ['src/data/idx.ts', "import { readFileSync } from 'node:fs';", "imports 'node:fs'"],
      ['src/data/gzip.ts', "import zlib from 'zlib';", "imports 'zlib'"],
      ['src/engine/wasm/pool.ts', "await import('node:worker_threads')", "imports 'node:worker_threads'"],
      ['src/index.ts', "export * from './data/node/files.ts';", 'imports src/data/node/files.ts'],
      ['src/engine/wasm/index.ts', "globalThis.process?.getBuiltinModule?.('node:fs')", "imports 'node:fs'"],
      ['src/engine/threads/spawn.ts', "import { Worker } from 'node:worker_threads';", "imports 'node:worker_threads'"],
    ],
    [
      ['src/cli/main.ts', "import 'node:fs'; import '../data/node/files.ts';"],
      ['src/node.ts', "import 'node:fs'; export * from './data/node/files.ts';"],
      ['src/data/node/files.ts', "import 'node:fs'; import '../../engine/native/node/compile.ts';"],
      ['src/engine/wasm/pool.test.ts', "import 'node:fs';"],
      ['src/engine/threads/spawn.ts', "globalThis.process?.getBuiltinModule?.('node:worker_threads')"],
    ],
  );
});

describe('the packages of the command line stay there', () => {
  holds(
    structure.packagesOutsideTheCommandLine,
    [
      ['src/model/cnn.ts', "import * as z from 'zod';", "imports 'zod'"],
      ['src/data/node/load.ts', "import 'zod/mini';", "imports 'zod/mini'"],
      ['src/node.ts', "await import('yaml');", "imports 'yaml'"],
    ],
    [['src/cli/config.ts', "import 'yaml'; import type { z } from 'zod';"]],
  );
});

describe('numbers are the same bits everywhere', () => {
  holds(
    structure.inexactMath,
    [
      ['src/layers/tanh.ts', 'const y = Math.tanh(x);', 'uses Math.tanh'],
      ['src/random.ts', 'const x = Math.random();', 'uses Math.random'],
      ['src/model/he.ts', 'const length = globalThis.Math.hypot(x, y);', 'uses Math.hypot'],
      ['src/model/he.ts', 'const { exp } = Math;', "hands 'Math' on"],
      ['src/model/he.ts', 'const y = Math["exp"](x);', "hands 'Math' on"],
      ['src/training/schedule.ts', 'const rate = 0.9 ** epoch;', 'uses **'],
      ['src/training/schedule.ts', 'const root = x ** 0.5;', 'uses **'],
      ['src/training/schedule.ts', 'x **= n;', 'uses **'],
    ],
    [
      ['src/numerics.ts', 'const y = Math.exp(x) ** 0.5;'],
      ['src/numerics-erf.ts', 'const y = Math.pow(x, 3);'],
      ['src/model/he.ts', 'const y = Math.sqrt(Math.max(x ** 2, 0)) * Math.PI + 2 ** 32; const z = 10n ** n;'],
    ],
  );
});

describe('no clock where results are made', () => {
  holds(
    structure.clocksWhereResultsAreMade,
    [
      ['src/compiler/schedule.ts', 'const start = performance.now();', 'reads the clock'],
      ['src/layers/dropout.ts', 'const seed = Date.now();', 'reads the clock'],
      ['src/formula/parse.ts', 'const today = new Date();', 'reads the clock'],
    ],
    [['src/training/train.ts', 'const start = performance.now();']],
  );
});

describe('no circular imports', () => {
  it('is kept by the project', () => {
    expect(structure.importCycles(project)).toEqual([]);
  });
  it('refuses a cycle, even one of types', () => {
    const sources = structure.parseSources({
      'src/formula/a.ts': "import { b } from './b.ts';",
      'src/formula/b.ts': "import type { C } from './c.ts';",
      'src/formula/c.ts': "export { a } from './a.ts';",
      'src/formula/d.ts': "import './b.ts'; import './c.ts';",
    });
    const cycle = 'src/formula/a.ts → src/formula/b.ts → src/formula/c.ts → src/formula/a.ts';
    expect(structure.importCycles(sources)).toEqual([cycle]);
    const plain = structure.parseSources({
      'src/engine/a.js': "import './b.js';",
      'src/engine/b.ts': "import './a.js';",
    });
    expect(structure.importCycles(plain)).toEqual(['src/engine/a.js → src/engine/b.ts → src/engine/a.js']);
  });
});

describe('a long file gives its reason', () => {
  const lines = (count: number) => 'const a = 1;\n'.repeat(count);
  it('is kept by the project', () => {
    expect(structure.longFilesWithoutReason(project)).toEqual([]);
  });
  it('refuses 401 lines without one', () => {
    const sources = structure.parseSources({ 'src/a.ts': lines(401), 'src/b.ts': `${lines(401)}// Why one file: no` });
    expect(structure.longFilesWithoutReason(sources)).toEqual([
      'src/a.ts has 401 lines; split it, or say "Why one file:" in its header',
      'src/b.ts has 402 lines; split it, or say "Why one file:" in its header',
    ]);
  });
  it('allows 400 lines, and more with a reason', () => {
    const reasoned = `/** @file A table. Why one file: it is one table. */\n${lines(500)}`;
    expect(structure.longFilesWithoutReason(structure.parseSources({ 'a.ts': lines(400), 'b.ts': reasoned }))).toEqual(
      [],
    );
  });
});

describe('no test is left out', () => {
  holds(
    structure.testsLeftOut,
    [
      ['test/a.test.ts', "it.skip('adds', () => {});", "'skip'"],
      ['test/a.test.ts', "describe.concurrent.only('adds', () => {});", "'only'"],
      ['test/a.test.ts', "test.todo('adds');", "'todo'"],
      ['test/a.test.ts', "it('adds', { skip: true }, () => {});", "'skip'"],
    ],
    [['test/a.test.ts', "it.skipIf(!hasAvx2)('needs CPU: AVX2: adds', () => {}); cursor.skip(2);"]],
  );
});

describe('no note to self', () => {
  const [todo, fixme] = ['TO' + 'DO', 'FIX' + 'ME'];
  holds(
    structure.notesToSelf,
    [
      ['src/shape.ts', `// ${todo}: later`, `says ${todo}`],
      ['bench/step.ts', `\n/* ${fixme} */`, `bench/step.ts:2 says ${fixme}`],
    ],
    [['src/shape.ts', 'const todo = 1;']],
  );
});

describe('no code from strings', () => {
  holds(
    structure.codeFromStrings,
    [
      ['src/engine/reference.ts', "eval('1 + 1');", 'uses eval'],
      ['src/engine/reference.ts', "(0, eval)('1 + 1');", 'uses eval'],
      ['src/engine/reference.ts', "new Function('return 1');", 'makes a function'],
      ['src/engine/reference.ts', "globalThis.Function('return 1');", 'makes a function'],
    ],
    [['src/engine/reference.ts', "let f: Function; const name = 'eval'; new Functional();"]],
  );
});
