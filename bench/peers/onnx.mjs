/**
 * @file W3's forward pass as an ONNX model: as much of the protobuf encoding as it takes.
 * Source: onnx/onnx.proto, whose field numbers these are.
 */

/** An unsigned number, seven bits a byte. */
function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Buffer.from([...bytes, value]);
}

/** A field: numbers by themselves; texts, bytes and messages with their length. */
function field(number, value) {
  if (typeof value === 'number') return Buffer.concat([varint(number * 8), varint(value)]);
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

const message = (...fields) => Buffer.concat(fields);
const many = (number, values) => message(...values.map((value) => field(number, value)));

const ofInts = (name, values) => message(field(1, name), many(8, values), field(20, 7));
const ofInt = (name, value) => message(field(1, name), field(3, value), field(20, 2));

function node(kind, inputs, output, attributes = []) {
  return message(many(1, inputs), field(2, output), field(3, output), field(4, kind), many(5, attributes));
}

function tensor(name, dims, values) {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return message(many(1, dims), field(2, 1), field(8, name), field(9, raw));
}

function value(name, dims) {
  const shape = many(
    1,
    dims.map((dim) => field(1, dim)),
  );
  return message(field(1, name), field(2, field(1, message(field(1, 1), field(2, shape)))));
}

/** Turns axes: `order[n]` is the old axis that becomes axis n. */
function transpose({ shape, values }, order) {
  const dims = order.map((axis) => shape[axis]);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((size, extent) => size * extent, 1));
  const turned = Float32Array.from(values, (_, at) => {
    let from = 0;
    let rest = at;
    for (let n = dims.length - 1; n >= 0; n--) {
      from += (rest % dims[n]) * strides[order[n]];
      rest = Math.floor(rest / dims[n]);
    }
    return values[from];
  });
  return { dims, values: turned };
}

/** @param weights of W3, in layer order  @param {number} batchSize */
export function onnxOf(weights, batchSize) {
  const [kernel1, bias1, kernel2, bias2, dense1, bias3, dense2, bias4] = weights;
  // Kernels [filters, channels, y, x]; images, and so what the first dense layer reads, [channels, y, x].
  const turned = transpose(dense1, [2, 0, 1, 3]);
  const initializers = [
    tensor('kernel1', ...Object.values(transpose(kernel1, [3, 2, 0, 1]))),
    tensor('kernel2', ...Object.values(transpose(kernel2, [3, 2, 0, 1]))),
    tensor('dense1', [turned.values.length / 128, 128], turned.values),
    tensor('dense2', dense2.shape, dense2.values),
    ...[bias1, bias2, bias3, bias4].map(({ shape, values }, n) => tensor(`bias${n + 1}`, shape, values)),
  ];
  const same = [ofInts('kernel_shape', [3, 3]), ofInts('pads', [1, 1, 1, 1])];
  const windows = [ofInts('kernel_shape', [2, 2]), ofInts('strides', [2, 2])];
  const nodes = [
    node('Conv', ['image', 'kernel1', 'bias1'], 'conv1', same),
    node('Relu', ['conv1'], 'relu1'),
    node('MaxPool', ['relu1'], 'pool1', windows),
    node('Conv', ['pool1', 'kernel2', 'bias2'], 'conv2', same),
    node('Relu', ['conv2'], 'relu2'),
    node('MaxPool', ['relu2'], 'pool2', windows),
    node('Flatten', ['pool2'], 'flat', [ofInt('axis', 1)]),
    node('Gemm', ['flat', 'dense1', 'bias3'], 'hidden'),
    node('Relu', ['hidden'], 'relu3'),
    node('Gemm', ['relu3', 'dense2', 'bias4'], 'logits'),
  ];
  const graph = message(
    many(1, nodes),
    field(2, 'W3'),
    many(5, initializers),
    field(11, value('image', [batchSize, 1, 28, 28])),
    field(12, value('logits', [batchSize, 10])),
  );
  return message(field(1, 8), field(7, graph), field(8, message(field(1, ''), field(2, 17))));
}
