/** @file The machine's peak for WebAssembly: a loop of independent multiplications and additions on vectors. */
import { code, encodeModule, signed, simd, unsigned, valueType, vector } from '../src/engine/wasm/bytes.ts';

const chains = 13;
const iterations = 1_000_000;
/** Operations of one call: a multiplication and an addition on four lanes in each chain and iteration. */
export const peakOperations = iterations * chains * 8;

/** One call runs `peakOperations` and leaves the chains' sum in the memory's first vector. */
export async function peakKernel(): Promise<{ run: () => void; isRight: () => boolean }> {
  const constant = (value: number): number[] => {
    const lane = [...new Uint8Array(new Float32Array([value]).buffer)];
    return [...vector(simd.constant), ...lane, ...lane, ...lane, ...lane];
  };
  const get = (local: number): number[] => [code.localGet, ...unsigned(local)];
  const set = (local: number): number[] => [code.localSet, ...unsigned(local)];
  const all = Array.from({ length: chains }, (_, chain) => chain + 1);
  const body = [
    ...all.flatMap((local) => [...constant(local), ...set(local)]),
    ...[code.i32Const, ...signed(iterations), ...set(0), code.loop, 0x40],
    ...all.flatMap((local) => [
      ...get(local),
      ...constant(0.5),
      ...vector(simd.f32x4Multiply),
      ...constant(1.25),
      ...vector(simd.f32x4Add),
      ...set(local),
    ]),
    ...[...get(0), code.i32Const, 1, code.i32Sub, code.localTee, 0, code.brIf, 0, code.end],
    ...[code.i32Const, 0],
    ...get(1),
    ...all.slice(1).flatMap((local) => [...get(local), ...vector(simd.f32x4Add)]),
    ...[...vector(simd.store), 2, 0],
  ];
  const locals = [valueType.i32, ...all.map(() => valueType.v128)];
  const module = await WebAssembly.compile(
    encodeModule([{ parameters: 0, locals, code: body, exported: 'peak' }], { pages: 1, shared: false }),
  );
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const run = exports.peak as () => void;
  // Every chain converges to x = x / 2 + 1.25, that is 2.5.
  return { run, isRight: () => new Float32Array(memory.buffer, 0, 4).every((value) => value === chains * 2.5) };
}
