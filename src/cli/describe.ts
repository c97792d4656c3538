/** @file `ocellus describe`: what a network is made of, with the formulas of each layer and their derived gradients. */
import { buildNetwork, cnn } from '../model/cnn.ts';
import { parseNotation, printNotation } from '../model/notation.ts';
import { explain, summarize } from '../model/summary.ts';
import { formatShape } from '../shape.ts';
import { defineCommand } from './command.ts';
import { formulaListing, layerTable } from './format.ts';
import { classesOption, imageShape } from './options.ts';

export const describe = defineCommand({
  name: 'describe',
  summary: 'show layers, shapes, costs, formulas and derived gradients',
  examples: ['describe "sharedConv + pool"', 'describe "conv(16, 5) + relu + pool" --input 32x32x3 --classes 100'],
  arguments: { notation: 'layers in order, such as "conv(filters=16) + relu + pool"' },
  options: { input: imageShape('size of an image', '28x28x1'), classes: classesOption },
  run({ notation, input, classes }) {
    const model = cnn(parseNotation(notation));
    const network = buildNetwork(model, { input, classes });
    const summary = summarize(network);
    const explanations = explain(network);
    return {
      body: {
        notation: printNotation(model.layers),
        input,
        classes,
        parameters: summary.parameters,
        multiplyAdds: summary.multiplyAdds,
        layers: summary.layers.map((layer, place) => ({ ...layer, ...explanations[place] })),
      },
      text: (colors) =>
        [
          `input ${formatShape(input)}`,
          '',
          layerTable(summary, { colors }),
          ...explanations.map((explanation) => `\n${formulaListing(explanation, { colors })}`),
        ].join('\n'),
    };
  },
});
