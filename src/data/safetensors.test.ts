import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError, ShapeError, UsageError } from '../errors.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

const kernel = { name: 'kernel', shape: [2, 1], values: Float32Array.of(1, -2) };
const bias = { name: 'bias', shape: [], values: Float32Array.of(0.5) };

/** A file with this header and these data. */
function file(header: unknown, data: number[] = []): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

function messageFor(bytes: Uint8Array): string {
  try {
    readSafetensors(bytes, 'm.safetensors');
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

/** The part of the message that says what is wrong. */
function problemOf(bytes: Uint8Array): string {
  const { problem } =
    /^m\.safetensors is not a valid safetensors file: (?<problem>.*)\. Get the file again, or export it anew\.$/.exec(
      messageFor(bytes),
    )!.groups as { problem: string };
  return problem;
}

test('writes what the specification says, the data at a multiple of 8', () => {
  const json = '{"__metadata__":{"format":"pt"},"kernel":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}';
  const bytes = writeSafetensors([kernel], { format: 'pt' });
  expect(Array.from(bytes.subarray(0, 8))).toEqual([96, 0, 0, 0, 0, 0, 0, 0]);
  expect(new TextDecoder().decode(bytes.subarray(8, 104))).toBe(json.padEnd(96));
  expect(Array.from(bytes.subarray(104))).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
});

test('reads what it writes', () => {
  const { tensors, metadata } = readSafetensors(writeSafetensors([kernel, bias], { seed: '1' }), 'm.safetensors');
  expect(metadata).toEqual({ seed: '1' });
  expect([...tensors]).toEqual([
    ['kernel', { shape: [2, 1], values: kernel.values }],
    ['bias', { shape: [], values: bias.values }],
  ]);
});

test('any tensors survive writing and reading', () => {
  const tensor = fc.record({
    name: fc.string({ unit: 'binary' }).filter((name) => name !== '__metadata__'),
    values: fc.float32Array({ maxLength: 5 }),
  });
  const names = fc.uniqueArray(tensor, { selector: ({ name }) => name });
  fc.assert(
    fc.property(names, fc.dictionary(fc.string(), fc.string()), (list, metadata) => {
      const tensors = list.map(({ name, values }) => ({ name, shape: [values.length], values }));
      const read = readSafetensors(writeSafetensors(tensors, metadata), 'any');
      expect(Object.entries(read.metadata)).toEqual(Object.entries(metadata));
      expect(read.tensors.size).toBe(tensors.length);
      for (const { name, shape, values } of tensors) expect(read.tensors.get(name)).toEqual({ shape, values });
    }),
  );
});

test('reads F64, U8, I32 and I64 at any alignment and in any order', () => {
  const header = {
    c: { dtype: 'I64', shape: [1], data_offsets: [13, 21] },
    a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] },
    b: { dtype: 'F64', shape: [1], data_offsets: [5, 13] },
    d: { dtype: 'I32', shape: [1, 1], data_offsets: [1, 5] },
    e: { dtype: 'F32', shape: [0, 3], data_offsets: [5, 5] },
  };
  const data = [9, 0xfe, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 1, 0, 0, 0, 0, 0, 0, 0];
  const { tensors, metadata } = readSafetensors(file(header, data), 'm.safetensors');
  expect(metadata).toEqual({});
  expect(Object.fromEntries(tensors)).toEqual({
    a: { shape: [1], values: Uint8Array.of(9) },
    b: { shape: [1], values: Float64Array.of(1) },
    c: { shape: [1], values: BigInt64Array.of(1n) },
    d: { shape: [1, 1], values: Int32Array.of(-2) },
    e: { shape: [0, 3], values: new Float32Array(0) },
  });
});

test('refuses to write tensors that no reader would take', () => {
  const write = (...tensors: (typeof bias)[]) => writeSafetensors(tensors);
  expect(() => write(bias, bias)).toThrow(UsageError);
  expect(() => write(bias, bias)).toThrow('The tensor name "bias" is used twice. Give each tensor a name of its own.');
  expect(() => write({ ...bias, name: '__metadata__' })).toThrow('"__metadata__" is reserved by safetensors.');
  const short = { ...kernel, values: Float32Array.of(1) };
  expect(() => writeSafetensors([short])).toThrow(ShapeError);
  expect(() => writeSafetensors([short])).toThrow('Tensor "kernel" needs 2 values (2 × 1), but gets 1.');
});

