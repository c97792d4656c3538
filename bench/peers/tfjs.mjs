/**
 * @file TensorFlow.js on its wasm backend, one thread, by its own optimisers. The backend has no gradient of a convolution's
 * kernel, and that of a pool is wrong where a window has only negative numbers: whoever wants to train there must mend it.
 */
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { floatsOf, readBatches, readWeights, serve } from './serve.mjs';

const ofBackend = (kernelName) => tf.getKernel(kernelName, 'wasm').kernelFunc;
const multiply = ofBackend('BatchMatMul');
const poolGradient = ofBackend('MaxPoolGrad');

/** What the backend lacks, has wrong, or does far slower than the same by other kernels of its own. */
const kernels = {
  /** For 3 × 3 kernels with "same" padding. kernelGrad[i,j] = input, moved by (i, j), transposed, times outputGrad. */
  Conv2DBackpropFilter({ inputs: { x, dy }, attrs: { filterShape } }) {
    const [batch, height, width, channels] = x.shape;
    const padded = tf.pad(x, [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]);
    const upper = tf.reshape(dy, [batch * height * width, -1]);
    const moved = Array.from({ length: 9 }, (_, place) => {
      const part = tf.slice(padded, [0, Math.floor(place / 3), place % 3, 0], [batch, height, width, channels]);
      return tf.matMul(tf.reshape(part, [-1, channels]), upper, true, false);
    });
    return tf.reshape(tf.stack(moved), filterShape);
  },
  /** A convolution with the flipped kernel. */
  Conv2DBackpropInput({ inputs: { dy, filter } }) {
    return tf.conv2d(dy, tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]), ...onePad);
  },
  /** Its fast product is that of matrices as they lie. */
  BatchMatMul({ inputs: { a, b }, backend, attrs: { transposeA, transposeB } }) {
    const lying = (matrix, isTransposed) =>
      isTransposed ? tf.transpose(matrix, matrix.rank > 2 ? [0, 2, 1] : [1, 0]) : matrix;
    const inputs = { a: lying(a, transposeA), b: lying(b, transposeB) };
    return multiply({ inputs, backend, attrs: { transposeA: false, transposeB: false } });
  },
  /** The backend's takes the first place of a window whose maximum is below 0, so here all are above. */
  MaxPoolGrad({ inputs: { dy, input }, ...rest }) {
    const positive = tf.add(tf.sub(input, tf.min(input)), 1);
    return poolGradient({ inputs: { dy, input: positive }, ...rest });
  },
};

function register(kernelName, run) {
  if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc: (given) => tf.tidy(() => run(given)) });
}

const onePad = [1, 'same'];

/** From images and variables to logits. */
const networks = {
  W1: (image, [kernel, dense, bias]) => head(poolOf(tf.conv2d(image, kernel, ...onePad)), dense, bias),
  W2: (image, [kernel1, kernel2, dense, bias]) => {
    const plane = tf.sum(poolOf(tf.conv2d(image, kernel1, ...onePad)), 3, true);
    return head(poolOf(tf.conv2d(plane, kernel2, ...onePad)), dense, bias);
  },
  W3: (image, [kernel1, bias1, kernel2, bias2, dense1, bias3, dense2, bias4]) => {
    const below = poolOf(convRelu(image, kernel1, bias1));
    const flat = tf.reshape(poolOf(convRelu(below, kernel2, bias2)), [image.shape[0], -1]);
    const hidden = tf.fused.matMul({ a: flat, b: dense1, bias: bias3, activation: 'relu' });
    return tf.fused.matMul({ a: hidden, b: dense2, bias: bias4 });
  },
};

const poolOf = (image) => tf.maxPool(image, 2, 2, 'valid');
const convRelu = (x, filter, bias) => tf.fused.conv2d({ x, filter, bias, strides: 1, pad: 'same', activation: 'relu' });
const head = (image, dense, bias) => tf.fused.matMul({ a: tf.reshape(image, [image.shape[0], -1]), b: dense, bias });

/** Its shapes: kernels [i, j, c, f], dense weights [n, units]. */
function variableOf({ name, shape, values }) {
  if (name.startsWith('sharedConv')) {
    return tf.variable(tf.reshape(tf.transpose(tf.tensor(values, shape), [1, 2, 0]), [3, 3, 1, 8]));
  }
  const isDense = name.startsWith('dense') && shape.length > 1;
  return tf.variable(tf.tensor(values, isDense ? [values.length / shape.at(-1), shape.at(-1)] : shape));
}

serve(async ({ workload, purpose, batchSize, ...files }) => {
  setThreadsCount(1);
  await tf.setBackend('wasm');
  // Only training needs them, and W3's pools see nothing below 0.
  if (purpose === 'train') for (const [name, run] of Object.entries(kernels)) register(name, run);
  if (workload === 'W3') register('MaxPoolGrad', poolGradient);
  const variables = readWeights(files.weights).map(variableOf);
  const { pixels, labels, next } = readBatches({ ...files, batchSize });
  const floats = floatsOf(pixels);
  // Adagrad's first sum stands for the epsilon in the root; its own is 1e-7.
  const optimizer = workload === 'W3' ? tf.train.adam(0.001, 0.9, 0.999, 1e-8) : tf.train.adagrad(0.005, 0.001);
  const network = networks[workload];
  let result;
  return {
    stepsAtOnce: 1,
    step() {
      const from = next();
      result?.dispose();
      const batch = floats.subarray(from * 784, (from + batchSize) * 784);
      result = tf.tidy(() => {
        const image = tf.tensor4d(batch, [batchSize, 28, 28, 1]);
        if (purpose === 'predict') return network(image, variables);
        const target = tf.oneHot(tf.tensor1d(labels.subarray(from, from + batchSize), 'int32'), 10);
        const loss = () => tf.losses.softmaxCrossEntropy(target, network(image, variables));
        return optimizer.minimize(loss, true, variables);
      });
    },
    answer: () => result.dataSync(),
  };
});
