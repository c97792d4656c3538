/** @file Fast math is asked for by name, every record says so, and it is mixed with nothing else. */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fastNativeEngine, nativeEngine } from '../src/engine/native/node/index.ts';
import { fastWasmEngine, wasmEngine } from '../src/engine/wasm/index.ts';
import { hasRelaxedSimd } from '../src/engine/wasm/module.ts';
import { UsageError } from '../src/errors.ts';
import { conv, maxPool, relu } from '../src/layers/index.ts';
import { cnn } from '../src/model/cnn.ts';
import { numericsVersion } from '../src/numerics-version.ts';
import { memoryStore } from '../src/training/checkpoint-store.ts';
import { train } from '../src/training/train.ts';
import { writeTinyData } from './cli-data.ts';
import { compareEngines } from './compare-engines.ts';
import { caseNamed, outcomeOf } from './contract/cases.ts';
import { lacksCompiler, ownCache } from './native-machine.ts';
import { runCli } from './run-cli.ts';
import { tinyData } from './tiny-data.ts';

const model = cnn([conv({ filters: 3 }), relu(), maxPool()]);

test('by WebAssembly there is relaxed SIMD, or the bits of all others', async () => {
  const of = caseNamed('W2, batch 32');
  const { engine } = await train(model, tinyData(9, 3), { engine: fastWasmEngine });
  expect(engine).toBe(hasRelaxedSimd() ? 'wasm+fast-math' : 'wasm');
  const { sha256 } = await outcomeOf(of, fastWasmEngine, 1);
  expect(sha256 === of.sha256).toBe(!hasRelaxedSimd());
});

describe.skipIf(lacksCompiler)('compiled as C (needs a C compiler)', () => {
  test('it has bits of its own, near the others', async () => {
    const of = caseNamed('W2, batch 32');
    const { network, optimizer, counts } = of;
    expect((await outcomeOf(of, fastNativeEngine, 1)).sha256).not.toBe(of.sha256);
    const how = { optimizer, counts, limit: 1e-4 };
    expect(await compareEngines(wasmEngine, fastNativeEngine, network, how)).toEqual([]);
  });

  test('a training does not change over to it, nor from it', async () => {
    const store = memoryStore();
    const data = tinyData(9, 3);
    await train(model, data, { engine: fastNativeEngine, checkpoint: { store } });
    await expect(train(model, data, { engine: nativeEngine, checkpoint: { store } })).rejects.toThrow(
      new UsageError(
        'The checkpoint is of another training: its precision is "native+fast-math", but this one\'s is "float32". Ask for the same, or give this training a store of its own.',
      ),
    );
  });

  describe('on the command line', () => {
    const cwd = mkdtempSync(join(tmpdir(), 'ocellus-fast-'));
    afterAll(() => rmSync(cwd, { recursive: true }));
    const run = (...words: string[]) => runCli(words, { cwd, env: { OCELLUS_CACHE: ownCache } });

    test('every record says so, and every hash', async () => {
      await writeTinyData(join(cwd, 'tiny'));
      const words = ['conv + relu + pool', '--data', 'tiny', '--engine', 'native', '--fast-math', '--out', 'runs/a'];
      const result = await run('train', ...words);
      expect(result.stdout).toMatch(/^weights SHA-256 [0-9a-f]{64} \(native\+fast-math\)$/m);
      const read = (file: string): Promise<string> => readFile(join(cwd, 'runs/a', file), 'utf8');
      expect(JSON.parse(await read('run.json')).studies[0].architectures[0].runs[0].arithmetic).toBe(
        'native+fast-math',
      );
      expect(JSON.parse(await read('plan.json')).line).toContain(' --fast-math');
      expect(await read('events.jsonl')).toContain('"engine":"native+fast-math"');
      expect(await read('report.md')).toMatch(/`[0-9a-f]{64} \(native\+fast-math\)`/);
      expect(await read('report.html')).toMatch(/[0-9a-f]{64} \(native\+fast-math\)/);
      expect(await read('report.csv')).toMatch(/,native\+fast-math\r\n/);
      const compared = await run('runs', 'compare', 'runs/a');
      expect(compared.stdout).toMatch(/[0-9a-f]{8} \(native\+fast-math\)/);
      const evaluated = await run('evaluate', 'runs/a/model.safetensors', '--data', 'tiny');
      expect(evaluated.stdout).toMatch(/weights SHA-256 [0-9a-f]{64} \(native\+fast-math\)/);
    });
  });
});

describe('a run that has saved nothing yet', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'ocellus-fast-'));
  afterAll(() => rmSync(cwd, { recursive: true }));
  const run = (...words: string[]) => runCli(words, { cwd });

  const asked: Readonly<Record<string, object>> = {
    train: { notation: 'pool', data: './tiny', epochs: 1, batch: 32, optimizer: 'adam', seed: 0, validation: 0 },
    compare: { architectures: ['pool', 'conv'], data: './tiny' },
    notebook: { quick: true },
  };
  const leavePlan = async (command: string): Promise<string> => {
    await mkdir(join(cwd, command), { recursive: true });
    const plan = {
      ...{ schema: 'ocellus/plan/1', command, input: { engine: 'wasm', fastMath: true, ...asked[command] } },
      ...{ line: `ocellus ${command}`, cwd, startedAt: new Date().toISOString() },
      versions: { ocellus: '0.1.0', node: process.versions.node, numericsVersion },
    };
    await writeFile(join(cwd, command, 'plan.json'), JSON.stringify(plan));
    return command;
  };

  test.each(Object.keys(asked))('%s is not resumed by another engine', async (command) => {
    const path = await leavePlan(command);
    for (const engine of ['auto', 'native', 'reference']) {
      expect(await run('resume', path, '--engine', engine)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: `The run ${path} computes with --fast-math (wasm), whose bits ${engine} does not give: it would end otherwise. Leave --engine out.\n`,
      });
    }
    expect(await readdir(join(cwd, path))).toEqual(['plan.json']);
  });

  test('goes on by the same engine, with relaxed SIMD or without', async () => {
    await writeTinyData(join(cwd, 'tiny'));
    const { code } = await run('resume', await leavePlan('train'), '--engine', 'wasm');
    expect(code).toBe(0);
    const { studies } = JSON.parse(await readFile(join(cwd, 'train/run.json'), 'utf8'));
    expect(studies[0].architectures[0].runs[0].arithmetic).toBe(hasRelaxedSimd() ? 'wasm+fast-math' : 'float32');
  });
});

test('there is none in float64', async () => {
  const result = await runCli(['train', 'pool', '--fast-math', '--engine', 'reference', '--quiet']);
  expect(result).toMatchObject({
    code: 2,
    stderr: '--fast-math is of float32, but --engine reference computes in float64. Leave one of them out.\n',
  });
});
