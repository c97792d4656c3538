/** @file The workloads' networks in ConvNetJS, with a layer that it lacks: one that sums channels, for W2's second convolution. */
import { createRequire } from 'node:module';

const { Net, Vol } = createRequire(import.meta.url)('convnetjs');

class ChannelSum {
  constructor({ out_sx, out_sy }) {
    Object.assign(this, { out_sx, out_sy, out_depth: 1, layer_type: 'sum' });
  }
  forward(input) {
    this.input = input;
    this.output = new Vol(this.out_sx, this.out_sy, 1, 0);
    for (let at = 0; at < input.w.length; at++) this.output.w[Math.floor(at / input.depth)] += input.w[at];
    return this.output;
  }
  backward() {
    const { input, output } = this;
    for (let at = 0; at < input.w.length; at++) input.dw[at] = output.dw[Math.floor(at / input.depth)];
  }
  getParamsAndGrads() {
    return [];
  }
}

const definitions = {
  W1: [
    { type: 'conv', filters: 8, sx: 3, pad: 1 },
    { type: 'pool', sx: 2 },
  ],
  W3: [
    { type: 'conv', filters: 32, sx: 3, pad: 1, activation: 'relu' },
    { type: 'pool', sx: 2 },
    { type: 'conv', filters: 64, sx: 3, pad: 1, activation: 'relu' },
    { type: 'pool', sx: 2 },
    { type: 'fc', num_neurons: 128, activation: 'relu' },
  ],
};
definitions.W2 = [...definitions.W1, { type: 'sum' }, ...structuredClone(definitions.W1)];

/** Its own way of making layers knows only its own kinds: a net of what comes before, then the sum, then the rest. */
export function makeNet(workload) {
  const layers = definitions[workload];
  const input = { type: 'input', out_sx: 28, out_sy: 28, out_depth: 1 };
  const head = { type: 'softmax', num_classes: 10 };
  const cut = layers.findIndex(({ type }) => type === 'sum');
  const net = new Net();
  if (cut < 0) {
    net.makeLayers([input, ...layers, head]);
    return net;
  }
  const below = new Net();
  below.makeLayers([input, ...layers.slice(0, cut), head]);
  below.layers.splice(-2);
  const sum = new ChannelSum(below.layers.at(-1));
  net.makeLayers([{ ...input, ...sum }, ...layers.slice(cut + 1), head]);
  net.layers.splice(0, 1, ...below.layers, sum);
  return net;
}

export function writeWeights(net, weights, isShared) {
  const tensors = weights.map(({ values }) => values);
  for (const layer of net.layers.filter(({ filters }) => filters)) {
    const values = tensors.shift();
    const { length } = layer.filters;
    layer.filters.forEach(({ w }, f) => {
      // Ours have the filters first where channels share a kernel, and last elsewhere.
      const isFirst = isShared && layer.layer_type === 'conv';
      for (let at = 0; at < w.length; at++) w[at] = values[isFirst ? f * w.length + at : at * length + f];
    });
    if (isShared && layer.layer_type === 'conv') {
      const { biases, getParamsAndGrads } = layer;
      biases.w.fill(0);
      layer.getParamsAndGrads = () => getParamsAndGrads.call(layer).filter(({ params }) => params !== biases.w);
    } else layer.biases.w.set(tensors.shift());
  }
}
