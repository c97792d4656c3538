/** @file Who takes part in which contests, and how each is started. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from './child.ts';
import type { Contest } from './contests.ts';

export interface Peer {
  readonly name: string;
  readonly title: string;
  /** Names of contests. */
  readonly contests: readonly string[];
  /** Files without which it is left out. */
  readonly needs: readonly string[];
  readonly isOurs?: boolean;
  /** Has the notebook's gradients. */
  readonly isNotebook?: boolean;
  command(contest: Contest): Command;
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const training = ['W1', 'W2', 'W3'];
const trainingOfFew = ['W3late', 'W3x2'];
const predicting = ['W4', 'W4x256'];
const all = [...training, ...trainingOfFew, ...predicting];

/** One thread has a core to itself, which is not the first one, where the rest of the system is. */
function pinned(threads: number, program: string, given: readonly string[], environment = {}): Command {
  const cores = threads === 1 ? '1' : `0-${threads - 1}`;
  return { program: 'taskset', arguments: ['-c', cores, program, ...given], environment };
}

const ours = (engine: string, title: string): Peer => ({
  name: engine,
  title: `Ocellus, ${title}`,
  isOurs: true,
  contests: all,
  needs: [],
  command: ({ threads }) => pinned(threads, process.execPath, ['--import', 'tsx', here('ours.ts'), engine]),
});

const node = (name: string, title: string, file: string, needs: string, contests: readonly string[]): Peer => ({
  ...{ name, title, contests },
  needs: [here(`node_modules/${needs}`)],
  command: ({ threads }) => pinned(threads, process.execPath, [here(file), name]),
});

const python = (name: string, title: string, needs: string, contests: readonly string[]): Peer => ({
  ...{ name, title, contests },
  needs: ['/usr/bin/python3', `/usr/lib/python3/dist-packages/${needs}`],
  command: ({ threads, purpose }) =>
    pinned(threads, '/usr/bin/python3', [here(`${name}_${purpose}.py`)], {
      PYTHONDONTWRITEBYTECODE: '1',
      ...keepMemory,
      OMP_NUM_THREADS: `${threads}`,
      OPENBLAS_NUM_THREADS: `${threads}`,
      ...(threads > 1 ? { OMP_PROC_BIND: 'true', OMP_PLACES: 'cores' } : {}),
    }),
});

/** Memory that is given back to the system is cleared when it is taken again, in each step. */
const keepMemory = {
  MALLOC_TOP_PAD_: '268435456',
  MALLOC_MMAP_THRESHOLD_: '4294967296',
  MALLOC_TRIM_THRESHOLD_: '4294967296',
};

export const peers: readonly Peer[] = [
  ours('wasm', 'WebAssembly'),
  ours('native', 'C'),
  python('torch', 'PyTorch by hand', 'torch', all),
  python('autograd', 'PyTorch, autograd', 'torch', [...training, ...trainingOfFew]),
  { ...python('notebook', 'the notebook, NumPy', 'numpy', ['W1', 'W2']), isNotebook: true },
  node('onnxruntime-node', 'onnxruntime-node', 'onnxruntime.mjs', 'onnxruntime-node', predicting),
  node('onnxruntime-web', 'onnxruntime-web', 'onnxruntime.mjs', 'onnxruntime-web', predicting),
  node('tfjs', 'TensorFlow.js, wasm', 'tfjs.mjs', '@tensorflow/tfjs-backend-wasm', [...training, ...predicting]),
  node('jax', 'jax-js, wasm', 'jax.mjs', '@jax-js/jax', [...training, ...predicting]),
  node('convnetjs', 'ConvNetJS', 'convnetjs.mjs', 'convnetjs', [...training, 'W4']),
];

export const isThere = ({ needs }: Peer): boolean => needs.every((path) => existsSync(path));
