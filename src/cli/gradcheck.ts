/** @file `ocellus gradcheck`: a network's gradients against central differences, in float64. */
import { UsageError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { asWritten as notebookRules } from '../layers/notebook-parity.ts';
import { buildNetwork, cnn } from '../model/cnn.ts';
import { parseNotation, printNotation } from '../model/notation.ts';
import { summarize } from '../model/summary.ts';
import { formatShape, sizeOf } from '../shape.ts';
import { checkModelGradients, type LayerGradientError, standardSamples } from '../training/gradient-check.ts';
import { defineCommand, type Zod } from './command.ts';
import type { Colors } from './context.ts';
import { small, table } from './format.ts';
import { classesOption, count, flag, imageShape, notationArgument, seedOption } from './options.ts';
import { withProgress } from './progress.ts';
import { shapeSchema } from './schema-parts.ts';

/** The check interprets formulas twice for each number that it moves. */
const largestTensor = 1_000_000;
const fewestSamples = 3;
/** Multiply-adds of a network times elements of a tensor: more takes minutes. */
const samplingWork = 1e7;

export const gradcheck = defineCommand({
  name: 'gradcheck',
  summary: 'check a network’s gradients against central differences',
  group: 'Understand and check',
  examples: ['gradcheck "conv + relu + pool"', 'gradcheck "sharedConv + sharedConv" --as-written'],
  arguments: { notation: notationArgument },
  options: {
    input: imageShape('size of an image', '12x12x1'),
    classes: classesOption,
    seed: seedOption,
    samples: count(
      `how many elements of each tensor are checked, drawn by the seed; ${standardSamples} by default, in large networks fewer`,
      { from: 1 },
    ),
    all: flag('check every element of every tensor'),
    asWritten: flag('take the notebook’s gradients, which are wrong, in place of the derived ones'),
  },
  output,
  async run({ notation, input, classes, seed, asWritten, all, ...options }, context) {
    if (all && options.samples !== undefined) {
      throw new UsageError('--all checks every element, and --samples some of them. Leave one of them out.');
    }
    const model = cnn(parseNotation(notation));
    const adapt = asWritten ? notebookRules : undefined;
    const network = buildNetwork(model, { input, classes }, adapt);
    const shapes = [
      input,
      ...network.nodes.flatMap(({ rule }) => [rule.output, ...Object.values(rule.parameters ?? {})]),
    ];
    const largest = shapes.reduce((most, shape) => (sizeOf(shape) > sizeOf(most) ? shape : most));
    if (sizeOf(largest) > largestTensor) {
      throw new UsageError(
        `gradcheck takes tensors of up to ${formatCount(largestTensor)} numbers, but this network has one of ` +
          `${formatShape(largest)}. Give a smaller --input, or fewer filters, units or classes.`,
      );
    }
    const samples = all ? Number.POSITIVE_INFINITY : (options.samples ?? samplesFor(summarize(network).multiplyAdds));
    const tensors = await withProgress(context, (progress) => {
      const task = progress.task('gradients', 1);
      const found = checkModelGradients(model, {
        ...{ input, classes, seed, samples },
        ...(adapt ? { adapt } : {}),
        onProgress: ({ next, done, of }) => task.update(done / of, next),
      });
      task.done(formatCount(found.length, 'gradient'));
      return found;
    });
    const wrong = tensors.filter(({ passed, checked }) => !passed && checked > 0).length;
    const unchecked = tensors.filter(({ checked }) => checked === 0).length;
    return {
      exitCode: wrong > 0 ? 1 : unchecked > 0 ? 4 : 0,
      body: {
        notation: printNotation(model.layers),
        input,
        classes,
        seed,
        asWritten,
        samples: all ? null : samples,
        passed: wrong + unchecked === 0,
        tensors,
      },
      text: (colors) =>
        [
          `${asWritten ? 'the notebook’s gradients' : 'derived gradients'} against central differences, input ${formatShape(input)}`,
          all ? 'every element' : `at most ${formatCount(samples, 'element')} of each tensor, drawn by seed ${seed}`,
          '',
          table(
            ['layer', 'tensor', 'elements', 'checked', 'error', 'limit', ''],
            tensors.map((each) => tensorRow(each, colors)),
            { colors, align: ['left', 'left', 'right', 'right', 'right', 'right', 'left'] },
          ),
          '',
          verdict(tensors.length, wrong, unchecked),
          ...(asWritten
            ? ['Differences see no ties: what the notebook does with equal maxima does not show here.']
            : []),
        ].join('\n'),
    };
  },
});

/** How many elements of each tensor are checked in a network of so many multiply-adds. */
export function samplesFor(multiplyAdds: number): number {
  return Math.min(standardSamples, Math.max(fewestSamples, Math.floor(samplingWork / multiplyAdds)));
}

function tensorRow(
  { layer, tensor, elements, checked, error, limit, passed }: LayerGradientError,
  colors: Colors,
): string[] {
  const counts = [formatCount(elements), formatCount(checked)];
  if (checked === 0) return [layer, `${tensor}Grad`, ...counts, small(null), small(limit), colors.red('NOT CHECKED')];
  const mark = passed ? colors.green('right') : colors.red('WRONG');
  return [layer, `${tensor}Grad`, ...counts, small(error), small(limit), mark];
}

function verdict(all: number, wrong: number, unchecked: number): string {
  if (wrong > 0) {
    return (
      `${wrong} of ${formatCount(all, 'gradient')} wrong; ` +
      'each is made from those of later layers, so look at the last wrong one first'
    );
  }
  if (unchecked === 0) return `all ${formatCount(all, 'gradient')} right`;
  return (
    `${unchecked} of ${formatCount(all, 'gradient')} not checked: a kink of a maximum or a comparison lies beside ` +
    'each element that was drawn. Give another --seed, or more --samples.'
  );
}

function output(zod: Zod) {
  return zod.strictObject({
    notation: zod.string(),
    input: shapeSchema(zod),
    classes: zod.int().min(1),
    seed: zod.int().min(0),
    asWritten: zod.boolean(),
    samples: zod.int().min(1).nullable().describe('at most so many elements of each tensor; null: all of them'),
    passed: zod.boolean(),
    tensors: zod.array(
      zod.strictObject({
        layer: zod.string(),
        tensor: zod.string(),
        error: zod.number().describe('largest difference, as a share of the largest gradient'),
        limit: zod.number(),
        checked: zod.int().min(0),
        elements: zod.int().min(1),
        passed: zod.boolean(),
      }),
    ),
  });
}
