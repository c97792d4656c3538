/** @file Derived gradients of many kinds of layers, written as formulas, against central differences. */
import { expect, test } from 'vitest';
import type { LayerRule } from '../layers/layer.ts';
import type { Shape } from '../shape.ts';
import { checkRuleGradients, gradientErrorLimit } from '../training/gradient-check.ts';

type Kind = readonly [name: string, inputs: readonly Shape[], rule: LayerRule];

const image: Shape = [5, 4, 3];
const elementwise = (name: string, expression: string): Kind => [
  name,
  [image],
  { output: image, forward: [`output[y,x,c] = ${expression.replace(/\bin\b/g, 'input[y,x,c]')}`] },
];

const kinds: readonly Kind[] = [
  elementwise('identity', 'in'),
  elementwise('square', 'in * in'),
  elementwise('leaky ReLU', 'max(in, in / 10)'),
  elementwise('ReLU6', 'min(max(in, 0), 1)'),
  elementwise('leaky ReLU, from below', 'min(-in, -0.2 * in)'),
  elementwise('absolute value', 'max(in, -in)'),
  elementwise('tanh', 'tanh(in)'),
  elementwise('sigmoid', '0.5 + 0.5 * tanh(in / 2)'),
  elementwise('SiLU', 'in * (0.5 + 0.5 * tanh(in / 2))'),
  elementwise('GELU, by tanh', '0.5 * in * (1 + tanh(0.7978845608 * (in + 0.044715 * in * in * in)))'),
  elementwise('GELU', 'in * (0.5 + 0.5 * erf(in / 1.4142135623730951))'),
  elementwise('sine', 'sin(3 * in)'),
  elementwise('Snake', 'in + sin(in) * sin(in)'),
  elementwise('cosine', 'cos(in) / (2 + cos(2 * in))'),
  elementwise('cube', 'pow(in, 3)'),
  elementwise('reciprocal', 'pow(exp(in), -1)'),
  elementwise('softplus', 'log(1 + exp(in))'),
  elementwise('ELU', 'max(in, 0) + exp(min(in, 0)) - 1'),
  elementwise('hard step times input', 'in * (in > 0.2)'),
  elementwise('reciprocal root', '1 / sqrt(in * in + 1)'),
  [
    'average pool, side by side',
    [[5, 4, 3]],
    { output: [2, 2, 3], axes: { i: 2, j: 2 }, forward: ['output[y,x,c] = sum(i,j) input[2*y+i, 2*x+j, c] / 4'] },
  ],
  [
    'average pool, overlapping',
    [[7, 6, 2]],
    { output: [3, 2, 2], axes: { i: 3, j: 3 }, forward: ['output[y,x,c] = sum(i,j) input[2*y+i, 2*x+j, c] / 9'] },
  ],
  ['global average pool', [image], { output: [3], forward: ['output[c] = sum(y,x) input[y,x,c] / 20'] }],
  ['global max pool', [image], { output: [3], forward: ['output[c] = max(y,x) input[y,x,c]'] }],
  [
    'padded max pool',
    [[7, 6, 2]],
    { output: [4, 3, 2], axes: { i: 3, j: 3 }, forward: ['output[y,x,c] = max(i,j) input[2*y+i-1, 2*x+j-1, c]'] },
  ],
  [
    'a power mean of each window, its exponent learned',
    [[7, 6, 2]],
    {
      output: [3, 2, 2],
      parameters: { p: [2] },
      axes: { i: 3, j: 3 },
      forward: [
        'size[y,x,c] = max(input[y,x,c], -input[y,x,c]) + 0.1',
        'power[y,x,c] = pow(size[y,x,c], p[c])',
        'output[y,x,c] = pow((sum(i,j) power[2*y+i, 2*x+j, c]) / 9, 1 / (2 + p[c] * p[c]))',
      ],
    },
  ],
  [
    'L2 pool, overlapping',
    [[7, 6, 2]],
    {
      output: [3, 2, 2],
      axes: { i: 3, j: 3 },
      forward: ['output[y,x,c] = sqrt(0.01 + sum(i,j) input[2*y+i, 2*x+j, c] * input[2*y+i, 2*x+j, c])'],
    },
  ],
  [
    'strided and dilated convolution',
    [[9, 8, 2]],
    {
      output: [3, 2, 3],
      parameters: { kernel: [3, 3, 2, 3] },
      constants: { s: 3, d: 2, p: 1 },
      forward: ['output[y,x,f] = sum(i,j,c) input[s*y+d*i-p, s*x+d*j-p, c] * kernel[i,j,c,f]'],
    },
  ],
  [
    'stride and dilation with a common factor',
    [[9, 8, 1]],
    {
      output: [3, 2, 2],
      parameters: { kernel: [2, 2, 2] },
      forward: ['output[y,x,f] = sum(i,j) input[4*y+2*i-1, 4*x+2*j-1, 0] * kernel[i,j,f]'],
    },
  ],
  [
    'depthwise convolution',
    [image],
    {
      output: image,
      parameters: { kernel: [3, 3, 3] },
      forward: ['output[y,x,c] = sum(i,j) input[y+i-1, x+j-1, c] * kernel[i,j,c]'],
    },
  ],
  [
    'grouped convolution',
    [[5, 4, 4]],
    {
      output: [5, 4, 2, 3],
      parameters: { kernel: [3, 3, 2, 2, 3] },
      forward: ['output[y,x,g,f] = sum(i,j,c) input[y+i-1, x+j-1, 2*g+c] * kernel[i,j,g,c,f]'],
    },
  ],
  [
    'flipped convolution',
    [image],
    {
      output: image,
      parameters: { kernel: [3, 3] },
      forward: ['output[y,x,c] = sum(i,j) input[y-i+1, x-j+1, c] * kernel[i,j]'],
    },
  ],
  [
    "the notebook's convolution",
    [image],
    {
      output: [5, 4, 2],
      parameters: { kernel: [2, 3, 3] },
      forward: ['plane[y,x] = sum(c) input[y,x,c]', 'output[y,x,f] = sum(i,j) plane[y+i-1, x+j-1] * kernel[f,i,j]'],
    },
  ],
  [
    'convolution, tanh and scale in one rule',
    [image],
    {
      output: [5, 4, 2],
      parameters: { kernel: [3, 3, 3, 2], scale: [2] },
      forward: ['output[y,x,f] = scale[f] * tanh(sum(i,j,c) input[y+i-1, x+j-1, c] * kernel[i,j,c,f])'],
    },
  ],
  [
    'weight-normalised dense',
    [[6]],
    {
      output: [4],
      parameters: { v: [6, 4], g: [4] },
      forward: ['norm[o] = sqrt(sum(k) v[k,o] * v[k,o])', 'output[o] = g[o] / norm[o] * (sum(k) input[k] * v[k,o])'],
    },
  ],
  [
    'bilinear form',
    [[4]],
    {
      output: [2],
      parameters: { w: [4, 4, 2] },
      forward: ['output[o] = sum(k,l) input[k] * w[k,l,o] * input[l]'],
    },
  ],
  [
    'layer norm',
    [image],
    {
      output: image,
      parameters: { gamma: [3], beta: [3] },
      forward: [
        'mean = sum(y,x,c) input[y,x,c] / 60',
        'variance = sum(y,x,c) (input[y,x,c] - mean) * (input[y,x,c] - mean) / 60',
        'output[y,x,c] = gamma[c] * (input[y,x,c] - mean) / sqrt(variance + 0.001) + beta[c]',
      ],
    },
  ],
  [
    'instance norm',
    [image],
    {
      output: image,
      forward: [
        'mean[c] = sum(y,x) input[y,x,c] / 20',
        'deviation[c] = sqrt(0.001 + sum(y,x) (input[y,x,c] - mean[c]) * (input[y,x,c] - mean[c]) / 20)',
        'output[y,x,c] = (input[y,x,c] - mean[c]) / deviation[c]',
      ],
    },
  ],
  [
    'group norm',
    [[4, 3, 6]],
    {
      output: [4, 3, 3, 2],
      parameters: { gamma: [3, 2] },
      axes: { d: 2, g: 3 },
      forward: [
        'mean[g] = sum(y,x,d) input[y, x, 2*g+d] / 24',
        'variance[g] = sum(y,x,d) (input[y, x, 2*g+d] - mean[g]) * (input[y, x, 2*g+d] - mean[g]) / 24',
        'output[y,x,g,d] = gamma[g,d] * (input[y, x, 2*g+d] - mean[g]) / sqrt(variance[g] + 0.001)',
      ],
    },
  ],
  [
    'RMS norm',
    [[6]],
    {
      output: [6],
      parameters: { gamma: [6] },
      forward: ['output[k] = gamma[k] * input[k] / sqrt(0.001 + (sum(l) input[l] * input[l]) / 6)'],
    },
  ],
  [
    'local response normalisation',
    [[3, 2, 6]],
    {
      output: [3, 2, 6],
      axes: { n: 3 },
      forward: [
        'square[y,x,c] = input[y,x,c] * input[y,x,c]',
        'output[y,x,c] = input[y,x,c] / (1 + (sum(n) square[y, x, c+n-1]) / 3)',
      ],
    },
  ],
  [
    'softmax',
    [[5]],
    {
      output: [5],
      forward: [
        'top = max(k) input[k]',
        'e[k] = exp(input[k] - top)',
        'total = sum(k) e[k]',
        'output[k] = e[k] / total',
      ],
    },
  ],
  [
    'softmax cross-entropy',
    [[5]],
    {
      output: [],
      parameters: { target: [5] },
      stopGradient: ['top'],
      forward: [
        'top = max(k) input[k]',
        'total = sum(k) exp(input[k] - top)',
        'output[] = log(total) + top - sum(k) target[k] * input[k]',
      ],
    },
  ],
  [
    'squared error',
    [[5], [5]],
    { output: [], forward: ['output[] = sum(k) (input1[k] - input2[k]) * (input1[k] - input2[k])'] },
  ],
  ['residual add', [image, image], { output: image, forward: ['output[y,x,c] = input1[y,x,c] + input2[y,x,c]'] }],
  [
    'squeeze and excite',
    [image],
    {
      output: image,
      parameters: { w: [3, 3] },
      forward: [
        'mean[c] = sum(y,x) input[y,x,c] / 20',
        'gate[c] = 0.5 + 0.5 * tanh((sum(d) mean[d] * w[d,c]) / 2)',
        'output[y,x,c] = input[y,x,c] * gate[c]',
      ],
    },
  ],
  [
    'maxout',
    [[5]],
    {
      output: [3],
      parameters: { w: [5, 3, 2], b: [3, 2] },
      forward: ['z[o,m] = b[o,m] + sum(k) input[k] * w[k,o,m]', 'output[o] = max(m) z[o,m]'],
    },
  ],
  [
    'maxout in one formula',
    [[5]],
    {
      output: [3],
      parameters: { w: [5, 3, 2], b: [3, 2] },
      forward: ['output[o] = 2 * (max(m) (b[o,m] + sum(k) input[k] * w[k,o,m])) + 1'],
    },
  ],
  [
    'morphological dilation',
    [[5, 4, 2]],
    {
      output: [5, 4, 2],
      parameters: { kernel: [3, 3] },
      forward: ['output[y,x,c] = max(i,j) (input[y+i-1, x+j-1, c] + kernel[i,j])'],
    },
  ],
  [
    'nearest upsampling',
    [[3, 2, 2]],
    {
      output: [6, 2, 2],
      forward: ['output[2*y,x,c] = input[y,x,c]', 'output[2*y+1, x, c] = input[y,x,c]'],
    },
  ],
  ['flip and crop', [[6, 5, 1]], { output: [4, 5, 1], forward: ['output[y,x,c] = input[y+1, 4-x, c]'] }],
  ['transpose', [[3, 4]], { output: [4, 3], forward: ['output[x,y] = input[y,x]'] }],
  ['diagonal', [[4, 4]], { output: [4], forward: ['output[k] = input[k,k]'] }],
  [
    'total variation',
    [[5, 4]],
    { output: [], forward: ['output[] = sum(y,x) (input[y+1, x] - input[y,x]) * (input[y+1, x] - input[y,x])'] },
  ],
  [
    'neighbours, with 0 outside',
    [[6]],
    { output: [6], forward: ['output[k] = max(input[k-1], input[k+1]) * min(input[k], input[k+2])'] },
  ],
  [
    'attention of one head',
    [[4, 3]],
    {
      output: [4, 3],
      parameters: { q: [3, 2], k: [3, 2] },
      forward: [
        'query[t,d] = sum(c) input[t,c] * q[c,d]',
        'key[u,d] = sum(c) input[u,c] * k[c,d]',
        'score[t,u] = exp(sum(d) query[t,d] * key[u,d])',
        'total[t] = sum(u) score[t,u]',
        'output[t,c] = (sum(u) score[t,u] * input[u,c]) / total[t]',
      ],
    },
  ],
];

test.each(kinds)('%s', (_, inputs, rule) => {
  for (let seed = 0; seed < 5; seed++) {
    for (const { tensor, error } of checkRuleGradients(rule, inputs, { seed })) {
      expect(error, `${tensor}, seed ${seed}`).toBeLessThanOrEqual(gradientErrorLimit);
    }
  }
});
