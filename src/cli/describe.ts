/**
 * @file `ocellus describe`: what a network is made of, with the formulas of each layer and their derived gradients; or the
 * program that a training step of it is compiled to.
 */
import { describeProgram } from '../compiler/describe-program.ts';
import { chunkCount } from '../compiler/kernel.ts';
import { buildNetwork, cnn } from '../model/cnn.ts';
import { buildGraph } from '../model/graph.ts';
import { parseNotation, printNotation } from '../model/notation.ts';
import { explain, explainLoss, summarize } from '../model/summary.ts';
import { ruleOf } from '../optimizers/index.ts';
import { parseOptimizer } from '../optimizers/notation.ts';
import { formatShape } from '../shape.ts';
import { defineCommand, type Zod } from './command.ts';
import { formulaListing, layerTable } from './format.ts';
import { classesOption, count, flag, imageShape, notationArgument, optimizerOption } from './options.ts';
import { programSchema, programText } from './program-text.ts';
import { shapeSchema } from './schema-parts.ts';

export const describe = defineCommand({
  name: 'describe',
  summary: 'show layers, shapes, costs, formulas and derived gradients',
  group: 'Understand and check',
  examples: [
    'describe "sharedConv + pool"',
    'describe "conv(16, 5) + relu + pool" --input 32x32x3 --classes 100',
    'describe "conv + relu + pool" --program --batch 64 --optimizer adagrad',
  ],
  arguments: { notation: notationArgument },
  options: {
    input: imageShape('size of an image', '28x28x1'),
    classes: classesOption,
    program: flag('show the compiled training step instead: nests, memory, multiply-adds'),
    batch: count('with --program: images a step', { from: 1, to: 65_536, standard: 32 }),
    optimizer: optimizerOption,
    threads: count('with --program: threads that share the work', { from: 1, to: 16, standard: 1 }),
  },
  output,
  run({ notation, input, classes, program: wantsProgram, batch, optimizer, threads }) {
    const model = cnn(parseNotation(notation));
    const network = buildNetwork(model, { input, classes });
    const summary = summarize(network);
    const explanations = explain(network);
    const loss = explainLoss(network);
    const program = wantsProgram
      ? describeProgram(buildGraph(network.nodes, network.input, ruleOf(parseOptimizer(optimizer))), {
          batchSize: batch,
          purpose: 'train',
          threads: Math.min(threads, chunkCount(batch)),
        })
      : undefined;
    return {
      body: {
        notation: printNotation(model.layers),
        input,
        classes,
        parameters: summary.parameters,
        multiplyAdds: summary.multiplyAdds,
        layers: summary.layers.map((layer, place) => ({ ...layer, ...explanations[place]! })),
        loss,
        ...(program ? { program } : {}),
      },
      text: (colors) =>
        [
          `input ${formatShape(input)}`,
          '',
          layerTable(summary, { colors }),
          ...(program
            ? ['', programText(program, { colors })]
            : [...explanations, loss].map((explanation) => `\n${formulaListing(explanation, { colors })}`)),
        ].join('\n'),
    };
  },
});

function output(zod: Zod) {
  const formulas = zod.array(
    zod.strictObject({
      text: zod.string(),
      axes: zod.record(zod.string(), zod.int().min(1)).describe('how many values each axis takes'),
    }),
  );
  const mathematics = {
    name: zod.string(),
    notation: zod.string(),
    tensors: zod.record(zod.string(), shapeSchema(zod)).describe('shapes of all tensors in the formulas'),
    constants: zod.record(zod.string(), zod.number()),
    forward: formulas,
    backward: formulas.describe('derived'),
  };
  const costs = { output: shapeSchema(zod), parameters: zod.int().min(0), multiplyAdds: zod.int().min(0) };
  return zod.strictObject({
    notation: zod.string(),
    input: shapeSchema(zod),
    classes: zod.int().min(1),
    parameters: costs.parameters,
    multiplyAdds: costs.multiplyAdds.describe('of one image, forwards'),
    layers: zod.array(zod.strictObject({ ...mathematics, ...costs })),
    loss: zod.strictObject(mathematics),
    program: programSchema(zod).optional().describe('with --program'),
  });
}
