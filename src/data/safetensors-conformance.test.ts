/**
 * @file The safetensors format, rule by rule: files that keep it and files that break it, each written out here.
 * Source: huggingface/safetensors, README "Format", and the checks of its own reader (`safetensors/src/tensor.rs`).
 */
import { expect, test } from 'vitest';
import { DataError } from '../errors.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

type Header = string | Uint8Array;

/** The header's length as it is written, the header, and so many bytes of data. */
function file(header: Header, dataBytes = 0, length?: bigint): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const tensor = (dtype: string, shape: string, begin: number | string, end: number | string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;
const one = (entry: string): string => `{"a":${entry}}`;
const two = (a: string, b: string): string => `{"a":${a},"b":${b}}`;

test.each<[string, Uint8Array, Record<string, readonly number[]>]>([
  ['no tensors', file('{}'), {}],
  ['metadata alone', file('{"__metadata__":{"format":"pt"}}'), {}],
  ['empty metadata', file('{"__metadata__":{}}'), {}],
  ['spaces behind the header', file(`${one(tensor('F32', '[1]', 0, 4))}     `, 4), { a: [1] }],
  ['a scalar: rank 0', file(one(tensor('F32', '[]', 0, 4)), 4), { a: [] }],
  ['a tensor without elements', file(one(tensor('F32', '[0]', 0, 0))), { a: [0] }],
  [
    'a tensor without elements among others',
    file(two(tensor('U8', '[2,0]', 3, 3), tensor('U8', '[3]', 0, 3)), 3),
    { a: [2, 0], b: [3] },
  ],
  ['rank 64', file(one(tensor('U8', `[${new Array(64).fill(1)}]`, 0, 1)), 1), { a: new Array<number>(64).fill(1) }],
  [
    'data that are not aligned',
    file(two(tensor('U8', '[1]', 0, 1), tensor('F64', '[1]', 1, 9)), 9),
    { a: [1], b: [1] },
  ],
  [
    'tensors in another order than their data',
    file(two(tensor('U8', '[1]', 1, 2), tensor('U8', '[1]', 0, 1)), 2),
    { a: [1], b: [1] },
  ],
  ['keys in another order', file('{"a":{"data_offsets":[0,1],"shape":[1],"dtype":"U8"}}', 1), { a: [1] }],
  [
    'names of any characters',
    file('{"\\u0000 ä𝒳\\"":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}', 1),
    { '\u0000 ä𝒳"': [] },
  ],
  ['a tensor called __proto__', file(`{"__proto__":${tensor('U8', '[1]', 0, 1)}}`, 1), { ['__proto__']: [1] }],
])('reads %s', (_, bytes, shapes) => {
  const read = [...readSafetensors(bytes, 'm').tensors].map(([name, { shape }]) => [name, shape]);
  expect(read).toEqual(Object.entries(shapes));
});

const f32 = tensor('F32', '[1]', 0, 4);
const metadata = (value: string): Uint8Array => file(`{"__metadata__":${value}}`);
const needsStrings = '__metadata__ needs to map names to strings';
const needsShape = 'tensor "a" needs a shape of whole numbers';
const needsOffsets = 'tensor "a" needs two data_offsets';

test.each<[string, Uint8Array, string]>([
  // The header's length.
  ['an empty file', new Uint8Array(0), 'it ends after 0 bytes'],
  ['7 bytes', new Uint8Array(7), 'it ends after 7 bytes'],
  ['a header of no length', file('', 8), 'its header does not start with {'],
  ['a header over 100 MB', file('{}', 0, 100_000_001n), 'its header of 100,000,001 bytes is over 100,000,000'],
  [
    'a header of 2^63 bytes',
    file('{}', 0, 2n ** 63n),
    'its header of 9,223,372,036,854,775,808 bytes is over 100,000,000',
  ],
  [
    'a header of 2^64 - 1 bytes',
    file('{}', 0, 2n ** 64n - 1n),
    'its header of 18,446,744,073,709,551,615 bytes is over 100,000,000',
  ],
  ['a header beyond the end', file('{}', 0, 3n), 'it ends after 10 bytes; its header promises 11 or more'],
  [
    'a header of 100 MB that is not there',
    file('{}', 0, 100_000_000n),
    'it ends after 10 bytes; its header promises 100,000,008 or more',
  ],
  ['a length that cuts the header', file('{}', 0, 1n), 'its header is not JSON'],
  // Its text.
  ['a space before the header', file(' {}'), 'its header does not start with {'],
  ['a byte order mark', file('\ufeff{}'), 'its header does not start with {'],
  ['a list for a header', file('[]'), 'its header does not start with {'],
  ['bytes that are not UTF-8', file(Uint8Array.of(0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d)), 'its header is not UTF-8'],
  [
    'half a surrogate in UTF-8',
    file(Uint8Array.of(0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d)),
    'its header is not UTF-8',
  ],
  ['zeros behind the header', file('{}\0\0'), 'its header is not JSON'],
  ['two headers', file('{}{}'), 'its header is not JSON'],
  ['a comma too many', file('{"__metadata__":{},}'), 'its header is not JSON'],
  [
    'a deep nesting',
    file(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
    'its header is nested more than 32 deep',
  ],
  ['one name twice', file(two(f32, f32).replace('"b"', '"a"'), 4), 'its header has the key "a" twice'],
  [
    'one name twice, escaped once',
    file(two(f32, f32).replace('"b"', '"\\u0061"'), 4),
    'its header has the key "a" twice',
  ],
  ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), 'its header has the key "__metadata__" twice'],
  [
    'a dtype twice',
    file(one('{"dtype":"F32","dtype":"U8","shape":[4],"data_offsets":[0,4]}'), 4),
    'its header has the key "dtype" twice',
  ],
  // Metadata.
  ...['1', '"x"', '[]', 'null', '{"a":1}', '{"a":null}', '{"a":{}}'].map((value): [string, Uint8Array, string] => [
    `metadata ${value}`,
    metadata(value),
    needsStrings,
  ]),
  // One tensor.
  ['a tensor that is a list', file(one('[]')), 'tensor "a" is not described by an object'],
  ['a tensor that is null', file(one('null')), 'tensor "a" is not described by an object'],
  ['a tensor without a dtype', file(one('{"shape":[1],"data_offsets":[0,4]}'), 4), 'tensor "a" has no dtype'],
  ['a tensor without a shape', file(one('{"dtype":"F32","data_offsets":[0,4]}'), 4), needsShape],
  ['a tensor without offsets', file(one('{"dtype":"F32","shape":[1]}'), 4), needsOffsets],
  ...['[-1]', '[1.5]', '["1"]', '[null]', '[[1]]', '[9007199254740992]', '[1e400]', '1', '{}'].map(
    (shape): [string, Uint8Array, string] => [
      `the shape ${shape}`,
      file(one(tensor('F32', shape, 0, 4)), 4),
      needsShape,
    ],
  ),
  ...['-4,0', '0,4,8', '0', '0.5,4', '"0","4"', '0,18446744073709551615'].map(
    (offsets): [string, Uint8Array, string] => [
      `the offsets ${offsets}`,
      file(one(`{"dtype":"F32","shape":[1],"data_offsets":[${offsets}]}`), 4),
      needsOffsets,
    ],
  ),
  [
    'an end before the beginning',
    file(one(tensor('F32', '[1]', 4, 0)), 4),
    'tensor "a" needs 4 bytes (F32 1), but its data_offsets are 4 to 0',
  ],
  [
    'a shape of more than the offsets',
    file(one(tensor('F32', '[2]', 0, 4)), 4),
    'tensor "a" needs 8 bytes (F32 2), but its data_offsets are 0 to 4',
  ],
  [
    'a dtype of another size',
    file(one(tensor('F64', '[1]', 0, 4)), 4),
    'tensor "a" needs 8 bytes (F64 1), but its data_offsets are 0 to 4',
  ],
  [
    'a scalar of no bytes',
    file(one(tensor('F32', '[]', 0, 0))),
    'tensor "a" needs 4 bytes (F32 a number), but its data_offsets are 0 to 0',
  ],
  [
    'a product that is 0 in 32 bits',
    file(one(tensor('U8', '[4194305,4194305,211106198978564]', 0, 0))),
    'tensor "a" has more elements than can be counted exactly',
  ],
  [
    'a product beyond 64 bits that ends in 0',
    file(one(tensor('U8', '[9007199254740991,9007199254740991,0]', 0, 0))),
    'tensor "a" has more elements than can be counted exactly',
  ],
  [
    'a product that is exact, but not in bytes',
    file(one(tensor('F64', '[4503599627370496]', 0, 0))),
    'tensor "a" has more elements than can be counted exactly',
  ],
  [
    'a shape without end',
    file(one(tensor('U8', `[${new Array(9).fill(2)}]`, 0, 1)), 1),
    'tensor "a" needs 512 bytes (U8 of rank 9), but its data_offsets are 0 to 1',
  ],
  // All of them.
  [
    'an overlap',
    file(two(tensor('U8', '[2]', 0, 2), tensor('U8', '[2]', 1, 3)), 3),
    'tensor "b" overlaps the one before it: it begins at 1, not 2',
  ],
  ['the same data for two', file(two(f32, f32), 4), 'tensor "b" overlaps the one before it: it begins at 0, not 4'],
  [
    'a tensor inside another',
    file(two(tensor('U8', '[4]', 0, 4), tensor('U8', '[0]', 2, 2)), 4),
    'tensor "b" overlaps the one before it: it begins at 2, not 4',
  ],
  [
    'a hole',
    file(two(tensor('U8', '[1]', 0, 1), tensor('U8', '[1]', 2, 3)), 3),
    'tensor "b" leaves a hole before it: it begins at 2, not 1',
  ],
  [
    'a hole at the beginning',
    file(one(tensor('U8', '[1]', 1, 2)), 2),
    'tensor "a" leaves a hole before it: it begins at 1, not 0',
  ],
  ['data that nothing describes', file('{}', 1), 'it has 1 byte of data; its header promises 0'],
  ['data left over', file(one(f32), 5), 'it has 5 bytes of data; its header promises 4'],
  ['offsets beyond the data', file(one(f32), 3), 'it has 3 bytes of data; its header promises 4'],
  [
    'offsets far beyond the data',
    file(one(tensor('U8', '[9007199254740991]', 0, 9007199254740991)), 1),
    'it has 1 byte of data; its header promises 9,007,199,254,740,991',
  ],
])('refuses %s', (_, bytes, problem) => {
  expect(() => readSafetensors(bytes, 'm')).toThrow(
    new DataError(`m is not a valid safetensors file: ${problem}. Get the file again, or export it anew.`),
  );
});

