/** @file Writes IDX files for tests. */

const types = {
  Uint8Array: { code: 0x08, write: (view: DataView, at: number, value: number) => view.setUint8(at, value) },
  Int8Array: { code: 0x09, write: (view: DataView, at: number, value: number) => view.setInt8(at, value) },
  Int16Array: { code: 0x0b, write: (view: DataView, at: number, value: number) => view.setInt16(at, value) },
  Int32Array: { code: 0x0c, write: (view: DataView, at: number, value: number) => view.setInt32(at, value) },
  Float32Array: { code: 0x0d, write: (view: DataView, at: number, value: number) => view.setFloat32(at, value) },
  Float64Array: { code: 0x0e, write: (view: DataView, at: number, value: number) => view.setFloat64(at, value) },
};

/** The bytes of an IDX file; the type follows from `values`. */
export function encodeIdx(
  shape: readonly number[],
  values: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array,
): Uint8Array {
  const { code, write } = types[values[Symbol.toStringTag]];
  const headerBytes = 4 + 4 * shape.length;
  const bytes = new Uint8Array(headerBytes + values.byteLength);
  const view = new DataView(bytes.buffer);
  bytes[2] = code;
  bytes[3] = shape.length;
  shape.forEach((extent, axis) => {
    view.setUint32(4 + 4 * axis, extent);
  });
  values.forEach((value, index) => {
    write(view, headerBytes + index * values.BYTES_PER_ELEMENT, value);
  });
  return bytes;
}

/** Packs bytes with gzip. */
export async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new CompressionStream('gzip');
  const writer = stream.writable.getWriter();
  writer.write(bytes);
  writer.close();
  const chunks: number[] = [];
  for await (const chunk of stream.readable) for (const byte of chunk) chunks.push(byte);
  return Uint8Array.from(chunks);
}
