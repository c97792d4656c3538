/** @file Files of tensors: damaged anywhere, and with headers that say something else. */
import { readSafetensors, writeSafetensors } from '../../../src/data/safetensors.ts';
import type { RandomStream } from '../../../src/random.ts';
import type { Format } from '../fuzz.ts';
import { concat, type Field, mutateBytes, pick, writeField } from '../mutate-bytes.ts';
import { mutateJson } from '../mutate-json.ts';

export const headerLength: Field = { at: 0, bytes: 8, littleEndian: true };

/** A file with this header and these data. */
export function safetensorsFile(header: string, data: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(header);
  return concat(writeField(new Uint8Array(8), headerLength, BigInt(json.length)), json, data);
}

/** A file's header, and where its data start. */
export function headerOf(file: Uint8Array): { readonly header: unknown; readonly dataStart: number } {
  const dataStart = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return { header: JSON.parse(new TextDecoder().decode(file.subarray(8, dataStart))), dataStart };
}

const tensor = (name: string, shape: readonly number[]) => ({
  name,
  shape,
  values: Float32Array.from({ length: shape.reduce((size, extent) => size * extent, 1) }, (_, index) => index),
});

const types = {
  b: { dtype: 'U8', shape: [3], data_offsets: [0, 3] },
  e: { dtype: 'F64', shape: [], data_offsets: [3, 11] },
  a: { dtype: 'I64', shape: [1, 2], data_offsets: [11, 27] },
  d: { dtype: 'I32', shape: [2], data_offsets: [27, 35] },
  c: { dtype: 'F32', shape: [0, 5], data_offsets: [35, 35] },
};

/** One of so many inputs has many tensors: that takes longer than all others. */
const everySo = 1000;

export const safetensors: Format = {
  name: 'safetensors',
  prepare() {
    const files = [
      writeSafetensors([tensor('conv1.kernel', [3, 3, 1, 5]), tensor('conv1.bias', [5])], { format: 'pt' }),
      writeSafetensors(Array.from({ length: 30 }, (_, place) => tensor(`layer${place}`, [place % 4, 2]))),
      writeSafetensors([]),
      safetensorsFile(JSON.stringify(types), new Uint8Array(35)),
    ];
    const many = writeSafetensors(Array.from({ length: 10_000 }, (_, place) => tensor(`t${place}`, [place % 2])));
    const draw = (random: RandomStream, number: number): Uint8Array => {
      if (number % everySo === 0) return number % (2 * everySo) === 0 ? many : mutateBytes(many, random, many);
      const file = pick(random, files);
      if (random.integer(2) === 0) {
        return mutateBytes(file, random, pick(random, files), random.integer(3) === 0 ? [headerLength] : []);
      }
      const { header, dataStart } = headerOf(file);
      const changed = safetensorsFile(mutateJson(header, random), file.subarray(dataStart));
      return random.integer(8) === 0 ? mutateBytes(changed, random, file) : changed;
    };
    return { draw, read: (input) => readSafetensors(input, 'fuzz') };
  },
};
