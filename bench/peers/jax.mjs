/**
 * @file jax-js on WebAssembly: the whole step is one jitted function. Its own convolution is some twenty times slower than
 * slices side by side and a matrix product, so here it is these. Every array has to be given back, or memory runs out.
 */
import { defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { floatsOf, readBatches, readWeights, serve } from './serve.mjs';

/** 3 × 3, "same": [batch, size, size, channels] → [batch, size, size, filters]. @param kernel [9 channels, filters] */
function convolve(image, kernel) {
  const [batch, size, , channels] = image.shape;
  const padded = np.pad(image, [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
  const parts = Array.from({ length: 9 }, (_, place) => {
    const [top, left] = [Math.floor(place / 3), place % 3];
    return padded.ref.slice([], [top, top + size], [left, left + size], []);
  });
  padded.dispose();
  const columns = np.concatenate(parts, 3).reshape([batch * size * size, 9 * channels]);
  return np.matmul(columns, kernel).reshape([batch, size, size, -1]);
}

function pool(image) {
  const [batch, size, , channels] = image.shape;
  return np.max(image.reshape([batch, size / 2, 2, size / 2, 2, channels]), [2, 4]);
}

/** From parameters and images to logits; parameters are used up. */
const networks = {
  W1: ([kernel, dense, bias], image) => head(pool(convolve(image, kernel)), dense, bias),
  W2: ([kernel1, kernel2, dense, bias], image) => {
    const plane = np.sum(pool(convolve(image, kernel1)), 3, { keepdims: true });
    return head(pool(convolve(plane, kernel2)), dense, bias);
  },
  W3: ([kernel1, bias1, kernel2, bias2, dense1, bias3, dense2, bias4], image) => {
    const below = nn.relu(pool(convolve(image, kernel1).add(bias1)));
    const upper = nn.relu(pool(convolve(below, kernel2).add(bias2)));
    return head(nn.relu(head(upper, dense1, bias3)), dense2, bias4);
  },
};

function head(input, weights, bias) {
  return np.matmul(input.reshape([input.shape[0], -1]), weights).add(bias);
}

/** Of a state { parameters, … } and gradients. */
const updates = {
  adagrad({ parameters, squares }, gradients) {
    const sums = squares.map((square, n) => square.add(np.square(gradients[n].ref)));
    const next = parameters.map((parameter, n) =>
      parameter.sub(gradients[n].mul(0.005).div(np.sqrt(sums[n].ref.add(1e-3)))),
    );
    return { parameters: next, squares: sums };
  },
  adam({ parameters, means, squares, weights: [mean, square] }, gradients) {
    const meanWeight = mean.mul(0.9).add(0.1);
    const squareWeight = square.mul(0.999).add(0.001);
    const nextMeans = means.map((each, n) => each.mul(0.9).add(gradients[n].ref.mul(0.1)));
    const nextSquares = squares.map((each, n) => each.mul(0.999).add(np.square(gradients[n]).mul(0.001)));
    const next = parameters.map((parameter, n) => {
      const root = np.sqrt(nextSquares[n].ref.div(squareWeight.ref)).add(1e-8);
      return parameter.sub(nextMeans[n].ref.div(meanWeight.ref).mul(0.001).div(root));
    });
    return { parameters: next, means: nextMeans, squares: nextSquares, weights: [meanWeight, squareWeight] };
  },
};

/** Kernels as [9 channels, filters], dense weights as [n, units]. */
function arrayOf({ name, shape, values }) {
  const array = np.array(values).reshape([...shape]);
  if (name.startsWith('sharedConv')) return array.reshape([8, 9]).transpose([1, 0]);
  return shape.length > 1 ? array.reshape([-1, shape.at(-1)]) : array;
}

serve(async ({ workload, purpose, batchSize, ...files }) => {
  await init('wasm');
  defaultDevice('wasm');
  const parameters = readWeights(files.weights).map(arrayOf);
  const zeros = () => parameters.map(({ shape }) => np.zeros(shape));
  const network = networks[workload];
  const lossOf = (given, image, target) =>
    np.sum(nn.logSoftmax(network(given, image), 1).mul(target)).mul(-1 / batchSize);
  const update = workload === 'W3' ? updates.adam : updates.adagrad;
  const step = jit((state, image, target) => {
    const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(state.parameters), image, target);
    return [loss, update(state, gradients)];
  });
  const predict = jit(network);
  let state =
    workload === 'W3'
      ? { parameters, means: zeros(), squares: zeros(), weights: [np.zeros([]), np.zeros([])] }
      : { parameters, squares: zeros() };
  const { pixels, labels, next } = readBatches({ ...files, batchSize });
  const floats = floatsOf(pixels);
  const oneHot = new Float32Array(batchSize * 10);
  let answer;
  return {
    stepsAtOnce: 1,
    step() {
      let result;
      const from = next();
      const batch = floats.slice(from * 784, (from + batchSize) * 784);
      const image = np.array(batch).reshape([batchSize, 28, 28, 1]);
      if (purpose === 'predict') result = predict(tree.ref(parameters), image);
      else {
        oneHot.fill(0);
        for (let example = 0; example < batchSize; example++) oneHot[example * 10 + labels[from + example]] = 1;
        [result, state] = step(state, image, np.array(oneHot.slice()).reshape([batchSize, 10]));
      }
      // Work that nobody reads is put off, and heaps up.
      answer = result.dataSync();
    },
    answer: () => answer,
  };
});
