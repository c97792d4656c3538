/**
 * @file Denormal numbers of float32 (below 2^-126) cost some CPUs a hundred times as much, and WebAssembly cannot turn
 * them off. So no step of training may make any, wherever units are dead or classes certain.
 */
import { describe, expect, test } from 'vitest';
import type { Program } from '../src/engine/engine.ts';
import { wasmEngine } from '../src/engine/wasm/index.ts';
import type { Expression, Operation } from '../src/formula/expression.ts';
import { conv, dense, maxPool, relu, sharedConv, tanh } from '../src/layers/index.ts';
import type { Layer } from '../src/layers/layer.ts';
import { buildNetwork } from '../src/model/cnn.ts';
import { buildGraph, type Graph } from '../src/model/graph.ts';
import { adagrad, adam, ruleOf, sgd } from '../src/optimizers/index.ts';
import type { Optimizer } from '../src/optimizers/optimizer.ts';
import { randomStream } from '../src/random.ts';
import { sizeOf } from '../src/shape.ts';

const input = [12, 12, 1];
const classes = 3;
const small = [conv({ filters: 4 }), relu(), maxPool(), dense({ units: 12 }), relu()];
const deep = [conv({ filters: 4 }), tanh(), maxPool(), dense({ units: 9 }), tanh(), dense({ units: 9 }), tanh()];

const isDenormal = (value: number): boolean => value !== 0 && Math.abs(value) < 2 ** -126;

/** In tensors of these names, those of every example where each has its own. */
function denormalsIn(program: Program, { tensors }: Graph, names: readonly string[]): number {
  const values = names.flatMap((name) =>
    Array.from({ length: tensors.get(name)!.perExample ? program.batchSize : 1 }, (_, example) => [
      ...program.read(name, example),
    ]).flat(),
  );
  return values.filter(isDenormal).length;
}

interface Subject {
  readonly layers: readonly Layer[];
  readonly optimizer: Optimizer;
  readonly batchSize: number;
}

class Trainee {
  readonly graph: Graph;
  readonly #program: Program;
  /** Without an optimiser, every gradient that is stored can be looked at. */
  readonly #looker: Program;
  readonly #images: readonly Float32Array[];
  readonly #batchSize: number;
  #next = 0;