test('refuses a file cut off anywhere', () => {
  const bytes = writeSafetensors([kernel], { format: 'pt' });
  for (let length = 0; length < bytes.length; length++) messageFor(bytes.subarray(0, length));
  expect(problemOf(bytes.subarray(0, 7))).toBe('it ends after 7 bytes');
  expect(problemOf(bytes.subarray(0, 50))).toBe('it ends after 50 bytes; its header promises 104 or more');
  expect(problemOf(bytes.subarray(0, 110))).toBe('it has 6 bytes of data; its header promises 8');
});

test('refuses a header that is too long, no UTF-8 or no JSON object', () => {
  const long = new Uint8Array(16);
  new DataView(long.buffer).setUint32(0, 100_000_001, true);
  expect(problemOf(long)).toBe('its header of 100,000,001 bytes is over 100,000,000');
  expect(problemOf(new Uint8Array(8).fill(255))).toContain('its header of 18,446,744,073,709,551,615 bytes');
  expect(problemOf(new Uint8Array(8))).toBe('its header does not start with {');
  expect(problemOf(file(' {}'))).toBe('its header does not start with {');
  expect(problemOf(file('{"a":'))).toBe('its header is not JSON');
  expect(problemOf(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff))).toBe('its header is not UTF-8');
});

test('refuses a key that is there twice', () => {
  const tensor = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}';
  expect(problemOf(file(`{"a":${tensor},"a":${tensor}}`))).toBe('its header has the key "a" twice');
});

test('refuses metadata other than strings', () => {
  expect(problemOf(file({ __metadata__: { epochs: 1 } }))).toBe('__metadata__ needs to map names to strings');
  expect(problemOf(file({ __metadata__: 'x' }))).toBe('__metadata__ needs to map names to strings');
});

test('refuses entries that do not describe a tensor', () => {
  const a = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
  const problem = (entry: unknown) => problemOf(file({ a: entry }, [0, 0, 0, 0]));
  expect(problem([])).toBe('tensor "a" is not described by an object');
  expect(problem({ ...a, dtype: 1 })).toBe('tensor "a" has no dtype');
  for (const shape of [undefined, 1, [-1], [0.5], ['1'], [2 ** 53]]) {
    expect(problem({ ...a, shape })).toBe('tensor "a" needs a shape of whole numbers');
  }
  for (const offsets of [undefined, [0], [0, 4, 8], [-4, 0]]) {
    expect(problem({ ...a, data_offsets: offsets })).toBe('tensor "a" needs two data_offsets');
  }
  expect(problem({ ...a, shape: [2] })).toBe('tensor "a" needs 8 bytes (F32 2), but its data_offsets are 0 to 4');
  expect(problem({ ...a, data_offsets: [4, 0] })).toContain('but its data_offsets are 4 to 0');
  const name = 'x\u0007'.repeat(100);
  expect(problemOf(file({ [name]: 1 }))).toBe(`tensor "${'x\\u0007'.repeat(40)}…" is not described by an object`);
});

test('says which types it reads', () => {
  expect(messageFor(file({ a: { dtype: 'BF16', shape: [1], data_offsets: [0, 2] } }, [0, 0]))).toBe(
    'm.safetensors has tensor "a" of type "BF16"; F32, F64, U8, I32, I64 are read. Convert it to F32 first.',
  );
});

test('refuses overlaps, holes and data left over', () => {
  const at = (begin: number) => ({ dtype: 'U8', shape: [2], data_offsets: [begin, begin + 2] });
  expect(problemOf(file({ a: at(0), b: at(1) }, [0, 0, 0]))).toBe(
    'tensor "b" overlaps the one before it: it begins at 1, not 2',
  );
  expect(problemOf(file({ a: at(0), b: at(3) }, [0, 0, 0, 0, 0]))).toBe(
    'tensor "b" leaves a hole before it: it begins at 3, not 2',
  );
  expect(problemOf(file({ a: at(0) }, [0, 0, 0]))).toBe('it has 3 bytes of data; its header promises 2');
});

test('throws nothing but DataErrors at damaged files', () => {
  const bytes = writeSafetensors([kernel, bias], { format: 'pt' });
  const change = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const damaged = bytes.slice();
      for (const { at, byte } of changes) damaged[at] = byte;
      try {
        readSafetensors(damaged, 'any');
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
      }
    }),
    { numRuns: 2000 },
  );
});