test.each(['BOOL', 'I8', 'U16', 'I16', 'F16', 'BF16', 'U32', 'U64', 'F8_E4M3', 'F8_E5M2', 'F4', 'C64', 'f32', ''])(
  'refuses the dtype "%s" by its name',
  (dtype) => {
    expect(() => readSafetensors(file(one(tensor(dtype, '[1]', 0, 4)), 4), 'm')).toThrow(
      new DataError(`m has tensor "a" of type "${dtype}"; F32, F64, U8, I32, I64 are read. Convert it to F32 first.`),
    );
  },
);

test('what is written keeps the rules: a header of a multiple of 8, spaces behind it, data without holes, in order', () => {
  for (let length = 0; length < 20; length++) {
    const name = 'n'.repeat(length);
    const values = [Float32Array.of(1, 2, 3), Float64Array.of(4), new Float32Array(0)] as const;
    const bytes = writeSafetensors([
      { name, shape: [3], values: values[0] },
      { name: `${name}x`, shape: [], values: values[1] },
      { name: `${name}y`, shape: [2, 0], values: values[2] },
    ]);
    const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const text = new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes));
    expect(headerBytes % 8).toBe(0);
    expect(text).toMatch(/^\{[^ ]*\} {0,7}$/);
    expect(Object.values(JSON.parse(text))).toEqual([
      { dtype: 'F32', shape: [3], data_offsets: [0, 12] },
      { dtype: 'F64', shape: [], data_offsets: [12, 20] },
      { dtype: 'F32', shape: [2, 0], data_offsets: [20, 20] },
    ]);
    expect(bytes.length).toBe(8 + headerBytes + 20);
    expect(new DataView(bytes.buffer).getFloat32(8 + headerBytes + 8, true)).toBe(3);
  }
});
