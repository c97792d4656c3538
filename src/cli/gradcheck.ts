/** @file `ocellus gradcheck`: a network's gradients against central differences, in float64. */
import { UsageError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { asWritten as notebookRules } from '../layers/notebook-parity.ts';
import { buildNetwork, cnn } from '../model/cnn.ts';
import { parseNotation, printNotation } from '../model/notation.ts';
import { formatShape, sizeOf } from '../shape.ts';
import { checkModelGradients } from '../training/gradient-check.ts';
import { defineCommand } from './command.ts';
import { small, table } from './format.ts';
import { classesOption, flag, imageShape, seedOption } from './options.ts';

/** The check interprets formulas twice for each number that it moves. */
const largestTensor = 1_000_000;

export const gradcheck = defineCommand({
  name: 'gradcheck',
  summary: 'check a network’s gradients against central differences',
  examples: ['gradcheck "conv + relu + pool"', 'gradcheck "sharedConv + sharedConv" --as-written'],
  arguments: { notation: 'layers in order, such as "conv(filters=16) + relu + pool"' },
  options: {
    input: imageShape('size of an image', '12x12x1'),
    classes: classesOption,
    seed: seedOption,
    asWritten: flag('take the notebook’s gradients, which are wrong, in place of the derived ones'),
  },
  run({ notation, input, classes, seed, asWritten }) {
    const model = cnn(parseNotation(notation));
    const adapt = asWritten ? notebookRules : undefined;
    const { nodes } = buildNetwork(model, { input, classes }, adapt);
    const shapes = [input, ...nodes.flatMap(({ rule }) => [rule.output, ...Object.values(rule.parameters ?? {})])];
    const largest = shapes.reduce((most, shape) => (sizeOf(shape) > sizeOf(most) ? shape : most));
    if (sizeOf(largest) > largestTensor) {
      throw new UsageError(
        `gradcheck takes tensors of up to ${formatCount(largestTensor)} numbers, but this network has one of ` +
          `${formatShape(largest)}. Give a smaller --input, or fewer filters, units or classes.`,
      );
    }
    const tensors = checkModelGradients(model, { input, classes, seed, ...(adapt ? { adapt } : {}) });
    const wrong = tensors.filter(({ passed }) => !passed);
    const passed = wrong.length === 0;
    return {
      exitCode: passed ? 0 : 1,
      body: { notation: printNotation(model.layers), input, classes, seed, asWritten, passed, tensors },
      text: (colors) =>
        [
          `${asWritten ? 'the notebook’s gradients' : 'derived gradients'} against central differences, input ${formatShape(input)}`,
          '',
          table(
            ['layer', 'tensor', 'error', 'limit', ''],
            tensors.map((each) => [
              each.layer,
              `${each.tensor}Grad`,
              small(each.error),
              small(each.limit),
              each.passed ? colors.green('right') : colors.red('WRONG'),
            ]),
            { colors, align: ['left', 'left', 'right', 'right', 'left'] },
          ),
          '',
          passed
            ? `all ${formatCount(tensors.length, 'gradient')} right`
            : `${wrong.length} of ${formatCount(tensors.length, 'gradient')} wrong; ` +
              'each is made from those of later layers, so look at the last wrong one first',
          ...(asWritten
            ? ['Differences see no ties: what the notebook does with equal maxima does not show here.']
            : []),
        ].join('\n'),
    };
  },
});
