/** Memory poisoned with NaN: the same bits, and a nest that is missing is seen. */
import { describe, expect, test } from 'vitest';
import { type CompiledProgram, compileProgram } from '../src/compiler/program.ts';
import { poisonedPlaces } from '../src/engine/poison.ts';
import { partsOf, runAlone } from '../src/engine/threads/share.js';
import { disturbedEngine } from '../src/engine/wasm/index.ts';
import { buildModule } from '../src/engine/wasm/module.ts';
import { buildNetwork } from '../src/model/cnn.ts';
import { buildGraph } from '../src/model/graph.ts';
import { parseNotation } from '../src/model/notation.ts';
import { cases, hashOf } from './contract/cases.ts';

const poisoned = disturbedEngine({ poisons: true });

test.each([
  ...['W1, batch 1', 'W2, batch 32', 'wide, batch 41', 'tiled, batch 19', 'blocked, batch 16'],
  ...['random 3', 'random 8', 'random 15'],
])('keeps the bits: %s', async (name) => {
  const of = cases.find((one) => one.name === name)!;
  for (const threads of [1, 2]) expect(await hashOf(of, poisoned, threads), `${threads} threads`).toBe(of.sha256);
});

describe('a nest that is missing', () => {
  const network = buildNetwork(
    { layers: parseNotation('conv(5) + relu + pool + conv(3) + dense(7) + tanh') },
    { input: [9, 9, 2], classes: 3 },
  );
  const graph = buildGraph(network.nodes, network.input);
  const compiled = compileProgram(graph, { batchSize: 12, purpose: 'train', keep: [] });

  /** Whether loss and gradients are finite after a run with memory that is poisoned or not. */
  async function runsFinite(program: CompiledProgram, poisons: boolean): Promise<boolean> {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(program.arenaBytes / 65536) });
    const floats = new Float32Array(memory.buffer);
    const module = await WebAssembly.compile(buildModule(program));
    const instance = await WebAssembly.instantiate(module, { env: { memory } });
    // A ReLU that gives 0 would hide what its gradient is multiplied by.
    floats.fill(1, program.buffers.get('conv1.bias')!.address / 4, program.buffers.get('conv1.bias')!.address / 4 + 5);
    for (const name of program.ones) floats.fill(1, program.buffers.get(name)!.address / 4);
    if (poisons) for (const place of poisonedPlaces(compiled, graph, 1)) floats[place] = Number.NaN;
    runAlone(partsOf(instance.exports, memory), { count: 12, chunks: 2, finishes: true, isPrepared: false });
    return [graph.loss, ...graph.parameters.map(({ gradient }) => gradient)].every((tensor) => {
      const { address, elements: count } = program.buffers.get(tensor)!;
      return floats.subarray(address / 4, address / 4 + count).every(Number.isFinite);
    });
  }

  test('is not missed where nothing is missing', async () => {
    expect(await runsFinite(compiled, true)).toBe(true);
  });

  test('is seen, whichever it is, but not in memory of zeros', async () => {
    const missed: string[] = [];
    let missedInZeros = 0;
    const nests = compiled.segments.flatMap((segment) => segment.nests);
    for (const missing of nests) {
      const segments = compiled.segments.map((segment) => ({
        ...segment,
        nests: segment.nests.filter((nest) => nest !== missing),
      }));
      const { accumulates, values } = compiled.schedules[missing]!.kernel;
      if (await runsFinite({ ...compiled, segments }, false)) missedInZeros++;
      // Gradients' shares are set to 0 at the start, so without their nests they are 0.
      if (!accumulates && (await runsFinite({ ...compiled, segments }, true)))
        missed.push(values.at(-1)!.target.tensor);
    }
    expect(missed).toEqual([]);
    expect(missedInZeros).toBeGreaterThan(nests.length / 2);
  });
});