  private constructor(graph: Graph, program: Program, looker: Program) {
    const { normal } = randomStream(1, 'denormals');
    this.graph = graph;
    this.#program = program;
    this.#looker = looker;
    this.#batchSize = program.batchSize;
    for (const { name, shape, initialDeviation } of graph.parameters) {
      program.write(
        name,
        Float32Array.from({ length: sizeOf(shape) }, () => normal() * initialDeviation),
      );
    }
    this.#images = Array.from({ length: 30 }, (_, image) =>
      Float32Array.from({ length: 144 }, (_, pixel) => normal() / 20 + (Math.floor(pixel / 48) === image % 3 ? 1 : 0)),
    );
  }

  static async create({ layers, optimizer, batchSize }: Subject): Promise<Trainee> {
    const { nodes, input: shape } = buildNetwork({ layers }, { input, classes });
    const [trained, plain] = [buildGraph(nodes, shape, ruleOf(optimizer)), buildGraph(nodes, shape)];
    const keep = plain.backward.map(({ target }) => target.tensor);
    const program = await wasmEngine.create(trained, { batchSize, purpose: 'train' });
    const looker = await wasmEngine.create(plain, { batchSize, purpose: 'train', keep });
    return new Trainee(trained, program, looker);
  }

  change(pattern: RegExp, change: (value: number, place: number) => number): void {
    for (const { name } of this.graph.parameters) {
      if (pattern.test(name)) this.#program.write(name, this.#program.read(name).map(change));
    }
  }

  /** Steps on images of the class that `label` says, and what is denormal in the end. */
  train(steps: number, label = (image: number, _logits: readonly number[]): number => image % 3): number {
    for (let step = 0; step < steps; step++) {
      const images = Array.from({ length: this.#batchSize }, () => this.#next++ % 30);
      for (const program of [this.#program, this.#looker]) {
        for (const [example, image] of images.entries()) program.write(this.graph.image, this.#images[image]!, example);
      }
      this.#program.forward(this.#batchSize);
      for (const [example, image] of images.entries()) {
        const right = label(image, [...this.#program.read(this.graph.logits, example)]);
        const target = [0, 1, 2].map((k) => (k === right ? 1 : 0));
        for (const program of [this.#program, this.#looker]) program.write(this.graph.target, target, example);
      }
      this.#program.step(this.#batchSize);
    }
    for (const { name } of this.graph.parameters) this.#looker.write(name, this.#program.read(name));
    this.#looker.gradients(this.#batchSize);
    const kept = [...this.graph.parameters, ...this.graph.updates.flatMap(({ state }) => state)];
    const names = kept.map(({ name }) => name);
    const gradients = [...new Set(this.graph.backward.map(({ target }) => target.tensor))];
    return denormalsIn(this.#program, this.graph, names) + denormalsIn(this.#looker, this.graph, gradients);
  }
}

describe('no number is denormal', () => {
  test.each([sgd({ momentum: 0.9 }), adam()])('after 3,000 steps with dead units: %j', async (optimizer) => {
    const trainee = await Trainee.create({ layers: small, optimizer, batchSize: 10 });
    expect(trainee.train(20)).toBe(0);
    trainee.change(/^(conv1|dense4)\.bias$/, (value, unit) => (unit % 2 === 0 ? -1000 : value));
    expect(trainee.train(2980)).toBe(0);
  });

  test('in squares that decay for long', async () => {
    const trainee = await Trainee.create({ layers: small, optimizer: adam({ beta2: 0.9 }), batchSize: 10 });
    trainee.train(20);
    trainee.change(/^(conv1|dense4)\.bias$/, () => -1000);
    expect(trainee.train(1500)).toBe(0);
  });

  const surest = (_: number, logits: readonly number[]): number => logits.indexOf(Math.max(...logits));
  test.each(
    [sgd(), sgd({ momentum: 0.9 }), adagrad(), adam()].flatMap((optimizer) => [
      { layers: small, optimizer, batchSize: 10 },
      { layers: deep, optimizer, batchSize: 10 },
      { layers: [sharedConv(), maxPool()], optimizer, batchSize: 1 },
    ]),
  )('where all classes but one are impossible: $layers.length layers, $optimizer', async (subject) => {
    for (const logits of [20, 30, 40, 50, 60, 70, 80, 90]) {
      const trainee = await Trainee.create(subject);
      const last = trainee.graph.parameters.at(-2)!.name;
      let greatest = 0;
      trainee.train(1, (_, values) => {
        greatest = Math.max(greatest, ...values.map(Math.abs));
        return 0;
      });
      trainee.change(new RegExp(`^${last}$`), (weight) => (weight * logits) / greatest);
      expect(trainee.train(10, surest), `logits of ${logits}`).toBe(0);
    }
  });
});

describe('no step on the way to a new weight is denormal', () => {
  const { fround } = Math;
  const operations: Partial<Record<Operation, (a: number, b: number) => number>> = {
    add: (a, b) => a + b,
    subtract: (a, b) => a - b,
    multiply: (a, b) => a * b,
    divide: (a, b) => a / b,
    sqrt: Math.sqrt,
  };

  /** In float32, operation by operation; `seen` gets every result. */
  function evaluate(node: Expression, values: ReadonlyMap<string, number>, seen: number[]): number {
    if (node.kind === 'number') return fround(node.value);
    if (node.kind === 'read') return values.get(node.tensor)!;
    if (node.kind === 'reduce') return evaluate(node.body, values, seen);
    const [a, b = 0] = node.operands.map((operand) => evaluate(operand, values, seen));
    const result = fround(operations[node.operation]!(a!, b));
    seen.push(result);
    return result;
  }

  test.each([sgd(), sgd({ momentum: 0.9 }), adagrad(), adam(), adam({ beta2: 0.999999 })])('%j', (optimizer) => {
    const rule = { output: [1], parameters: { w: [1] }, forward: ['output[k] = w[k] + input[k]'] };
    const { updates } = buildGraph([{ name: 'own', rule, inputs: [-1] }], [1], ruleOf(optimizer));
    for (let power = -100; power <= 20; power++) {
      const values = new Map([
        ['own.w', 0],
        ...updates.flatMap(({ state }) => state.map(({ name, initial }) => [name, fround(initial)] as const)),
      ]);
      for (const gradient of [2 ** power, -(2 ** (power - 1)) * 1.7, 0, 0, 2 ** (power + 1) * 1.1]) {
        const seen: number[] = [];
        values.set('own.wGrad', fround(gradient));
        for (const { formulas, assign } of updates) {
          for (const { target, expression } of formulas) {
            values.set(target.tensor, evaluate(expression, values, seen));
          }
          for (const [to, from] of assign) values.set(to, values.get(from)!);
        }
        expect(seen.filter(isDenormal), `gradients of 2^${power}`).toEqual([]);
      }
    }
  });
});
