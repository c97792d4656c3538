/** @file ConvNetJS as it ships (float64), with Adam, which it lacks, over what `getParamsAndGrads` gives. */
import { createRequire } from 'node:module';
import { makeNet, writeWeights } from './convnetjs-net.mjs';
import { readBatches, readWeights, serve } from './serve.mjs';

const { Vol, Trainer } = createRequire(import.meta.url)('convnetjs');

function adam(net, batchSize) {
  const states = net.getParamsAndGrads().map(({ params, grads }) => ({
    ...{ params, grads },
    mean: new Float64Array(params.length),
    square: new Float64Array(params.length),
  }));
  let steps = 0;
  return () => {
    steps++;
    const root = Math.sqrt(1 - 0.999 ** steps);
    const rate = (0.001 * root) / (1 - 0.9 ** steps);
    for (const { params, grads, mean, square } of states) {
      for (let n = 0; n < params.length; n++) {
        const gradient = grads[n] / batchSize;
        mean[n] += 0.1 * (gradient - mean[n]);
        square[n] += 0.001 * (gradient * gradient - square[n]);
        params[n] -= (rate * mean[n]) / (Math.sqrt(square[n]) + 1e-8 * root);
        grads[n] = 0;
      }
    }
  };
}

serve(({ workload, purpose, ...request }) => {
  const { batchSize } = request;
  const net = makeNet(workload);
  writeWeights(net, readWeights(request.weights), workload !== 'W3');
  const { pixels, labels, next } = readBatches(request);
  const image = new Vol(28, 28, 1, 0);
  const fill = (index) => {
    for (let at = 0; at < 784; at++) image.w[at] = pixels[index * 784 + at] / 255 - 0.5;
  };
  const trainer = new Trainer(net, { method: 'adagrad', learning_rate: 0.005, eps: 1e-3, batch_size: 1 });
  const update = adam(net, batchSize);
  let answer;
  return {
    stepsAtOnce: 1,
    step() {
      const from = next();
      if (purpose === 'train') answer = [0];
      for (let index = from; index < from + batchSize; index++) {
        fill(index);
        if (purpose === 'predict') {
          net.forward(image);
          answer = net.layers.at(-1).in_act.w;
        } else if (workload !== 'W3') answer = [trainer.train(image, labels[index]).loss];
        else {
          net.forward(image, true);
          answer[0] += net.backward(labels[index]) / batchSize;
        }
      }
      if (purpose === 'train' && workload === 'W3') update();
    },
    answer: () => answer,
  };
});
