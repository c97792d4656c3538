import { describe, expect, test } from 'vitest';
import { createReferenceProgram } from '../engine/reference.ts';
import { conv, dense, maxPool, relu, sharedConv } from '../layers/index.ts';
import type { LayerRule } from '../layers/layer.ts';
import { buildNetwork, cnn } from '../model/cnn.ts';
import { buildGraph } from '../model/graph.ts';
import { checkModelGradients, checkRuleGradients, gradientErrorLimit } from './gradient-check.ts';
import { distanceToKink, sidesOfKinks, withProbes } from './kinks.ts';

const cube: LayerRule = { output: [3], forward: ['output[k] = input[k] * input[k] * input[k]'] };

describe('checkRuleGradients', () => {
  test('passes what is right, tensor by tensor', () => {
    const rule = conv.definition.rule(conv({ filters: 2 }), [4, 3, 2]);
    const errors = checkRuleGradients(rule, [[4, 3, 2]]);
    expect(errors.map(({ tensor }) => tensor)).toEqual(['input', 'kernel', 'bias']);
    for (const { error, limit } of errors) {
      expect(limit).toBe(1e-6);
      expect(error).toBeLessThan(limit);
    }
  });

  test.each([
    ['a factor', 'inputGrad[k] = 2.999 * outputGrad[k] * input[k] * input[k]'],
    ['a sign', 'inputGrad[k] = -3 * outputGrad[k] * input[k] * input[k]'],
    ['one element', 'inputGrad[k] = 3 * outputGrad[k] * input[k] * input[k] * (input[k] > input[k-1])'],
    ['nothing at all', 'inputGrad[k] = 0 * outputGrad[k]'],
    ['NaN', 'inputGrad[k] = sqrt(-1) * outputGrad[k]'],
  ])('fails a gradient that is wrong by %s', (_, backward) => {
    const [right] = checkRuleGradients(cube, [[3]]);
    expect(right!.error).toBeLessThan(gradientErrorLimit);
    const [wrong] = checkRuleGradients({ ...cube, backward: [backward] }, [[3]]);
    expect(wrong!.error <= 1e-4).toBe(false);
  });

  test('passes a gradient that vanishes identically, for all its rounding', () => {
    const rule = {
      output: [4],
      parameters: { shift: [] },
      forward: [
        'moved[k] = input[k] + shift',
        'mean = sum(k) moved[k] / 4',
        'output[k] = (moved[k] - mean) * (moved[k] - mean)',
      ],
    };
    expect(checkRuleGradients(rule, [[4]]).every(({ error, limit }) => error <= limit)).toBe(true);
  });

  test('is repeatable: one seed, one result', () => {
    const rule = dense.definition.rule(dense({ units: 3 }), [5]);
    expect(checkRuleGradients(rule, [[5]], { seed: 7 })).toEqual(checkRuleGradients(rule, [[5]], { seed: 7 }));
    expect(checkRuleGradients(rule, [[5]], { seed: 8 })).not.toEqual(checkRuleGradients(rule, [[5]], { seed: 7 }));
  });
});

describe('checkModelGradients', () => {
  const model = cnn([conv({ filters: 3 }), relu(), maxPool(), sharedConv({ filters: 2 }), dense({ units: 4 }), relu()]);

  test('passes every parameter, and what every layer hands down', () => {
    const errors = checkModelGradients(model, { input: [7, 6, 2], classes: 3 });
    expect(errors.map(({ layer, tensor }) => `${layer} ${tensor}`)).toEqual([
      'conv1 input',
      'conv1 kernel',
      'conv1 bias',
      'relu2 input',
      'maxPool3 input',
      'sharedConv4 input',
      'sharedConv4 kernel',
      'dense5 input',
      'dense5 weights',
      'dense5 bias',
      'relu6 input',
      'dense7 input',
      'dense7 weights',
      'dense7 bias',
    ]);
    expect(errors.filter(({ passed }) => !passed)).toEqual([]);
  });

  test('fails a layer whose gradient is wrong, and what lies below it', () => {
    const wrong = (kind: string, rule: LayerRule) =>
      kind === 'relu' ? { ...rule, backward: ['inputGrad[y,x,c] = outputGrad[y,x,c]'] } : rule;
    const errors = checkModelGradients(cnn([conv({ filters: 2 }), relu(), conv({ filters: 2 })]), {
      input: [6, 6, 1],
      classes: 3,
      adapt: wrong,
    });
    const failed = errors.filter(({ passed }) => !passed).map(({ layer }) => layer);
    expect(new Set(failed)).toEqual(new Set(['conv1', 'relu2']));
  });

  test('holds for a deep network whose kinks lie close', () => {
    const deep = cnn([conv(), relu(), conv(), relu(), maxPool(), conv(), relu(), maxPool()]);
    const errors = checkModelGradients(deep, { input: [10, 10, 1], classes: 4, samples: 4 });
    expect(errors.filter(({ passed }) => !passed)).toEqual([]);
  });
});

describe('kinks', () => {
  const { nodes, input } = buildNetwork(cnn([relu(), maxPool()]), { input: [2, 2, 1], classes: 2 });
  const probes = withProbes(buildGraph(nodes, input), new Set(['loss.top']));
  const program = createReferenceProgram(probes.graph, { batchSize: 1, purpose: 'train' });
  const look = (image: readonly number[]) => {
    program.write('image', image, 0);
    program.forward(1);
    return { distance: distanceToKink(program, probes), sides: sidesOfKinks(program, probes) };
  };

  test('are found by walking the formulas: 0 for the relu, the runner-up for the pool', () => {
    expect(look([5, -1, -2, 3]).distance).toBe(1);
    expect(look([5, 4.5, 3, 3]).distance).toBe(0.5);
    expect(look([5, -0.25, 1, 1]).distance).toBe(0.25);
  });

  test('are none where all maxima are equal and stay so', () => {
    expect(look([-1, -2, -3, -4]).distance).toBe(1);
  });

  test('have two sides', () => {
    expect(look([5, 4, 3, 2]).sides).toBe(look([9, 8, 3, 2]).sides);
    expect(look([5, 4, 3, 2]).sides).not.toBe(look([4, 5, 3, 2]).sides);
    expect(look([5, 4, 3, 2]).sides).not.toBe(look([5, 4, 3, -2]).sides);
  });
});
