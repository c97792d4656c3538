import { describe, expect, it } from 'vitest';
import { conv, dense, maxPool, relu, sharedConv } from '../layers/index.ts';
import { buildNetwork, cnn } from './cnn.ts';
import { explain, summarize } from './summary.ts';

const mnist = { input: [28, 28, 1], classes: 10 };

describe('summarize', () => {
  it("counts the notebook's smallest network", () => {
    expect(summarize(buildNetwork(cnn([sharedConv(), maxPool()]), mnist))).toEqual({
      input: [28, 28, 1],
      layers: [
        // One kernel a filter, whatever the channels; summing these multiplies nothing.
        { name: 'sharedConv1', notation: 'sharedConv', output: [28, 28, 8], parameters: 72, multiplyAdds: 56_448 },
        { name: 'maxPool2', notation: 'pool', output: [14, 14, 8], parameters: 0, multiplyAdds: 0 },
        {
          name: 'dense3',
          notation: 'dense(units=10, initialization=small)',
          output: [10],
          parameters: 15_690,
          multiplyAdds: 15_680,
        },
      ],
      parameters: 15_762,
      multiplyAdds: 72_128,
    });
  });

  it('counts every channel of a convolution, and only the windows that a stride leaves', () => {
    const layers = [conv({ filters: 4 }), relu(), conv({ filters: 2, stride: 2, padding: 'valid' }), dense()];
    const summary = summarize(buildNetwork(cnn(layers), { input: [9, 7, 3], classes: 2 }));
    expect(summary.layers.map(({ output, multiplyAdds }) => [output, multiplyAdds])).toEqual([
      [[9, 7, 4], 9 * 7 * 4 * (3 * 3 * 3)],
      [[9, 7, 4], 0],
      [[4, 3, 2], 4 * 3 * 2 * (3 * 3 * 4)],
      [[64], 4 * 3 * 2 * 64],
      [[2], 64 * 2],
    ]);
  });

  it("counts a rule's own sums of products, inner ones as often as they run", () => {
    const network = buildNetwork(cnn([relu()]), { input: [2, 3, 5], classes: 2 }, (kind, rule) =>
      kind === 'relu'
        ? { ...rule, forward: ['output[y,x,c] = input[y,x,c] / sum(i) (1 + sum(j) input[y,i,j] * input[y,x,j])'] }
        : rule,
    );
    expect(summarize(network).layers[0]!.multiplyAdds).toBe(2 * 3 * 5 * (3 * 5));
  });
});

describe('explain', () => {
  it('gives the formulas of every layer under its own names', () => {
    const [first, second, head] = explain(buildNetwork(cnn([conv(), maxPool()]), mnist));
    expect(first).toEqual({
      name: 'conv1',
      notation: 'conv',
      tensors: {
        input: [28, 28, 1],
        kernel: [3, 3, 1, 8],
        bias: [8],
        output: [28, 28, 8],
        inputGrad: [28, 28, 1],
        kernelGrad: [3, 3, 1, 8],
        biasGrad: [8],
        outputGrad: [28, 28, 8],
      },
      constants: { p: 1 },
      forward: [
        {
          text: 'output[y,x,f] = bias[f] + sum(i,j,c) input[y+i-p, x+j-p, c] * kernel[i,j,c,f]',
          axes: { y: 28, x: 28, f: 8, i: 3, j: 3, c: 1 },
        },
      ],
      backward: [
        {
          text: 'inputGrad[y,x,c] = sum(i,j,f) outputGrad[y-i+p, x-j+p, f] * kernel[i,j,c,f]',
          axes: { y: 28, x: 28, c: 1, i: 3, j: 3, f: 8 },
        },
        {
          text: 'kernelGrad[i,j,c,f] = sum(y,x) input[y+i-p, x+j-p, c] * outputGrad[y,x,f]',
          axes: { i: 3, j: 3, c: 1, f: 8, y: 28, x: 28 },
        },
        { text: 'biasGrad[f] = sum(y,x) outputGrad[y,x,f]', axes: { f: 8, y: 28, x: 28 } },
      ],
    });
    expect(second!.constants).toEqual({ s: 2 });
    expect(second!.forward[0]!.text).toBe('output[y,x,c] = max(i,j) input[s*y+i, s*x+j, c]');
    expect(head!.forward[0]!.text).toBe('output[o] = bias[o] + sum(y,x,c) input[y,x,c] * weights[y,x,c,o]');
  });

  it('survives JSON', () => {
    const explanation = explain(buildNetwork(cnn([sharedConv(), relu()]), mnist));
    expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
  });
});
