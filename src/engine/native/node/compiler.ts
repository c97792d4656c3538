/**
 * @file The machine's C compiler: whether there is one, what it would compile for, and a library from a text.
 *
 * What it compiles for is asked of the compiler, which knows its CPU: it defines `__AVX512F__` and the like. Its answer
 * also tells one compiler and CPU from another.
 */
import { spawn } from 'node:child_process';
import type { Target } from '../../../compiler/target.ts';
import { NativeProblem } from './problem.ts';

const rules = ['-std=gnu11', '-O3', '-fno-math-errno', '-fno-trapping-math', '-fvisibility=hidden'];
const forThisMachine = process.arch === 'x64' ? ['-march=native'] : process.arch === 'arm64' ? ['-mcpu=native'] : [];

export interface Compiler {
  /** All that it says of itself and the machine: another text may mean other machine code. */
  readonly identity: string;
  /** A few words for people. */
  readonly title: string;
  /** Of the widest vectors. */
  readonly lanes: number;
  readonly target: (lanes: number) => Target;
}

let asked: { readonly path: string | undefined; readonly answer: Promise<Compiler> } | undefined;

/** Asks once, unless the PATH is another one. @throws NativeProblem */
export function findCompiler(): Promise<Compiler> {
  const path = process.env.PATH;
  if (asked?.path !== path) asked = { path, answer: askCompiler() };
  return asked!.answer;
}

async function askCompiler(): Promise<Compiler> {
  if (process.platform === 'win32') throw new NativeProblem('it needs Linux or macOS');
  const identity = await run([...forThisMachine, '-dM', '-E', '-x', 'c', '-'], '');
  const defined = (name: string): string | undefined => new RegExp(`^#define ${name} (.*)$`, 'm').exec(identity)?.[1];
  const lanes = defined('__AVX512F__') ? 16 : defined('__AVX2__') ? 8 : 4;
  const isWide = defined('__AVX512VL__') !== undefined || defined('__aarch64__') !== undefined;
  const version = defined('__VERSION__')?.replaceAll('"', '') ?? '';
  return {
    identity,
    title: defined('__clang__') ? version : `GCC ${version}`,
    lanes,
    target: (width) => ({
      lanes: width,
      scalarLanes: 1,
      vectorRegisters: isWide && width === lanes ? 32 : 16,
      operandsFirst: false,
    }),
  };
}

/**
 * The arguments that make a library for vectors of so many lanes, as for a CPU that has no wider ones.
 * @param contracts whether a multiplication and an addition may be rounded once, not twice as everywhere else
 */
export function argumentsFor(lanes: number, contracts: boolean): string[] {
  const isX64 = process.arch === 'x64';
  const width = isX64 && lanes > 4 ? [`-mprefer-vector-width=${32 * lanes}`] : [];
  const narrow = isX64 && lanes < 16 ? ['-mno-avx512f'] : [];
  const contraction = `-ffp-contract=${contracts ? 'fast' : 'off'}`;
  return [...rules, contraction, ...forThisMachine, ...width, ...narrow, '-shared', '-fPIC'];
}

/** @throws NativeProblem */
export async function compileTo(file: string, text: string, args: readonly string[]): Promise<void> {
  await run([...args, '-x', 'c', '-', '-o', file], text);
}

/** @returns what it prints. @throws NativeProblem */
function run(args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('cc', args, { stdio: 'pipe' });
    const [out, errors]: string[][] = [[], []];
    child.stdout.setEncoding('utf8').on('data', (text: string) => out!.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => errors!.push(text));
    child.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      const isMissing = code === 'ENOENT';
      reject(
        new NativeProblem(isMissing ? 'there is no C compiler: no cc on the PATH' : `cc does not run: ${message}`),
      );
    });
    child.on('close', (code) => {
      if (code === 0) resolve(out!.join(''));
      else reject(new NativeProblem(`cc fails: ${firstError(errors!.join(''), code)}`));
    });
    // A compiler that ends before it has read all is heard of by its code.
    child.stdin.on('error', () => undefined).end(input);
  });
}

function firstError(text: string, code: number | null): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => line.includes('error')) ?? lines[0] ?? `it ends with code ${code}`;
}
